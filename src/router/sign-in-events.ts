import type { Refusal } from '../auth/authenticator.ts'
import { chain, collect } from '../hooks/hook.ts'
import type { SaslMechanism } from '../protocol/sasl/mechanism.ts'
import type { ProfileConnection, SaslProfile } from '../protocol/sasl/profile.ts'
import type { Sasl2Login, Sasl2Request, SaslTask } from '../protocol/sasl2/login.ts'
import type { Sasl2Refusal } from '../protocol/sasl2/profile.ts'
import type { Element } from '../xml/element.ts'
import type { UserEvent } from './events.ts'
import type { Host } from './host.ts'
import type { ClientLink, Session, SessionInfo } from './session.ts'

/**
 * Somebody has proven who he is and is about to be let in, or opens a session; an answer keeps him out. Asked at both, as
 * what was true of him at the one may not be so at the other.
 */
export const userEnters = chain<UserEvent, Refusal>('userEnters', { slots: ['check'], onFailure: 'abort' })

/** The XML in which clients may authenticate besides RFC 6120's; to be answered at once. */
export const saslProfiles = collect<{ readonly host: Host }, SaslProfile>('saslProfiles', { slots: ['main'] })

/** A mechanism of a module's own, by its name in `auth.sasl_mechanisms`. */
export interface ModuleMechanism {
  readonly name: string
  /** `onlyOverTls`: what is sent as it is waits for TLS. */
  make(options: { readonly onlyOverTls: boolean }): SaslMechanism
}
/** Mechanisms that modules bring, for SASL and SASL2. To be answered at once. */
export const saslMechanisms = collect<{ readonly host: Host }, ModuleMechanism>('saslMechanisms', { slots: ['main'] })

export interface Sasl2Offer {
  readonly host: Host
  readonly connection: ProfileConnection
}
/** What can be asked for together with authentication: children of SASL2's `<inline/>`. To be answered at once. */
export const sasl2Features = collect<Sasl2Offer, Element>('sasl2Features', { slots: ['main'] })

/** Mechanisms that SASL2 takes but that stand in no list of mechanisms (FAST's). To be answered at once. */
export const sasl2Mechanisms = collect<Sasl2Offer, readonly SaslMechanism[]>('sasl2Mechanisms', { slots: ['main'] })

export interface Sasl2Start {
  readonly host: Host
  readonly request: Sasl2Request
}
/** `<authenticate/>` has come, its mechanism has not begun; an answer is its failure. To be answered at once. */
export const sasl2Starts = chain<Sasl2Start, Sasl2Refusal>('sasl2Starts', { slots: ['check'], onFailure: 'abort' })

export interface Sasl2Proven {
  readonly host: Host
  readonly login: Sasl2Login
}
/** Somebody has proven who he is: what he has to do before he is let in. */
export const sasl2Tasks = collect<Sasl2Proven, readonly SaslTask[]>('sasl2Tasks', { slots: ['main'] })

/** What a session of this login is opened with. */
export interface SessionWish {
  readonly resource: string | undefined
  /** Prepares the session before anybody can see it; to be done at once. */
  prepare?(session: Session): void
}

export interface Sasl2Succeeds extends Sasl2Proven {
  readonly link: ClientLink
  readonly info: SessionInfo
  /** Opens a session on this connection. Rejects with StanzaError where the client is to be told why not. */
  open(wish: SessionWish): Promise<Session>
  /** Carries on with an older session on this connection. */
  resume(session: Session): void
  /** The session of this connection, once there is one. */
  readonly session: Session | undefined
  readonly isResumed: boolean
}
/**
 * Somebody is about to be told of success: what was asked for with it is done, each handler's answer stands in
 * `<success/>`. A handler that fails does not undo the success.
 */
export const sasl2Succeeds = collect<Sasl2Succeeds, Element>('sasl2Succeeds', {
  slots: ['tokens', 'resume', 'bind', 'late'],
})

/** Names of features that can be enabled in the same step as binding (XEP-0386 §3). To be answered at once. */
export const bind2Features = collect<Sasl2Offer, string>('bind2Features', { slots: ['main'] })

export interface Bind2Event {
  readonly session: Session
  /** `<bind/>` of XEP-0386, with what is to be enabled. */
  readonly request: Element
}
/**
 * A session is about to be seen: modules put into it what was asked for, so that the first stanza meets it. An answer stands in
 * `<bound/>`. To be answered at once.
 */
export const bind2Enables = collect<Bind2Event, Element>('bind2Enables', { slots: ['main'] })

/** A session has been bound, the client does not know yet: what else `<bound/>` tells. */
export const bind2Bound = collect<Bind2Event, Element>('bind2Bound', { slots: ['main'] })
