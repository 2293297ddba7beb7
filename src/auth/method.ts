import type { Jid } from '../jid/jid.ts'
import type { ClientCertificate } from '../protocol/sasl/mechanism.ts'
import type { ScramHash, ScramKeys } from '../protocol/scram/keys.ts'

/** Which part of a domain's accounts is asked for. */
export interface AccountPage {
  readonly limit?: number
  readonly offset?: number
  /** Only names that begin so. */
  readonly prefix?: string
  /** Only names that come after this one. */
  readonly after?: string
  /** Only accounts made by then, in milliseconds since the epoch; for methods that know ({@link AuthMethod.knowsAge}). */
  readonly madeBy?: number
}

/** What lets an account be moved from one server to another: the password, or keys made of it. */
export interface MovableCredentials {
  readonly password?: string | undefined
  readonly keys: readonly ScramKeys[]
}

/**
 * A place where accounts are kept. What a method cannot do, it does not have. Addresses are bare. Every answer that cannot
 * be given now (backend gone, too busy) is a rejection, {@link AuthUnavailable} or any other error; never a "no".
 */
export interface AuthMethod {
  readonly name: string
  /** Whether it knows when accounts were made. */
  readonly knowsAge?: boolean
  /** The hashes for which keys may be found here. */
  readonly scramHashes?: readonly ScramHash[]
  exists(user: Jid): Promise<boolean>
  /** When an account was made, in milliseconds since the epoch; undefined where there is none. */
  createdAt?(user: Jid): Promise<number | undefined>
  /** The keys of a user for this hash, undefined where there are none. */
  scramKeys?(user: Jid, hash: ScramHash): Promise<ScramKeys | undefined>
  /** The iteration count for new keys of this hash, where the account has keys of others and none of this (XEP-0480). */
  missingKeys?(user: Jid, hash: ScramHash): Promise<number | undefined>
  /** Adds keys to those that the account has. False where there are such already, or none at all. */
  addKeys?(user: Jid, keys: ScramKeys): Promise<boolean>
  /** Whether this is the password, as the client sent it. It takes as long for users who do not exist. */
  checkPassword?(user: Jid, password: string): Promise<boolean>
  /** Whether {@link checkCertificate} compares whole certificates, and so takes those that nobody trusted vouches for. */
  readonly knowsCertificates?: boolean
  /** Whether this user may come in by this certificate, which names the user. */
  checkCertificate?(user: Jid, certificate: ClientCertificate): Promise<boolean>
  /** Whose bearer token this is, if it is good. */
  userOfToken?(domain: string, token: string): Promise<Jid | undefined>
  /** A name that nobody has. */
  newGuest?(domain: string): Promise<Jid>
  /** Somebody has opened a session: true when that begins an account, one that ends with its last session. */
  sessionOpened?(user: Jid): Promise<boolean>
  /** True when the account ends with this session. */
  sessionEnded?(user: Jid): Promise<boolean>
  /** What is stored of an account's password, to be moved elsewhere. */
  credentials?(user: Jid): Promise<MovableCredentials | undefined>
  /** Makes an account with credentials that come from elsewhere, at least one of them. */
  adopt?(user: Jid, credentials: MovableCredentials): Promise<'created' | 'exists'>
  register?(user: Jid, password: string): Promise<'created' | 'exists'>
  /** False when there is no such user. */
  setPassword?(user: Jid, password: string): Promise<boolean>
  /** False when there was no such user. */
  remove?(user: Jid): Promise<boolean>
  /** Removes every account of a domain. */
  removeDomain?(domain: string): Promise<void>
  /** Local parts in ascending order. */
  list?(domain: string, page: AccountPage): Promise<string[]>
  count?(domain: string): Promise<number>
}

/** Nobody can tell now whether credentials are right: `temporary-auth-failure`, and worth another try. */
export class AuthUnavailable extends Error {
  override readonly name = 'AuthUnavailable'
}

/** A new account would be one more than the domain may have (`auth.max_users_per_domain`). */
export class AccountLimitReached extends Error {
  override readonly name = 'AccountLimitReached'

  constructor(domain: string) {
    super(`${domain} may not have more accounts`)
  }
}

/** A password that cannot be stored: empty, too long, or with characters that no password may have (RFC 8265 §4). */
export class UnusablePassword extends Error {
  override readonly name = 'UnusablePassword'
}
