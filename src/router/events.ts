import { chain, collect } from '../hooks/hook.ts'
import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { Element } from '../xml/element.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { Host } from './host.ts'
import type { ClientLink, EndReason, Session, SessionInfo } from './session.ts'

/** A client sends a stanza. A handler may put another in its place; answering `handled` ends its way here. */
export interface UserSends {
  readonly session: Session
  stanza: Stanza
}
export const userSends = chain<UserSends, 'handled'>('userSends', {
  slots: ['identify', 'filter', 'rules', 'guard', 'store', 'copy', 'observe'],
  onFailure: 'abort',
})

/**
 * A client sends an element that is no stanza, such as an acknowledgement; `handled` by whoever knows it. What nobody knows ends
 * the stream. To be answered at once.
 */
export interface UserSendsNonza {
  readonly session: Session
  readonly element: RawElement
}
export const userSendsNonza = chain<UserSendsNonza, 'handled'>('userSendsNonza', {
  slots: ['main'],
  onFailure: 'abort',
})

/** A client sends presence: its own (no address) or to somebody. Answer `handled` when it must not be routed any further. */
export const userSendsPresence = chain<UserSends, 'handled'>('userSendsPresence', {
  slots: ['own', 'subscription', 'directed'],
  onFailure: 'abort',
})

/** Every stanza that passes the router, before its domain is looked at. */
export interface Routed {
  stanza: Stanza
}
export const filterPacket = chain<Routed, 'handled'>('filterPacket', {
  slots: ['global'],
  onFailure: 'abort',
})

/** A stanza has come to a hosted domain or a service of it, whoever sent it; asked at the host that it came to. */
export interface DomainReceives {
  readonly host: Host
  readonly stanza: Stanza
}
export const domainReceives = chain<DomainReceives, 'handled'>('domainReceives', {
  slots: ['filter'],
  onFailure: 'abort',
})

/**
 * A message or an IQ for an account has arrived; it happens once, before the split over its sessions. IQ requests of others
 * that the server answers on behalf of the account (`to` is its bare address) come by here too, for no session.
 */
export interface AccountReceives {
  readonly host: Host
  /** The bare address. */
  readonly account: Jid
  stanza: Stanza
  /** The sessions that are to have it; empty when nobody is there. */
  readonly targets: readonly Session[]
}
export const accountReceives = chain<AccountReceives, 'handled'>('accountReceives', {
  slots: ['identify', 'rules', 'guard', 'store', 'copy', 'observe'],
  onFailure: 'abort',
})

/** Presence for an account: subscription requests and their answers, probes. `handled` keeps it from the sessions. */
export const accountReceivesPresence = chain<AccountReceives, 'handled'>('accountReceivesPresence', {
  slots: ['guard', 'roster', 'probe'],
  onFailure: 'abort',
})

/** A stanza is about to be written to one session. `handled` keeps it back. */
export interface SessionReceives {
  readonly session: Session
  stanza: Stanza
}
export const sessionReceives = chain<SessionReceives, 'handled'>('sessionReceives', {
  slots: ['guard', 'track', 'decorate', 'hold', 'count'],
  onFailure: 'abort',
})

/** A message for an existing account has found no session that takes it. Nobody answering means that it bounces. */
export interface Offline {
  readonly host: Host
  readonly account: Jid
  readonly stanza: Stanza
}
export const offline = chain<Offline, 'stored' | 'dropped'>('offline', {
  slots: ['observe', 'markers', 'store', 'stub'],
  onFailure: 'abort',
})

/** A message to an account that somebody wants to know the fate of before it is sent on. */
export interface StorageForecast {
  readonly host: Host
  /** The bare address. */
  readonly account: Jid
  readonly stanza: Stanza
}
/** Who would keep a message: `archive` whatever becomes of it, `offline` when nobody is there. To be answered at once. */
export const storageForecast = collect<StorageForecast, 'archive' | 'offline'>('storageForecast', { slots: ['main'] })

