import { chain } from '../../hooks/hook.ts'
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
