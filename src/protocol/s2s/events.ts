import type { ErrorCondition } from '../../stanza/stanza-error.ts'
import type { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'

/** A stream header as received; attributes by name, `xml:lang` so written. */
export interface ReceivedHeader {
  readonly name: string
  readonly ns: string
  /** The default namespace declared on it: the content namespace. */
  readonly defaultNs: string
  /** What it declares, by prefix. */
  readonly prefixes: ReadonlyMap<string, string>
  attr(name: string): string | undefined
}

/** A stream header to be sent (RFC 6120 §4.7). */
export interface SentHeader {
  readonly from: string | undefined
  readonly to: string | undefined
  /** The receiving side alone gives one. */
  readonly id: string | undefined
  readonly lang: string | undefined
  /** False towards a server that speaks no XMPP 1.0. */
  readonly isVersion1: boolean
}

/** Two domains, one of them here. */
export interface Pair {
  readonly local: string
  readonly remote: string
}

/** Names a pair, the same for equal ones only. */
export function keyOf({ local, remote }: Pair): string {
  return `${local} ${remote}`
}

/** What a connection between servers offers to authentication. */
export interface PeerSecurity {
  readonly isSecure: boolean
  /** Whether the other side has shown a certificate that is good and names this domain. */
  vouchesFor(domain: string): boolean
}

/** A connection without TLS. */
export const clearPeer: PeerSecurity = { isSecure: false, vouchesFor: () => false }

/** What the authoritative server says of a key, or why it could not be asked. */
export type DialbackOutcome = 'valid' | 'invalid' | ErrorCondition

/** How much the other side takes at once, and how long it bears silence (XEP-0478). */
export interface StreamLimits {
  readonly maxBytes?: number | undefined
  readonly idleSeconds?: number | undefined
}

/** What can happen to a stream between servers, whoever opened it. */
export type PeerEvent =
  /** The connection stands; direct TLS is done already. */
  | { readonly on: 'connected' }
  | { readonly on: 'header'; readonly header: ReceivedHeader }
  /** A first-level element that is no stanza. */
  | { readonly on: 'element'; readonly element: Element }
  | { readonly on: 'stream-end' }
  /** The TLS handshake asked for by `start-tls` is over. */
  | { readonly on: 'secured'; readonly security: PeerSecurity }
  | { readonly on: 'timeout' }
  /** The input cannot be read on, or the server ends the stream. */
  | { readonly on: 'broken'; readonly error: StreamError }

/** What is to be done on the connection, in this order. */
export type PeerAction =
  | { readonly do: 'send-header'; readonly header: SentHeader }
  | { readonly do: 'send'; readonly element: Element }
  /** Forget what was read beyond this element, begin the handshake, then report `secured`. */
  | { readonly do: 'start-tls' }
  /** The next bytes of the other side begin a new stream. */
  | { readonly do: 'restart' }
  /** (Re)start the only timer of negotiation; when it runs out, report `timeout`. */
  | { readonly do: 'arm'; readonly ms: number }
  /** Negotiation has come to its end: the timer stops, elements may be large. */
  | { readonly do: 'settle'; readonly pair: Pair; readonly by: 'certificate' | 'dialback' }
  /** For the log and the counters. */
  | { readonly do: 'note-failure'; readonly remote: string | undefined; readonly reason: string }
  | { readonly do: 'send-error'; readonly error: StreamError }
  /** End the stream, then the connection. */
  | { readonly do: 'close' }
  /** End the connection without a word. */
  | { readonly do: 'drop' }
