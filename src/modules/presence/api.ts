import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'

/** A session has shown itself available to its contacts, for the first time or anew. */
export interface PresenceShown {
  readonly session: Session
  /** The presence that it sent. */
  readonly stanza: Stanza
}
export const presenceShown = chain<PresenceShown>('presenceShown', { slots: ['caps', 'main'] })

/** A session that was available is so no longer; its contacts are told next. */
export interface PresenceWithdrawn {
  readonly session: Session
  /** What the client said in leaving; undefined when it left without a word. */
  readonly farewell: Stanza | undefined
}
export const presenceWithdrawn = chain<PresenceWithdrawn>('presenceWithdrawn', { slots: ['caps', 'main'] })

/** Presence of a session is about to go to somebody by itself: a broadcast, a probe, the answer to one. `handled` keeps it back. */
export interface PresenceLeaves {
  readonly session: Session
  /** Addressed. */
  readonly stanza: Stanza
}
export const presenceLeaves = chain<PresenceLeaves, 'handled'>('presenceLeaves', {
  slots: ['guard'],
  onFailure: 'abort',
})

/** What other modules may know of presence. */
export interface PresenceApi {
  /** To whom a session has shown itself directly (RFC 6121 §4.6). */
  directedBy(session: Session): readonly Jid[]
}
export const presenceApi = moduleApi<PresenceApi>('mod_presence')
