import type { Element } from '../../xml/element.ts'
import type { DialbackOutcome, Pair, PeerAction, PeerEvent, StreamLimits } from './events.ts'

/** What is the same for all streams that come in through one port. */
export interface InboundRules {
  /** What a connection that came without TLS is told. */
  readonly startTls: 'required' | 'offered' | 'none'
  /** Whether a domain of ours takes streams that go both ways. */
  offersBidi(domain: string): boolean
  readonly limits: StreamLimits
  /** Milliseconds that each step may take until somebody is known; Infinity for no limit. */
  readonly stateTimeout: number
  /** Domains that one stream may speak for, times those it speaks to; and how many of its claims may come to nothing. */
  readonly maxPairs: number
  /** Claims of one stream that are being looked into at a time. */
  readonly maxChecks: number
  readonly defaultDomain: string
  readonly language: string
  /** Whether stanzas for this domain are taken here. */
  isServed(domain: string): boolean
  /** What modules tell the servers that a domain of ours talks with. */
  features(domain: string): readonly Element[]
  /** Whether claims to this domain may be proved by dialback. */
  mayDialBack(domain: string): boolean
  /** Whether a policy forbids to talk with the other server. */
  refuses(pair: Pair): boolean
  /** Whether we have made this key for a stream of ours to the other server. */
  isOurKey(pair: Pair, streamId: string, key: string): boolean
  /** Unpredictable, at least 64 bits, never the same twice. */
  newStreamId(): string
}

export type InboundEvent =
  | PeerEvent
  /** What became of a `check`; `streamId` is the one that it was made for. */
  | { readonly on: 'checked'; readonly pair: Pair; readonly streamId: string; readonly outcome: DialbackOutcome }

export type InboundAction =
  | PeerAction
  /** Ask the other domain's own server whether it has made this key; answer with `checked`. */
  | { readonly do: 'check'; readonly pair: Pair; readonly streamId: string; readonly key: string }
