import type { Jid } from '../../../jid/jid.ts'
import type { FormField } from '../../../stanza/data-form.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Element } from '../../../xml/element.ts'
import { Activity } from './activity.ts'
import { type AffiliationEntry, Affiliations } from './affiliations.ts'
import type { ConfigField } from './config-field.ts'
import { History } from './history.ts'
import { type Occupant, Occupants } from './occupants.ts'
import type { RoomConfig } from './room-config.ts'
import type { Affiliation, Role, Standing } from './standing.ts'

/** Somebody who wants to come in. */
export interface Entry {
  /** The real full address. */
  readonly from: Jid
  /** The address in the room that is asked for. */
  readonly jid: Jid
  readonly stanza: Stanza
  /** `<x xmlns='http://jabber.org/protocol/muc'/>`. */
  readonly x: Element
  /** What a service that knows passwords has said; undefined when none was asked. */
  readonly passwordVerdict?: 'right' | Error | undefined
}

/**
 * One thing that rooms can do, in a file of its own. What it refuses it refuses by throwing a StanzaError; guards are asked
 * in the order of the features.
 */
export interface RoomFeature {
  /** Fields of the owner's form. */
  readonly fields?: readonly ConfigField[]
  guardEntry?(room: Room, entry: Entry): void
  guardNick?(room: Room, occupant: Occupant, nick: string): void
  /** A message to everybody; `occupant` is undefined for an admin of the service who is not inside. */
  guardMessage?(room: Room, occupant: Occupant | undefined, stanza: Stanza): void
  guardPrivateMessage?(room: Room, occupant: Occupant, target: Occupant): void
  /** Status codes that a newcomer is told. */
  entryCodes?(room: Room): readonly number[]
  /** Status codes of a change that touches privacy (XEP-0045 §10.2.1). */
  changeCodes?(before: RoomConfig, after: RoomConfig): readonly number[]
  /** What the room adds to everything that it shows of an occupant. */
  presenceExtras?(room: Room, occupant: Occupant): readonly Element[]
  /** What the room adds to every message of an occupant. */
  messageExtras?(room: Room, occupant: Occupant): readonly Element[]
  /** Namespaces that only the room may speak: removed from what clients send. */
  readonly ownNamespaces?: readonly string[]
  /** Features and fields in the description of the room. */
  infoFeatures?(room: Room): readonly string[]
  infoFields?(room: Room): readonly FormField[]
}

/** What a room is told by the service that it belongs to. */
export interface RoomSurroundings {
  readonly features: readonly RoomFeature[]
  readonly historySize: number
  readonly maxUsers: number
  readonly maxUsersAdminThreshold: number
  readonly maxUserConferences: number
  /** Somebody has met a limit. */
  limitReached(limit: string, jid: Jid): void
  now(): number
  /** An admin of the service, who is an owner everywhere. */
  isAdmin(jid: Jid): boolean
  mayMakePersistent(jid: Jid): boolean
  /** A service elsewhere knows the passwords of protected rooms that have none of their own. */
  readonly checksPasswords: boolean
  /** Most bytes of a title and of a description. */
  readonly maxRoomName: number
  readonly maxRoomDescription: number
  /** Whom a nick is registered for on the whole service. */
  registeredFor(nick: string): Jid | undefined
  /** Rooms that an account is in. */
  readonly attendance: Attendance
  occupantId(room: Jid, account: Jid): string
  /** A new id for a message. */
  freshId(): string
}

/** Counts the rooms that each account is in. */
export interface Attendance {
  roomsOf(account: Jid): number
  came(account: Jid): void
  went(account: Jid): void
}

/** What was talked about last. */
export interface Subject {
  readonly text: string
  /** Nick of who set it. */
  readonly author: string
  /** Milliseconds since the epoch; undefined where that is not known any more. */
  readonly at: number | undefined
}

/** A badge that somebody wears in a room (XEP-0317). */
export interface Hat {
  readonly uri: string
  readonly title: string
  readonly hue: string | undefined
}

/** What a room has beside its configuration and affiliations; kept as JSON. */
export interface RoomExtras {
  /** The vCard of the room, as XML. */
  readonly vcard?: string | undefined
  /** SHA-1 of the photo in it, in hex (XEP-0153). */
  readonly avatarHash?: string | undefined
  /** Hats that there are, and the URIs of those that each bare address wears. */
  readonly hats?: readonly Hat[] | undefined
  readonly wearers?: Readonly<Record<string, readonly string[]>> | undefined
}

/** What is kept of a room. */
export interface RoomRecord {
  readonly config: RoomConfig
  readonly affiliations: Iterable<AffiliationEntry>
  /** Of the affiliations (XEP-0463); undefined where none was written down yet. */
  readonly version: string | undefined
  readonly subject: Subject | undefined
  readonly extras: RoomExtras
}

/** The state of one room: data, and what follows from it. Everything that changes it is in files of its own. */
export class Room {
  readonly jid: Jid
  readonly surroundings: RoomSurroundings
  readonly affiliations: Affiliations
  readonly occupants = new Occupants()
  readonly history: History
  readonly activity: Activity
  config: RoomConfig
  subject: Subject | undefined
  extras: RoomExtras
  /** Waits for its first configuration (XEP-0045 §10.1). */
  isLocked = false
  isDestroyed = false
  /** When somebody last did something here, in milliseconds since the epoch. */
  activeAt: number
  /** When each account spoke last, where that matters. */
  readonly spokeAt = new Map<string, number>()

  constructor(jid: Jid, surroundings: RoomSurroundings, record: RoomRecord) {
    this.jid = jid
    this.surroundings = surroundings
    this.config = record.config
    this.affiliations = new Affiliations(record.affiliations, record.version ?? surroundings.freshId())
    this.subject = record.subject
    this.extras = record.extras
    this.history = new History(jid, surroundings.historySize)
    this.activeAt = surroundings.now()
    this.activity = new Activity(this.activeAt)
  }

  /** Admins of the service are owners everywhere, without being in the lists. */
  affiliationOf(jid: Jid): Affiliation {
    return this.surroundings.isAdmin(jid) ? 'owner' : this.affiliations.of(jid)
  }

  /** What a client is here; one that is not inside has the role `none`. */
  standingOf(jid: Jid): Standing {
    return this.occupants.seat(jid)?.occupant ?? { affiliation: this.affiliationOf(jid), role: this.#roleOf(jid) }
  }

  /** Whether somebody may come in: not banned, and a member where that is needed. */
  mayEnter(jid: Jid): boolean {
    const affiliation = this.affiliationOf(jid)
    return affiliation !== 'outcast' && (!this.config.membersOnly || affiliation !== 'none')
  }

  /** Whether somebody sees real addresses. */
  seesAddresses(jid: Jid): boolean {
    return !this.config.isAnonymous || this.standingOf(jid).role === 'moderator'
  }

  get isEmpty(): boolean {
    return this.occupants.size === 0
  }

  /** Nothing is left of it once nobody is there. */
  get isTemporary(): boolean {
    return !this.config.isPersistent
  }

  get name(): string {
    return this.config.title === '' ? this.jid.local : this.config.title
  }

  /** The role of an account by any of its clients. */
  #roleOf(jid: Jid): Role {
    return this.occupants.of(jid)[0]?.role ?? 'none'
  }
}
