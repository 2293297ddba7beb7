import { chain, collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import type { Roster } from './roster.ts'
import type { SubscriptionState, SubscriptionVerb } from './subscription.ts'

export type { Roster } from './roster.ts'
export type { SubscriptionState } from './subscription.ts'

/** What a contact is to look like. */
export interface ContactLook {
  readonly name: string
  readonly groups: readonly string[]
  /** Whose presence who is to see; as it is unless given. The contact is not told. */
  readonly subscription?: Pick<SubscriptionState, 'to' | 'from'> | undefined
}

/** What other modules may know of rosters. */
export interface RosterApi {
  /** The roster of an account of this host; there at once when it is in memory. */
  load(account: Jid): Eventually<Roster>
  /** Adds a contact or changes its name and groups. Throws StanzaError `resource-constraint` for one too many. */
  put(account: Jid, contact: Jid, look: ContactLook): Promise<void>
  /** Removes a contact and ends the subscriptions. Throws StanzaError `item-not-found`. */
  remove(account: Jid, contact: Jid): Promise<void>
  /** Whether there is such an account. */
  hasUser(account: Jid): Promise<boolean>
  /** Does what a user's client does by sending this subscription presence: the user's roster changes, then the contact is told. */
  send(verb: SubscriptionVerb, account: Jid, contact: Jid): Promise<void>
}
export const rosterApi = moduleApi<RosterApi>('mod_roster')

/** Somebody who is a contact of a user without having been added: a member of the same group of a directory. */
export interface SharedContact {
  /** A bare address. */
  readonly jid: Jid
  readonly name: string
  readonly groups: readonly string[]
}
/**
 * The contacts that an account has of itself: each sees the presence of the other, whatever the roster says. Asked for with
 * every look at a roster: the same list again, and at once, as long as nothing has changed.
 */
export const sharedContacts = chain<{ readonly account: Jid }, readonly SharedContact[]>('sharedContacts', {
  slots: ['main'],
})

/** Something that stands in the roster that a client is sent, and is no contact: it is neither stored nor pushed. */
export interface RosterGuest {
  /** A bare address. */
  readonly jid: Jid
  readonly name: string
  readonly groups: readonly string[]
  readonly extra: readonly Element[]
}
/** What else stands in a roster. Where modules join, clients are always sent the whole of it. */
export const rosterGuests = collect<{ readonly account: Jid }, readonly RosterGuest[]>('rosterGuests', {
  slots: ['main'],
})

/** The subscription between a user and a contact has changed; it is on disk and pushed. */
export interface RosterChanged {
  readonly host: Host
  /** The bare address of the user. */
  readonly account: Jid
  readonly contact: Jid
  readonly before: SubscriptionState
  readonly after: SubscriptionState
}
export const rosterChanged = chain<RosterChanged>('rosterChanged', { slots: ['presence', 'main'] })

/** A contact is in other groups of a user's roster than before; it is on disk and pushed. */
export type ContactMoved = Pick<RosterChanged, 'host' | 'account' | 'contact'>
export const contactMoved = chain<ContactMoved>('contactMoved', { slots: ['main'] })
