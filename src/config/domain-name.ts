import { prepareDomain } from '../jid/prepare.ts'

/** Prepares a domain for comparison (RFC 7622 §3.2); `undefined` when the text cannot be one. */
export function prepareDomainName(text: string): string | undefined {
  try {
    return prepareDomain(text)
  } catch {
    return undefined
  }
}
