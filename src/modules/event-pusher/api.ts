import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'

/** Somebody has come, or gone: presence that changes what is shown of a client is neither. */
export interface UserStatus {
  readonly kind: 'user_status'
  /** The full address. */
  readonly jid: Jid
  readonly isOnline: boolean
}

/** The kinds of messages that events tell of. */
export const messageTypes = ['chat', 'groupchat', 'headline', 'normal'] as const

/** A local client has sent a message (`in`), or one has come for a local account (`out`): once each, not for each resource. */
export interface ChatEvent {
  readonly kind: 'chat'
  readonly direction: 'in' | 'out'
  readonly type: (typeof messageTypes)[number]
  readonly from: Jid
  readonly to: Jid
  readonly stanza: Stanza
}

/** A message is kept for a session whose connection is lost. */
export interface Unacknowledged {
  readonly kind: 'unacknowledged'
  readonly session: Session
  readonly stanza: Stanza
}

/** A message that such a session has left behind goes to the account anew. */
export interface Rerouted {
  readonly kind: 'rerouted'
  readonly to: Jid
  readonly stanza: Stanza
}

/** Something that services outside of the server are told of. */
export type ServerEvent = UserStatus | ChatEvent | Unacknowledged | Rerouted

/** An event on its way to the backends. */
export interface Raised {
  readonly host: Host
  readonly event: ServerEvent
  /** What is added to what is told, where the backend has room for it (rabbit). */
  readonly metadata: Record<string, unknown>
}

/** An event is about to be told; `stop` keeps it back. Nobody waits for it. */
export const serverEvent = chain<Raised, 'stop'>('serverEvent', { slots: ['filter'] })
