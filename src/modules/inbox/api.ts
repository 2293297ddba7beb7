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

/**
 * Conversations with rooms that clients enter (mod_muc). The module of the rooms tells what is said, once for everybody; nobody
 * waits for a disk: writes are left to `stanza.causes()`. Rooms that accounts belong to (MUC Light) need not tell anything: what
 * they send to members says it.
 */
export interface RoomConversations {
  /** Settles at once but for members whose accounts have to be looked up. */
  said(message: RoomMessage): Eventually<void>
  /** These belong to the room no more, or it is gone. Resolves when that is on disk. */
  left(room: Jid, users: readonly Jid[]): Promise<void>
}

/** What other modules may ask of the inboxes of a host. */
export interface InboxApi {
  /** Undefined where such rooms are not among the conversations. */
  readonly rooms: RoomConversations | undefined
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