/** What became of a message to an account. */
export interface DeliveryOutcome {
  readonly host: Host
  /** The bare address. */
  readonly account: Jid
  readonly stanza: Stanza
  /**
   * `delivered`: given to its sessions, each of which may still hold it back. Nobody was there: `stored`, `dropped` in silence,
   * or about to be `bounced`. `refused`: the account's modules, or a failure, kept it from being delivered or stored.
   */
  readonly outcome: 'delivered' | 'stored' | 'dropped' | 'bounced' | 'refused'
}
/** A message to an account has met its fate; its sender has not been told of an error yet. */
export const deliveryOutcome = chain<DeliveryOutcome>('deliveryOutcome', { slots: ['rules', 'observe'] })

/** Whether a user may read and write in a room of this server; undefined where nobody knows such a room. */
export interface RoomAccess {
  readonly host: Host
  /** Bare addresses. */
  readonly user: Jid
  readonly room: Jid
}
export const roomAccess = chain<RoomAccess, 'member' | 'stranger'>('roomAccess', { slots: ['main'] })

export interface SessionEvent {
  readonly session: Session
}
/** A resource has been bound. */
export const sessionOpens = chain<SessionEvent>('sessionOpens', { slots: ['early', 'main', 'late'] })

/**
 * A session's priority becomes non-negative: it is about to take messages sent to the account. What was kept for it is
 * delivered first; `open` lets it take new ones, and is called by who delivers or else at the end, so that order is kept.
 */
export interface SessionAvailable extends SessionEvent {
  open(): void
}
export const sessionAvailable = chain<SessionAvailable>('sessionAvailable', { slots: ['deliver', 'announce'] })

/**
 * The connection of a session is lost; the session waits for another one (XEP-0198). `early`: what was held back for the client
 * goes to it now. What comes while it waits is kept for it.
 */
export const sessionDetaches = chain<SessionEvent>('sessionDetaches', { slots: ['early', 'main', 'late'] })

export interface SessionResumes extends SessionEvent {
  /** The server has been started since: what was only in memory is gone. */
  readonly isRestored: boolean
}
/** A session goes on over another connection; the client knows, and has been sent what was kept for it. */
export const sessionResumes = chain<SessionResumes>('sessionResumes', { slots: ['early', 'main', 'late'] })

/**
 * A message is kept for a session whose connection is lost: once for each session and message, when the connection is lost
 * or, later, when the message comes. A handler may put another in its place.
 */
export interface MessageUnacknowledged extends SessionEvent {
  stanza: Stanza
}
export const messageUnacknowledged = chain<MessageUnacknowledged>('messageUnacknowledged', {
  slots: ['main', 'observe'],
})

/** A session has ended before its client has acknowledged a message, which is about to go elsewhere; `drop` keeps it from that. */
export interface Reroute extends SessionEvent {
  readonly stanza: Stanza
}
export const filterReroute = chain<Reroute, 'drop'>('filterReroute', { slots: ['main'] })

export interface SessionEnds extends SessionEvent {
  readonly reason: EndReason
}
/** A session is over; it is out of the session table already. */
export const sessionEnds = chain<SessionEnds>('sessionEnds', { slots: ['presence', 'main', 'late'] })

/** The server stops in good order: sessions are still there, and end right after this. */
export const hostStops = chain<{ readonly host: Host }>('hostStops', { slots: ['announce'] })

export interface UserEvent {
  readonly host: Host
  /** The bare address. */
  readonly user: Jid
}
export const userRegistered = chain<UserEvent>('userRegistered', { slots: ['main'] })

/** An account has another password, set by this session or an operator; what gave access by the old one should do so no more. */
export const passwordChanged = chain<UserEvent & { by?: Session | undefined }>('passwordChanged', { slots: ['main'] })

/** An account is being removed; its sessions are gone. Each module drops what it keeps. */
export const userRemoved = chain<UserEvent>('userRemoved', { slots: ['announce', 'forget'] })

export interface DomainEvent {
  readonly host: Host
  readonly domain: string
}
/** A domain is served from now on; it is in `host.domains` already. Not told of those that are there at the start. */
export const domainAdded = chain<DomainEvent>('domainAdded', { slots: ['main'] })

