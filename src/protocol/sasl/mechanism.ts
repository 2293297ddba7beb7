import type { Jid } from '../../jid/jid.ts'
import type { Sasl2Request } from '../sasl2/login.ts'
import type { Decoy, ScramHash, ScramKeys } from '../scram/keys.ts'
import type { SaslCondition } from './condition.ts'

/** What a client's TLS certificate says about it. */
export interface ClientCertificate {
  /** DER. */
  readonly raw: Uint8Array
  /** Whether somebody trusted vouches for it; what another one says may be anybody's invention. */
  readonly isVerified: boolean
  readonly commonName: string | undefined
  /** XMPP addresses (`id-on-xmppAddr`, RFC 6120 §13.7.1.4), as they are written. */
  readonly addresses: readonly string[]
}

/** What the connection below offers to authentication. */
export interface ChannelSecurity {
  readonly isSecure: boolean
  /** The certificate that the client has shown, if any. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** The channel binding types that work on this connection, best first (XEP-0440); empty off TLS. */
  readonly bindingTypes: readonly string[]
  channelBinding(type: string): Uint8Array | undefined
}

/** A connection without TLS. */
export const clearChannel: ChannelSecurity = { isSecure: false, bindingTypes: [], channelBinding: () => undefined }

/** What one exchange is played under. */
export interface SaslContext {
  /** The domain that the stream is to; accounts are of this domain. */
  readonly domain: string
  readonly security: ChannelSecurity
  /** The mechanisms offered in this state of the stream, as the client saw them. */
  readonly offered: readonly string[]
  readonly decoy: Decoy
  /** Whether SCRAM tells what was offered (XEP-0474). */
  readonly provesOffer: boolean
  /** SASL2 alone: what else the client asks for. */
  readonly request?: Sasl2Request | undefined
  /** The server's part of a nonce: printable ASCII without comma, never twice the same. */
  newNonce(): string
}

/**
 * What an exchange needs to know from outside. It is answered with a {@link SaslAnswer}; mechanisms that ask for other
 * things add their question here.
 */
export type SaslRequest =
  | { readonly ask: 'keys'; readonly user: Jid; readonly hash: ScramHash }
  | { readonly ask: 'password'; readonly user: Jid; readonly password: string }
  /** May this user come in with this certificate, which is the connection's own? */
  | { readonly ask: 'certificate'; readonly user: Jid; readonly certificate: ClientCertificate }
  /** Whose is this bearer token? */
  | { readonly ask: 'token'; readonly domain: string; readonly token: string }
  /** A name for somebody who has none. */
  | { readonly ask: 'guest'; readonly domain: string }
  /** The client has proven who it is: may it come in? (bans, limits) */
  | { readonly ask: 'admission'; readonly user: Jid; readonly mechanism: string }

export type SaslAnswer =
  /** To `keys`; undefined where the user or this hash is not known. */
  | { readonly is: 'keys'; readonly keys: ScramKeys | undefined }
  /** The password or certificate is right, the user may come in; `data` is for the client. */
  | { readonly is: 'yes'; readonly data?: Buffer | undefined }
  /** To `token` and `guest`; `data` is for the client. */
  | { readonly is: 'user'; readonly user: Jid; readonly data?: Buffer | undefined }
  /** Neither; `temporary-auth-failure` when nobody could tell. */
  | { readonly is: 'no'; readonly condition: SaslCondition; readonly text?: string | undefined }

/** What comes next. After `success` and `failure` the exchange is over. */
export type SaslStep =
  | { readonly step: 'challenge'; readonly data: Buffer }
  | { readonly step: 'ask'; readonly request: SaslRequest }
  /** As `ask`, of a mechanism that knows itself where its answer comes from. */
  | { readonly step: 'run'; readonly run: () => Promise<SaslAnswer> }
  /** `data` is the additional data with success (RFC 4422 §3.6). */
  | { readonly step: 'success'; readonly user: Jid; readonly data?: Buffer | undefined }
  | {
      readonly step: 'failure'
      readonly condition: SaslCondition
      readonly text?: string | undefined
      /** False when no password can have been tried; see SaslError. */
      readonly isGuess?: boolean
    }

/** One go at authenticating by one mechanism. A method that throws SaslError has failed. */
export interface SaslExchange {
  /** Takes what the client says. Undefined at the first call when the client sent no initial response. */
  receive(data: Buffer | undefined): SaslStep
  /** Takes the answer to the request last made. */
  answer(answer: SaslAnswer): SaslStep
}

/** A way to authenticate (RFC 4422), for SASL and SASL2 alike. */
export interface SaslMechanism {
  readonly name: string
  /** What the connection must have for it to be offered. */
  readonly needs: 'nothing' | 'tls' | 'channel-binding' | 'certificate' | 'verified-certificate'
  begin(context: SaslContext): SaslExchange
}

/** Whether a mechanism can be offered on this connection. */
export function isUsable(mechanism: SaslMechanism, security: ChannelSecurity): boolean {
  switch (mechanism.needs) {
    case 'nothing':
      return true
    case 'tls':
      return security.isSecure
    case 'channel-binding':
      return security.bindingTypes.length > 0
    case 'certificate':
      return security.clientCertificate !== undefined
    default:
      return security.clientCertificate?.isVerified === true
  }
}
