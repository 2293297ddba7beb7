import type { Jid } from '../../../jid/jid.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Affiliation, Role } from './standing.ts'

/** Somebody whom a room event is about. */
export interface EventActor {
  readonly nick: string
  /** The real bare address. */
  readonly real: Jid
}

/** Something that has happened in a room, told to other modules once it is done. */
export type RoomEvent =
  | { readonly kind: 'created' | 'started' | 'stopped' }
  | { readonly kind: 'destroyed'; readonly reason: string }
  | { readonly kind: 'configured' }
  | { readonly kind: 'joined'; readonly who: EventActor }
  | { readonly kind: 'left'; readonly who: EventActor; readonly reason: string }
  /** Put out; `code` says why (XEP-0045 §15.6.2): 301, 307, 321, 322 or 332. */
  | { readonly kind: 'removed'; readonly who: EventActor; readonly code: number; readonly reason: string }
  | { readonly kind: 'renamed'; readonly who: EventActor; readonly before: string }
  | { readonly kind: 'spoke'; readonly who: EventActor | undefined; readonly stanza: Stanza }
  | { readonly kind: 'subject'; readonly who: EventActor; readonly subject: string }
  | { readonly kind: 'affiliation'; readonly jid: Jid; readonly before: Affiliation; readonly after: Affiliation }
  | { readonly kind: 'role'; readonly who: EventActor; readonly before: Role; readonly after: Role }
  | { readonly kind: 'invited'; readonly by: Jid; readonly invitee: Jid; readonly reason: string }
