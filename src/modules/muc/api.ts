import { chain, collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import { moduleApi } from '../../module/api.ts'
import type { Host } from '../../router/host.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import type { Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { Element } from '../../xml/element.ts'
import type { DiscoInfo } from '../disco/api.ts'
import { booleanField } from './core/config-field.ts'
import type { Occupant } from './core/occupants.ts'
import type { Room, RoomFeature } from './core/room.ts'
import type { RoomEvent } from './core/room-event.ts'
import type { Affiliation, Role } from './core/standing.ts'

/** A room as other modules see it: to be looked at, not to be changed. */
export type RoomView = Readonly<
  Pick<
    Room,
    | 'jid'
    | 'name'
    | 'config'
    | 'subject'
    | 'occupants'
    | 'affiliationOf'
    | 'standingOf'
    | 'mayEnter'
    | 'seesAddresses'
    | 'isEmpty'
  >
> & { readonly affiliations: Pick<Room['affiliations'], 'list'> }

/** A message is about to go to everybody in a room; from the occupant's address, `to` nobody yet. */
export interface RoomBroadcast {
  readonly host: Host
  readonly room: RoomView
  /** Who speaks; undefined for an admin of the service who is not inside. */
  readonly occupant: Occupant | undefined
  /** The real full address of who speaks. */
  readonly from: Jid
  stanza: Stanza
}

/**
 * What modules make of a message to a room, once for all recipients: `identify` gives it an id, `filter` may change or refuse
 * it (throwing a StanzaError), `store` puts it into archives: a write is left to `stanza.causes()`, nobody waits for it here.
 * `handled` ends its way. In `deliver` it goes out, `observe` is after that.
 */
export const roomBroadcast = chain<RoomBroadcast, 'handled'>('roomBroadcast', {
  slots: ['identify', 'filter', 'guard', 'store', 'deliver', 'observe'],
  onFailure: 'abort',
})

/** Something has happened in a room. */
export interface RoomHappening {
  readonly host: Host
  readonly room: RoomView
  readonly event: RoomEvent
}
export const roomEvent = chain<RoomHappening>('roomEvent', { slots: ['main'] })

/**
 * A room is no more. What is kept of it elsewhere has to go: until all have done so, nobody gets to a room of this name, which
 * may be somebody else's.
 */
export const roomForgotten = chain<{ readonly host: Host; readonly room: Jid }>('roomForgotten', { slots: ['main'] })

/** Somebody asks something of a room that rooms themselves do not answer: its archive, for instance. */
export interface RoomQuestion {
  readonly host: Host
  readonly room: RoomView
  readonly request: IqRequest
  /** Of a local client. */
  readonly session: Session | undefined
}

/** The payload of the answer, or `done` for an empty one. A StanzaError that is thrown refuses. */
export const roomAsked = chain<RoomQuestion, Element | 'done'>('roomAsked', { slots: ['main'], onFailure: 'abort' })

/** What modules add to the description of a room. */
export interface RoomDescribed {
  readonly host: Host
  /** The address of the service. */
  readonly service: Jid
  /** Undefined where it is the service itself that is described. */
  readonly room: RoomView | undefined
}
export const roomInfo = collect<RoomDescribed, DiscoInfo>('roomInfo', { slots: ['main'] })

/** Whose message a room is to forget, as far as it is known. */
export interface RoomRetraction {
  readonly host: Host
  readonly room: RoomView
  /** The id that the room gave the message. */
  readonly stanzaId: string
  /** What stands for it in archives from now on: `<retracted/>`. */
  readonly tombstone: Element
  /** Set when the author takes it back: nobody else may. The occupant id (XEP-0421). */
  readonly author?: string | undefined
}

/** A message is taken back by a moderator or its author: `gone` answers whoever had it. */
export const roomRetracts = chain<RoomRetraction, 'gone'>('roomRetracts', { slots: ['main'], onFailure: 'abort' })

/** What others may do with the rooms of a domain; used by commands. */
export interface MucApi {
  /** The address of the service. */
  readonly services: readonly Jid[]
  /** The service beside a domain. */
  serviceOf(domain: string): Jid | undefined
  /** Looks at a room, which is woken if it is stored; undefined when there is none. */
  room(jid: Jid): Promise<RoomView | undefined>
  /** Every room that somebody who is not inside may know of, sorted. */
  list(service: Jid): readonly { readonly jid: Jid; readonly name: string }[]
  /**
   * Makes a persistent room that others may enter at once, with a nick kept for its owner. Throws StanzaError `conflict` when
   * it is there already.
   */
  create(jid: Jid, owner: Jid, nick: string): Promise<void>
  destroy(jid: Jid, reason: string): Promise<void>
  /** Changes settings by the names of the owner's form. */
  configure(jid: Jid, settings: Readonly<Record<string, string>>): Promise<void>
  setAffiliation(jid: Jid, user: Jid, affiliation: Affiliation): Promise<void>
  setRole(jid: Jid, nick: string, role: Role, reason: string): Promise<void>
  affiliations(jid: Jid): Promise<readonly { readonly jid: Jid; readonly affiliation: Affiliation }[]>
  /** Settings by the names of the owner's form. */
  settings(jid: Jid): Promise<Readonly<Record<string, readonly string[]>>>
  /** Sends a stanza in the name of somebody, as if a client of this server had. */
  speak(stanza: Stanza): Promise<void>
  /** Lets rooms do one more thing, in all services of this domain; before any room is made. */
  addFeature(feature: RoomFeature): () => void
}
/** A setting of rooms that is on or off, for features that modules add. */
export const roomSwitch = booleanField

export const mucApi = moduleApi<MucApi>('mod_muc')
