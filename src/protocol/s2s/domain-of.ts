import { Jid } from '../../jid/jid.ts'

/** The prepared domain that an attribute names; undefined where it is missing, or no domain alone. */
export function domainOf(text: string | undefined): string | undefined {
  const address = text === undefined ? undefined : Jid.tryParse(text)
  return address !== undefined && address.full === address.domain ? address.domain : undefined
}
