import { StanzaError } from '../../stanza/stanza-error.ts'
import type { PrivacyList } from './privacy-list.ts'
import { everyKind } from './stanza-kind.ts'

/** Longest name of a list. */
const maxName = 255

/** The name, if a list can have it. Throws `not-acceptable`, and `bad-request` for none. */
export function mustBeName(name: string): string {
  if (name === '') throw new StanzaError('bad-request', { text: 'A list needs a name' })
  if (name.length > maxName) throw new StanzaError('not-acceptable', { text: 'The name is too long' })
  return name
}

/** The addresses in a list that says nothing but whom to block, as that of the blocked does (XEP-0191 §5). */
export function blockedIn({ items }: PrivacyList): string[] {
  if (items.every((item) => item.action === 'deny' && item.type === 'jid' && item.kinds === everyKind)) {
    return items.map(({ value }) => value)
  }
  throw new StanzaError('not-acceptable', { text: 'This list can only deny everything to addresses' })
}
