import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { jsonNote, stanzaKey } from '../../stanza/stanza-key.ts'

/** The id that a message has from the beginning of its way, the same for everybody who keeps it: see `MomentIds`. */
export const stableId = stanzaKey<number>(
  'mod_stanzaid.stable_id',
  jsonNote((json): json is number => typeof json === 'number'),
)

/** What other modules may ask of ids. */
export interface StanzaIdApi {
  /** The message as a room sends it: with the id that it has, unless the room has given it one. */
  decorate(message: Stanza, room: Jid): Stanza
}
export const stanzaIdApi = moduleApi<StanzaIdApi>('mod_stanzaid')
