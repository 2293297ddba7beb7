import type { Stanza } from '../../stanza/stanza.ts'

/** The kinds of stanzas that privacy lists tell apart (XEP-0016 §2.1), one bit each. `other` is what only a rule for everything concerns. */
export const stanzaKind = { message: 1, iq: 2, presenceIn: 4, presenceOut: 8, other: 16 } as const

/** What a rule without children is about. */
export const everyKind = 31

/** No rule of a list concerns it; a block does. */
const blocksOnly = 0

/** The kind of what somebody sends to a user; undefined for what is never kept back. */
export function kindOfIncoming({ kind, type }: Stanza): number | undefined {
  if (kind === 'iq') return stanzaKind.iq
  if (type === 'error') return undefined
  return kind === 'message' ? stanzaKind.message : kindOfPresence(type, stanzaKind.presenceIn)
}

/** The kind of what a user sends. */
export function kindOfOutgoing({ kind, type }: Stanza): number {
  if (type === 'error') return blocksOnly
  return kind === 'presence' ? kindOfPresence(type, stanzaKind.presenceOut) : stanzaKind.other
}

/** Notifications only: subscriptions and probes are none (XEP-0016 §2). */
function kindOfPresence(type: string, notification: number): number {
  return type === '' || type === 'available' || type === 'unavailable' ? notification : stanzaKind.other
}
