import type { Jid } from '../../jid/jid.ts'
import type { Stanza } from '../../stanza/stanza.ts'

const affiliationsNs = 'urn:xmpp:muclight:0#affiliations'

/** What a message of a room that accounts belong to (MUC Light) is for a member of it. */
export type LightMeaning = 'own message' | 'message' | 'joined' | 'left'

/** Undefined for what the room says of others, or of its settings. */
export function lightMeaning(message: Stanza, member: Jid): LightMeaning | undefined {
  const { from } = message
  if (from === undefined) return undefined
  // The nick is the bare address.
  if (from.resource !== '') return from.resource === member.bareString ? 'own message' : 'message'
  const x = message.child('x', affiliationsNs)
  const own = x?.childrenNamed('user').find((user) => user.text().trim() === member.bareString)
  if (own === undefined) return undefined
  return own.attr('affiliation') === 'none' ? 'left' : 'joined'
}
