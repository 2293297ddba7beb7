import { collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'

/** A conversation is shown to its owner. */
export interface ConversationShown {
  /** Bare addresses. */
  readonly owner: Jid
  readonly remote: Jid
}
/** What modules add to a conversation that is shown, after `<mute/>`. */
export const inboxResult = collect<ConversationShown, Element>('inboxResult', { slots: ['main'] })

/** A message that a room has sent to its members. */
export interface RoomMessage {
  readonly room: Jid
  /** From the occupant's address in the room. */
  readonly stanza: Stanza
  /** The account of who wrote it. */
  readonly author: Jid | undefined
  /** Bare addresses of those who belong to the room, as far as they are of its own domain. */
  readonly members: readonly Jid[]
}

/** What a room tells those whom a change of its list of members concerns. */
export interface MembersChanged {
  readonly room: Jid
  /** The message that says so, where one was sent. */
  readonly stanza?: Stanza
  /** Who belongs to the room, or belongs to it in another way, from now on. */
  readonly members: readonly Jid[]
  /** Who does so no more. */
  readonly left: readonly Jid[]
}

/**
 * Conversations with rooms of one kind. The module of the rooms tells what is said, once for everybody; nobody waits for a disk:
 * writes are left to `stanza.causes()`, and what is given back settles at once but for members whose accounts are looked up.
 */
export interface RoomConversations {
  said(message: RoomMessage): Eventually<void>
  /** Members have come or left; all have left a room that is gone. Resolves when that is on disk. */
  changed(change: MembersChanged): Promise<void>
}

/** What other modules may ask of the inboxes of a host. */
export interface InboxApi {
  /** Undefined where rooms of this kind are not among the conversations. */
  rooms(kind: 'muc' | 'muclight'): RoomConversations | undefined
  /** Unread messages of a conversation, those that have just been delivered among them. */
  unread(owner: Jid, remote: Jid): Promise<number>
  /** The host type. */
  readonly hostType: string
  /** Deletes what is in the bin of a domain, or of one account, and older than so many days; answers how many conversations. */
  flushBin(whose: { readonly domain: string; readonly local?: string }, days: number): Promise<number>
  /** Whether an account exists. */
  hasUser(account: Jid): Promise<boolean>
}
export const inboxApi = moduleApi<InboxApi>('mod_inbox')
