import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { MarkerType } from '../../stanza/chat-markers.ts'
import { stanzaKey } from '../../stanza/stanza-key.ts'

/** The last marker of a kind that somebody has sent into a conversation. */
export interface StoredMarker {
  /** The bare address of who sent it. */
  readonly from: Jid
  readonly type: MarkerType
  /** Id of the message that is marked. */
  readonly id: string
  /** The thread, '' for the conversation as such. */
  readonly thread: string
  /** When it was sent, in milliseconds since the epoch. */
  readonly at: number
}

/** A conversation and what of it is asked for. */
export interface MarkerQuery {
  /** Bare address of the user or room that the markers were sent to. */
  readonly to: Jid
  readonly thread: string
  /** Only markers from then on, in milliseconds since the epoch. */
  readonly since: number
}

/** What other modules may ask of the markers. */
export interface SmartMarkersApi {
  /** The markers that were sent to a user or room by anybody. */
  list(query: MarkerQuery): Promise<StoredMarker[]>
  /** A room is gone, or a member has left it. */
  forgetRoom(room: Jid, member?: Jid): Promise<void>
}
export const smartMarkersApi = moduleApi<SmartMarkersApi>('mod_smart_markers')

/** When the markers in a message were recorded, in milliseconds since the epoch. */
export const markersRecordedAt = stanzaKey<number>('markersRecordedAt', {
  encode: (at) => at,
  decode: (json) => (typeof json === 'number' ? json : undefined),
})
