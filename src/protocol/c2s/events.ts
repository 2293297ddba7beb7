import type { Jid } from '../../jid/jid.ts'
import type { StanzaError } from '../../stanza/stanza-error.ts'
import type { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import type { ChannelSecurity, SaslAnswer, SaslRequest } from '../sasl/mechanism.ts'
import type { Sasl2Login, SaslTask, TaskStep } from '../sasl2/login.ts'

/** An opening tag or `<open/>` as received; attributes by name, `xml:lang` so written. */
export interface OpeningHeader {
  readonly name: string
  readonly ns: string
  /** The default namespace declared on it: the content namespace. */
  readonly defaultNs: string
  attr(name: string): string | undefined
}

/** The answer to a stream header (RFC 6120 §4.7). */
export interface ResponseHeader {
  readonly from: string
  readonly to: string | undefined
  readonly id: string
  readonly lang: string
}

/** How an element that negotiation does not know was received by the modules it was offered to. */
export interface OfferAnswer {
  /** False: nobody knew it. */
  readonly isTaken: boolean
  /** What is sent for it. */
  readonly replies?: readonly Element[]
  /** The modules opened a session for this connection: a resumed one (XEP-0198). */
  readonly opensSession?: boolean
}

/** Where a client's connection stands (RFC 6120 §4.3). */
export type C2sState =
  | 'wait-stream'
  /** `<proceed/>` was sent, the TLS handshake goes on. */
  | 'securing'
  | 'pre-auth'
  /** A mechanism's exchange goes on. */
  | 'sasl'
  /** Authenticated, without a resource. */
  | 'post-auth'
  /** Bound; the first element may ask for the session, as RFC 3921 had it. */
  | 'wait-session'
  | 'session'
  | 'closed'

/** What the inline requests of a login came to (XEP-0388 §2.6.2). */
export interface Completed {
  /** What stands in `<success/>`, in this order. */
  readonly results: readonly Element[]
  /** The address of the session that was opened or resumed, if any was. */
  readonly full?: Jid | undefined
  /** The session is an older one: nothing follows but its own stanzas. */
  readonly isResumed?: boolean
}

/** The answers that authentication waits for. */
export type SaslEvent =
  | { readonly on: 'sasl-answer'; readonly answer: SaslAnswer }
  | { readonly on: 'sasl-tasks'; readonly tasks: readonly SaslTask[] }
  | { readonly on: 'sasl-task-step'; readonly step: TaskStep }
  | { readonly on: 'completed'; readonly outcome: Completed }

/** What can happen to a client's connection before it has a session. */
export type C2sEvent =
  | { readonly on: 'connected' }
  | { readonly on: 'header'; readonly header: OpeningHeader }
  | { readonly on: 'element'; readonly element: Element }
  /** The client closed its stream. */
  | { readonly on: 'stream-end' }
  /** The TLS handshake asked for by `start-tls` is over. */
  | { readonly on: 'secured'; readonly security: ChannelSecurity }
  | SaslEvent
  | { readonly on: 'offer-answer'; readonly answer: OfferAnswer }
  | { readonly on: 'bound'; readonly full: Jid }
  | { readonly on: 'bind-refused'; readonly error: StanzaError }
  | { readonly on: 'timeout' }
  /** The input cannot be read on, or the server ends the stream. */
  | { readonly on: 'broken'; readonly error: StreamError }

/** What is to be done, in this order. */
export type C2sAction =
  | { readonly do: 'send-header'; readonly header: ResponseHeader }
  | { readonly do: 'send'; readonly element: Element }
  /** Forget what was read beyond this element, begin the handshake, then report `secured`. */
  | { readonly do: 'start-tls' }
  /** The client's next bytes begin a new stream. */
  | { readonly do: 'restart' }
  /** (Re)start the only timer; when it runs out, report `timeout`. */
  | { readonly do: 'arm'; readonly ms: number }
  | { readonly do: 'disarm' }
  /** Answer with `sasl-answer`; no element may come in before. */
  | { readonly do: 'ask'; readonly request: SaslRequest }
  /** Run this and report what it gives; no element may come in before. */
  | { readonly do: 'run'; readonly run: () => Promise<C2sEvent> }
  /** Do what was asked for together with authentication, answer with `completed`; no element may come in before. */
  | { readonly do: 'complete'; readonly login: Sasl2Login }
  /** Answer with `offer-answer`; no element may come in before. `user` is known after authentication. */
  | { readonly do: 'offer'; readonly element: Element; readonly user: Jid | undefined; readonly domain: string }
  /** Open a session, answer with `bound` or `bind-refused`; no element may come in before. */
  | { readonly do: 'bind'; readonly user: Jid; readonly resource: string | undefined }
  /** For the log, the counters and hooks. */
  | { readonly do: 'note-success'; readonly user: Jid; readonly mechanism: string }
  | {
      readonly do: 'note-failure'
      readonly mechanism: string
      readonly condition: string
      /** Whose credentials were asked for; there may be no such account. */
      readonly user: Jid | undefined
      /** Domain of the stream. */
      readonly domain: string | undefined
    }
  /** Something of the server's own failed; the stream error that follows does not tell. */
  | { readonly do: 'note-fault'; readonly error: unknown }
  /** Negotiation is over: stop the timer, the session takes what comes. */
  | { readonly do: 'hand-over' }
  /** The element just given belongs to the session that was handed over. */
  | { readonly do: 'pass-on' }
  | { readonly do: 'send-error'; readonly error: StreamError }
  /** End the stream, then the connection. */
  | { readonly do: 'close' }
  /** End the connection without a word. */
  | { readonly do: 'drop' }
