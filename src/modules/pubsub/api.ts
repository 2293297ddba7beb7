import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'
import type { Element } from '../../xml/element.ts'

/** What other modules may do with the nodes of accounts. */
export interface PersonalNodesApi {
  /** Items of a node of an account, the oldest first; none for a node that is not there. */
  items(account: Jid, node: string): Promise<readonly PersonalItem[]>
  /** The newest item of a node of an account. */
  last(account: Jid, node: string): Promise<PersonalItem | undefined>
  /** One item of a node of an account. */
  item(account: Jid, node: string, id: string): Promise<PersonalItem | undefined>
  /** Whether anybody may read a node of an account. */
  isOpen(account: Jid, node: string): Promise<boolean>
  /** Publishes for an account. A node that is made for that is for `audience`. */
  publish(account: Jid, node: string, item: PersonalItem, audience?: Audience): Promise<void>
  /** Takes an item of an account back; nothing happens where there is none. */
  retract(account: Jid, node: string, id: string): Promise<void>
}

/** Whom a node is for: everybody, whoever sees the presence, or the account alone; then it keeps everything (XEP-0223). */
export type Audience = 'everybody' | 'contacts' | 'self'

/** An item of a node of an account. */
export interface PersonalItem {
  readonly id: string
  readonly payload: Element
}
export const pubsubApi = moduleApi<PersonalNodesApi>('mod_pubsub')

/** The node of an account that says how far its chats have been read: an item each, named by the address (XEP-0490). */
export const displayedNode = 'urn:xmpp:mds:displayed:0'

/** A client has changed a node of an account; it is on disk. */
export interface PersonalNodeChanged {
  readonly host: Host
  readonly account: Jid
  readonly node: string
  /** Undefined for a node that was purged or deleted. */
  readonly id: string | undefined
  /** Undefined for what was taken back. */
  readonly payload: Element | undefined
}
export const personalNodeChanged = chain<PersonalNodeChanged>('personalNodeChanged', { slots: ['main'] })
