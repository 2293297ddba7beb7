import type { Element } from '../../xml/element.ts'
import type { SaslMechanism } from '../sasl/mechanism.ts'
import type { SaslProfile } from '../sasl/profile.ts'
import type { Decoy } from '../scram/keys.ts'

/** Which features of modules are asked for: before authentication (registration) or after it (stream management …). */
export type FeatureStage = 'before-auth' | 'after-auth'

/** What negotiation must know of a hosted domain. */
export interface StreamHost {
  /** Prepared. */
  readonly domain: string
  /** SASL, and SASL2 where its module runs. */
  readonly profiles: readonly SaslProfile[]
  /** In the order in which they are offered. */
  readonly mechanisms: readonly SaslMechanism[]
  readonly decoy: Decoy
  /** Whether SCRAM tells what was offered (XEP-0474). */
  readonly provesOffer: boolean
  /** What modules add to the stream features. */
  features(stage: FeatureStage, connection: { readonly isSecure: boolean }): readonly Element[]
}

/** What is the same for every connection of a listener. */
export interface C2sRules {
  /** A stream in one document (RFC 6120), or a message for each element (RFC 7395). */
  readonly framing: 'stream' | 'framed'
  /** What a connection that came without TLS is told. */
  readonly startTls: 'required' | 'offered' | 'none'
  /** Where no hosted domain is known: in the answer to a header that asks for a strange one. Never empty. */
  readonly defaultDomain: string
  /** `xml:lang` of the answer where the client names none. */
  readonly language: string
  /** Close without a word when the first bytes are not XMPP. */
  readonly hidesServiceName: boolean
  /** Whether a session IQ is waited for after binding (RFC 3921 §3). */
  readonly awaitsSessionIq: boolean
  /** Milliseconds that each state before the session may last; Infinity for no limit. */
  readonly stateTimeout: number
  readonly maxAuthFailures: number
  readonly maxBindFailures: number
  /** Announced by XEP-0478; undefined where there is no limit. */
  readonly maxStanzaBytes?: number | undefined
  /** The hosted domain of a prepared name, if it is one and is enabled. */
  host(domain: string): StreamHost | undefined
  /** Unpredictable, at least 64 bits, never the same twice. */
  newStreamId(): string
  /** The server's part of a SCRAM nonce. */
  newNonce(): string
}
