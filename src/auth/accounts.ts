import type { Jid } from '../jid/jid.ts'
import type { ClientCertificate } from '../protocol/sasl/mechanism.ts'
import type { ScramHash, ScramKeys } from '../protocol/scram/keys.ts'
import { type AccountsObserver, type AccountsOperation, nobody } from './accounts-observer.ts'
import { ExistenceMemories, type ExistenceMemory } from './existence-memory.ts'
import {
  AccountLimitReached,
  type AccountPage,
  type AuthMethod,
  AuthUnavailable,
  type MovableCredentials,
} from './method.ts'

/** How the accounts of a host type behave. */
export interface AccountsOptions {
  /** `auth.max_users_per_domain`. */
  readonly maxPerDomain?: number
  readonly observer?: AccountsObserver
  /** Told of each failure of a method; the caller sees AuthUnavailable. */
  readonly onFailure?: (method: string, error: unknown) => void
}

/**
 * The accounts of a host type, kept by one or more methods that are asked in their order. Addresses may be full; only the
 * account counts. Rejects with AuthUnavailable where the answer depends on a method that cannot be asked now.
 */
export class Accounts {
  readonly #methods: readonly AuthMethod[]
  readonly #options: AccountsOptions
  readonly #memories: ExistenceMemories

  constructor(methods: readonly AuthMethod[], options: AccountsOptions = {}, memories = new ExistenceMemories()) {
    this.#methods = methods
    this.#options = options
    this.#memories = memories
  }

  /** The same accounts, as far as methods of these names keep them. */
  only(names: readonly string[]): Accounts {
    // `internal` and `rdbms` are two names of one store.
    const store = ['internal', 'rdbms']
    const meant = new Set(names.flatMap((name) => (store.includes(name) ? store : [name])))
    const kept = this.#methods.filter(({ name }) => meant.has(name))
    return new Accounts(kept, this.#options)
  }

  /** Whether accounts can be made. */
  get canRegister(): boolean {
    return this.#methods.some((method) => method.register !== undefined)
  }

  /** These accounts as far as it is known when they were made; undefined where no method knows. */
  withKnownAge(): Accounts | undefined {
    const able = this.#methods.filter((method) => method.knowsAge === true)
    return able.length === 0 ? undefined : new Accounts(able, this.#options)
  }

  /** Whether a password as such can be checked (PLAIN). */
  get canCheckPasswords(): boolean {
    return this.#methods.some((method) => method.checkPassword !== undefined)
  }

  /** Whether somebody can come in by a client certificate (EXTERNAL). */
  get canCheckCertificates(): boolean {
    return this.#methods.some((method) => method.checkCertificate !== undefined)
  }

  /** Whether a certificate may do that nobody trusted vouches for. */
  get knowsCertificates(): boolean {
    return this.#methods.some((method) => method.knowsCertificates === true)
  }

  /** Whether bearer tokens can be checked (OAUTHBEARER). */
  get canCheckTokens(): boolean {
    return this.#methods.some((method) => method.userOfToken !== undefined)
  }

  /** Whether somebody without a name can come in (ANONYMOUS). */
  get takesGuests(): boolean {
    return this.#methods.some((method) => method.newGuest !== undefined)
  }

  /** Whether there are accounts that live as long as their sessions. */
  get hasPassingAccounts(): boolean {
    return this.#methods.some((method) => method.sessionOpened !== undefined)
  }

  /** The hashes for which some method has keys. */
  get scramHashes(): ReadonlySet<ScramHash> {
    return new Set(this.#methods.flatMap((method) => method.scramHashes ?? []))
  }

  /** Whether there is such an account. */
  exists(user: Jid): Promise<boolean> {
    const ask = () =>
      this.#first(
        () => true,
        async (method) => {
          if (!(await method.exists(user.bare))) return undefined
          return method.sessionOpened === undefined ? 'kept' : 'passing'
        },
        (answer) => answer !== undefined,
      )
    return this.#memories.exists(user, () => this.#measure('does_user_exist', user, ask))
  }

  /** When an account was made, in milliseconds since the epoch, where that is known. */
  createdAt(user: Jid): Promise<number | undefined> {
    return this.#first(
      (method) => method.createdAt !== undefined,
      async (method) => method.createdAt?.(user.bare),
      (at) => at !== undefined,
    )
  }

  /** Remembers by this which accounts of these domains exist, but for those that pass; the function returned ends that. */
  rememberBy(domains: ReadonlySet<string>, memory: ExistenceMemory): () => void {
    return this.#memories.use(domains, memory)
  }

  /** The keys of the first method that has some. */
  scramKeys(user: Jid, hash: ScramHash): Promise<ScramKeys | undefined> {
    return this.#first(
      (method) => method.scramHashes?.includes(hash) === true,
      async (method) => method.scramKeys?.(user.bare, hash),
      (keys) => keys !== undefined,
    )
  }