/** A domain is served no longer; its sessions have ended. It may come back with all that is kept of it. */
export const domainWithdrawn = chain<DomainEvent>('domainWithdrawn', { slots: ['main'] })

/** A domain is being removed, after it was withdrawn. Each module drops what it keeps of it, in memory and on disk. */
export const domainRemoved = chain<DomainEvent>('domainRemoved', { slots: ['forget'], onFailure: 'abort' })

/** What is known about a user, a group of rows from each module that keeps some. */
export interface PersonalData {
  /** Name of the file in the export. */
  readonly name: string
  readonly rows: readonly Record<string, unknown>[]
}
export const personalData = collect<UserEvent, PersonalData>('personalData', { slots: ['collect'] })

/** An element that belongs to no stage of negotiation, on a stream without a session. */
export interface StreamAsks {
  readonly host: Host
  readonly element: Element
  /** Undefined before authentication. */
  readonly user: Jid | undefined
  readonly link: ClientLink
  readonly info: SessionInfo
}
export interface StreamAnswer {
  readonly replies: readonly Element[]
  /** An older session goes on over this connection. */
  readonly session?: Session
}
/** Answers such an element (XEP-0198's `<resume/>`). May throw StreamError. */
export const streamAsks = chain<StreamAsks, StreamAnswer>('streamAsks', { slots: ['main'], onFailure: 'abort' })

/** How a stream is protected and how far it has come; `peer`: it is another server's. */
export interface StreamFeaturesEvent {
  readonly host: Host
  /** The domain that the stream was opened to. */
  readonly domain: string
  readonly state: 'beforeSignIn' | 'signedIn' | 'peer'
  readonly isSecure: boolean
}
/** What modules add to `<stream:features/>`; to be answered at once. */
export const streamFeatures = collect<StreamFeaturesEvent, Element>('streamFeatures', { slots: ['main'] })

/** Seconds of silence after which a module looks whether a client is still there (XEP-0478); to be answered at once. */
export const idleLimits = collect<{ readonly host: Host }, number>('idleLimits', { slots: ['main'] })

/** An IQ on a stream that nobody has signed in on; the answer is the payload of the result, `done` for one without. */
export interface StrangerAsks {
  readonly host: Host
  /** The domain that the stream was opened to. */
  readonly domain: string
  /** The whole IQ. */
  readonly request: Element
  readonly address: string
  readonly isSecure: boolean
  /** Stands for the connection; the same object for all that it sends. */
  readonly connection: object
}
export const strangerAsks = chain<StrangerAsks, Element | 'done'>('strangerAsks', {
  slots: ['main'],
  onFailure: 'abort',
})

/**
 * A part of what is known about a user, as a document of XEP-0227 has it. With a `container`, the elements are its children and
 * are written one by one, so that an archive need not fit into memory; without, they stand in `<user/>` as they are.
 */
export interface ExportedPart {
  readonly container?: Element
  readonly elements: Iterable<Element> | AsyncIterable<Element>
}
/** A user is written out (XEP-0227): each module gives the parts that hold what it keeps, nothing where there is none. */
export const exportsUser = collect<UserEvent, ExportedPart>('exportsUser', { slots: ['main'], onFailure: 'abort' })

/** A child of `<user/>` in a document of XEP-0227; those of the streamed containers come one at a time. */
export interface ImportedElement extends UserEvent {
  readonly element: Element
  /** The empty container that the element stands in, where it is `<offline-messages/>` or `<archive/>`. */
  readonly container: Element | undefined
  /** Only to be looked at: nothing is stored, but whatever would fail is thrown. */
  readonly isDryRun: boolean
}
/** How many things of a kind were taken from an element, such as `{ kind: 'contacts', count: 12 }`. */
export interface Imported {
  readonly kind: string
  readonly count: number
}
/**
 * A user is read in (XEP-0227). The module that knows the element answers what it has taken from it, and throws an Error that
 * says what is wrong with it. The same element again must change nothing. The account itself is made after all its elements.
 */
export const importsUser = chain<ImportedElement, Imported>('importsUser', { slots: ['main'], onFailure: 'abort' })
