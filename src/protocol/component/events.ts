import type { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import type { ReceivedHeader } from '../s2s/events.ts'

/** Who a component says it is. */
export interface ComponentClaim {
  /** A domain; prepared. */
  readonly name: string
  /** Whether it wants to serve `NAME.DOMAIN` beside every hosted domain too. */
  readonly isPrefix: boolean
}

/** The header that answers that of a component (XEP-0114 §3). */
export interface ComponentHeader {
  readonly from: string
  readonly id: string
}

/** What is the same for all components of one port. */
export interface ComponentRules {
  /** What handshakes are made with. */
  readonly password: string
  /** Milliseconds that each step may take; Infinity for no limit. */
  readonly stateTimeout: number
  readonly defaultDomain: string
  /** Unpredictable, at least 64 bits, never the same twice. */
  newStreamId(): string
}

/** What can happen before a component is known. */
export type ComponentEvent =
  | { readonly on: 'connected' }
  | { readonly on: 'header'; readonly header: ReceivedHeader }
  /** A first-level element of any kind. */
  | { readonly on: 'element'; readonly element: Element }
  /** The answer to `register`: whether the name was to be had. */
  | { readonly on: 'registered'; readonly isGiven: boolean }
  | { readonly on: 'stream-end' }
  | { readonly on: 'timeout' }
  /** The input cannot be read on, the server ends the stream, or another component has its name. */
  | { readonly on: 'broken'; readonly error: StreamError }

/** What is to be done on the connection, in this order. */
export type ComponentAction =
  | { readonly do: 'send-header'; readonly header: ComponentHeader }
  /** `<handshake/>`: it is let in. Stanzas may follow, and elements may be large. */
  | { readonly do: 'welcome' }
  /** (Re)start the only timer; when it runs out, report `timeout`. */
  | { readonly do: 'arm'; readonly ms: number }
  /** It has proven to know the password: give it its domains, then report `registered`. */
  | { readonly do: 'register'; readonly claim: ComponentClaim }
  /** For the log and the counters. */
  | { readonly do: 'note-failure'; readonly name: string }
  | { readonly do: 'send-error'; readonly error: StreamError }
  /** End the stream, then the connection. */
  | { readonly do: 'close' }