  /** Whether keys can be added to those that an account has (XEP-0480). */
  get canAddKeys(): boolean {
    return this.#methods.some((method) => method.addKeys !== undefined)
  }

  /** The iteration count for keys of this hash, where an account has keys of others and none of this. */
  missingKeys(user: Jid, hash: ScramHash): Promise<number | undefined> {
    return this.#first(
      (method) => method.missingKeys !== undefined,
      async (method) => method.missingKeys?.(user.bare, hash),
      (iterations) => iterations !== undefined,
    )
  }

  /** Adds keys to those of an account. False where no method lacks them. */
  async addKeys(user: Jid, keys: ScramKeys): Promise<boolean> {
    for (const method of this.#methods) if (await method.addKeys?.(user.bare, keys)) return true
    return false
  }

  /** Whether some method takes this password. */
  async checkPassword(user: Jid, password: string): Promise<boolean> {
    const ask = () =>
      this.#first(
        (method) => method.checkPassword !== undefined,
        async (method) => method.checkPassword?.(user.bare, password),
        Boolean,
      )
    return (await this.#measure('check_password', user, ask)) ?? false
  }

  /** Whether some method lets the user in by this certificate. */
  async checkCertificate(user: Jid, certificate: ClientCertificate): Promise<boolean> {
    const isRight = await this.#first(
      (method) =>
        method.checkCertificate !== undefined && (certificate.isVerified || method.knowsCertificates === true),
      async (method) => method.checkCertificate?.(user.bare, certificate),
      Boolean,
    )
    return isRight ?? false
  }

  /** Whose bearer token this is; undefined for a token that no method takes. */
  userOfToken(domain: string, token: string): Promise<Jid | undefined> {
    return this.#first(
      (method) => method.userOfToken !== undefined,
      async (method) => method.userOfToken?.(domain, token),
      (user) => user !== undefined,
    )
  }

  /** A new name for somebody who has none; undefined where nobody comes in without. */
  newGuest(domain: string): Promise<Jid | undefined> {
    return this.#first(
      (method) => method.newGuest !== undefined,
      async (method) => method.newGuest?.(domain),
      (user) => user !== undefined,
    )
  }

  /** Tells of a session: true when an account begins with it. */
  async sessionOpened(user: Jid): Promise<boolean> {
    for (const method of this.#methods) if (await method.sessionOpened?.(user.bare)) return true
    return false
  }

  /** Tells of the end of a session: true when the account is gone with it. */
  async sessionEnded(user: Jid): Promise<boolean> {
    for (const method of this.#methods) if (await method.sessionEnded?.(user.bare)) return true
    return false
  }

  /**
   * Makes an account in the first method that can. Rejects with UnusablePassword, AccountLimitReached, or AuthUnavailable;
   * the last also when no method can.
   */
  async register(user: Jid, password: string): Promise<'created' | 'exists'> {
    const method = this.#methods.find((each) => each.register !== undefined)
    if (method?.register === undefined) throw new AuthUnavailable('no method can make accounts')
    await this.#mustHaveRoom(user.domain)
    const register = method.register.bind(method, user.bare, password)
    return this.#measure('try_register', user, register)
  }

  /** What is stored of an account's password, to be moved elsewhere; undefined where that is nothing that could be. */
  credentials(user: Jid): Promise<MovableCredentials | undefined> {
    return this.#first(
      (method) => method.credentials !== undefined,
      async (method) => method.credentials?.(user.bare),
      (credentials) => credentials !== undefined,
    )
  }

  /** Makes an account with credentials from elsewhere. Rejects as {@link register} does. */
  async adopt(user: Jid, credentials: MovableCredentials): Promise<'created' | 'exists'> {
    const method = this.#methods.find((each) => each.adopt !== undefined)
    if (method?.adopt === undefined) throw new AuthUnavailable('no method can take accounts from elsewhere')
    await this.#mustHaveRoom(user.domain)
    return method.adopt(user.bare, credentials)
  }

  /** Gives an account another password. False where no method that could has this account. */
  async setPassword(user: Jid, password: string): Promise<boolean> {
    for (const method of this.#methods) if (await method.setPassword?.(user.bare, password)) return true
    return false
  }

  /** Removes an account wherever it is kept. False where it was nowhere. */
  async remove(user: Jid): Promise<boolean> {
    let wasThere = false
    for (const method of this.#methods) if (await method.remove?.(user.bare)) wasThere = true
    await this.#memories.removed(user)
    return wasThere
  }

  /** Removes every account of a domain, where they are kept by this server. */
  async removeDomain(domain: string): Promise<void> {
    for (const method of this.#methods) await method.removeDomain?.(domain)
    await this.#memories.removedDomain(domain)
  }

  /** The local parts of a domain's accounts, in ascending order; a name kept by two methods stands once. */
  async list(domain: string, page: AccountPage = {}): Promise<string[]> {
    const able = this.#methods.filter((method) => method.list !== undefined)
    if (able.length === 1) return (await able[0]?.list?.(domain, page)) ?? []
    const { offset = 0, limit = Number.POSITIVE_INFINITY, ...rest } = page
    const lists = await Promise.all(able.map((method) => method.list?.(domain, rest)))
    const names = new Set(lists.flatMap((list) => list ?? []))
    return [...names].sort().slice(offset, offset + limit)
  }

  /** How many accounts a domain has. */
  async count(domain: string): Promise<number> {
    let sum = 0
    for (const method of this.#methods) sum += (await method.count?.(domain)) ?? 0
    return sum
  }

  #measure<T>(operation: AccountsOperation, user: Jid, work: () => Promise<T>): Promise<T> {
    return (this.#options.observer ?? nobody).measure(operation, user.domain, work)
  }

  async #mustHaveRoom(domain: string): Promise<void> {
    const most = this.#options.maxPerDomain ?? Number.POSITIVE_INFINITY
    if (most !== Number.POSITIVE_INFINITY && (await this.count(domain)) >= most) throw new AccountLimitReached(domain)
  }

  /** Asks the methods in order until one gives an answer that settles the question. */
  async #first<T>(
    isAble: (method: AuthMethod) => boolean,
    ask: (method: AuthMethod) => Promise<T>,
    settles: (answer: T) => boolean,
  ): Promise<T | undefined> {
    let failure: unknown
    for (const method of this.#methods) {
      if (!isAble(method)) continue
      try {
        const answer = await ask(method)
        if (settles(answer)) return answer
      } catch (error) {
        this.#options.onFailure?.(method.name, error)
        failure = error
      }
    }
    if (failure === undefined) return undefined
    throw failure instanceof AuthUnavailable
      ? failure
      : new AuthUnavailable('an account store failed', { cause: failure })
  }
}
