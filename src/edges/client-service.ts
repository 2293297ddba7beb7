import type { Jid } from '../jid/jid.ts'
import type { C2sAction, OfferAnswer } from '../protocol/c2s/events.ts'
import type { C2sRules } from '../protocol/c2s/rules.ts'
import type { SaslAnswer, SaslRequest } from '../protocol/sasl/mechanism.ts'
import type { Sasl2Login } from '../protocol/sasl2/login.ts'
import type { ClientLink, Session, SessionInfo } from '../router/session.ts'
import type { StreamError } from '../stanza/stream-error.ts'
import type { Clock } from '../util/clock.ts'
import type { TimerWheel } from '../util/timer-wheel.ts'
import type { Element } from '../xml/element.ts'
import type { ScannerLimits } from '../xml/limits.ts'

import type { ClientTraffic } from './client-traffic.ts'

/** What a connection needs of a session; the router's has more. */
export type ClientSession = Pick<
  Session,
  'jid' | 'count' | 'receive' | 'receiveNonza' | 'answer' | 'disconnect' | 'end'
>

/** An element that negotiation does not know, and who sent it. */
export interface Offer {
  readonly element: Element
  /** Undefined before authentication. */
  readonly user: Jid | undefined
  /** The domain that the stream is to. */
  readonly domain: string
  readonly isSecure: boolean
  readonly link: ClientLink
  readonly info: SessionInfo
}

/** What the modules made of it. */
export interface OfferResult extends OfferAnswer {
  /** An older session that goes on over this connection. */
  readonly session?: ClientSession
}

export interface BindRequest {
  readonly user: Jid
  /** Prepared; undefined for one of the server's choice. */
  readonly resource: string | undefined
  readonly link: ClientLink
  readonly info: SessionInfo
  /** Prepares the session before anybody can see it. */
  prepare?(session: Session): void
}

/** A login whose inline requests are to be done (XEP-0388). */
export interface CompletionRequest {
  readonly login: Sasl2Login
  readonly link: ClientLink
  readonly info: SessionInfo
}

/** What they came to. */
export interface CompletionResult {
  /** For `<success/>`. */
  readonly results: readonly Element[]
  readonly session?: ClientSession | undefined
  readonly isResumed?: boolean
}

/** Something worth a line in the log or a count. */
export type ClientNote =
  | { readonly what: 'user_authenticated'; readonly user: Jid; readonly mechanism: string; readonly address: string }
  | {
      readonly what: 'auth_failed'
      readonly mechanism: string
      readonly condition: string
      /** Who was to be signed in, where it came to that; there may be no such account. */
      readonly user: Jid | undefined
      /** Domain of the stream. */
      readonly domain: string | undefined
      readonly address: string
    }
  /** The client does not read what is sent to it. */
  | { readonly what: 'client_does_not_read'; readonly address: string; readonly bytes: number }
  /** A fault of the server's own. */
  | { readonly what: 'client_stream_fault'; readonly address: string; readonly reason: unknown }

/** What is told of what negotiation noted. */
export function noteOf(action: C2sAction & { do: `note-${string}` }, address: string): ClientNote {
  switch (action.do) {
    case 'note-success':
      return { what: 'user_authenticated', user: action.user, mechanism: action.mechanism, address }
    case 'note-failure': {
      const { mechanism, condition, user, domain } = action
      return { what: 'auth_failed', mechanism, condition, user, domain, address }
    }
    case 'note-fault':
      return { what: 'client_stream_fault', address, reason: action.error }
  }
}

/** What the connections of one listener share: rules and limits, and the way to the rest of the server. */
export interface ClientService {
  readonly rules: C2sRules
  readonly limits: ScannerLimits
  /** For those who have not signed in. */
  readonly strangerLimits: ScannerLimits
  /** Bytes that may wait for a client that does not read, before its connection is ended. */
  readonly maxBufferedBytes: number
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly traffic: ClientTraffic
  /** The connections that have no session yet, to be ended with the listener. */
  readonly negotiating: Set<{ stop(error: StreamError): void }>
  /** Bytes a second that may come in; Infinity for no limit. Asked anew when the user is known. */
  rateFor(user: Jid | undefined): number
  /** Never rejects. */
  answer(request: SaslRequest, address: string): Promise<SaslAnswer>
  /** Stanzas a second that a session may send; Infinity for no limit. */
  readonly maxStanzaRate: number
  /** Rejects with StreamError where the stream is to end. */
  offer(offer: Offer): Promise<OfferResult>
  /** Binds a resource; rejects with StanzaError where the client is to be told why not. */
  open(request: BindRequest): Promise<ClientSession>
  /** Does what was asked for together with authentication. Never rejects. */
  complete(request: CompletionRequest): Promise<CompletionResult>
  note(note: ClientNote): void
}
