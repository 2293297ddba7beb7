import { randomBytes } from 'node:crypto'
import { Jid } from '../jid/jid.ts'
import { decoyKeys, keysOfSalted, type ScramHash, type ScramKeys } from '../protocol/scram/keys.ts'
import type { Clock } from '../util/clock.ts'
import type { KeyDeriver } from './key-deriver.ts'
import type { AccountPage, AuthMethod } from './method.ts'

export interface AnonymousOptions {
  readonly protocol: 'sasl_anon' | 'login_anon' | 'both'
  readonly allowMultipleConnections: boolean
  /** Hashes for which SCRAM can be played, see {@link AnonymousAccounts}. */
  readonly hashes: readonly ScramHash[]
  /** For the salt of names that nobody chose yet; see Decoy. */
  readonly secret: Uint8Array
  readonly iterations: number
  readonly deriver: KeyDeriver
  readonly clock: Clock
  /** Whether a method that keeps accounts has this one. */
  isKept(user: Jid): Promise<boolean>
}

/** How long a name is held for somebody who has logged in and not opened a session yet, in milliseconds. */
const held = 10_000

/**
 * The method `anonymous`: accounts that live as long as their sessions. With `sasl_anon` guests get a name (ANONYMOUS);
 * with `login_anon` they choose one that no account has, with any password. The proofs of SCRAM need a password that
 * both sides know, so there it is the empty one.
 */
export class AnonymousAccounts implements AuthMethod {
  readonly name = 'anonymous'
  readonly scramHashes: readonly ScramHash[]
  readonly newGuest?: AuthMethod['newGuest']
  readonly checkPassword?: AuthMethod['checkPassword']
  readonly #options: AnonymousOptions
  /** How many sessions each account has, by its address. */
  readonly #sessions = new Map<string, number>()
  /** When a name was last given, in the order of time. */
  readonly #held = new Map<string, number>()

  constructor(options: AnonymousOptions) {
    this.#options = options
    const { protocol, hashes } = options
    this.scramHashes = protocol === 'sasl_anon' ? [] : hashes
    if (protocol !== 'login_anon') this.newGuest = (domain) => this.#newGuest(domain)
    if (protocol !== 'sasl_anon') this.checkPassword = (user) => this.#take(user)
  }

  exists(user: Jid): Promise<boolean> {
    return Promise.resolve(this.#sessions.has(user.full))
  }

  async #newGuest(domain: string): Promise<Jid> {
    for (;;) {
      const user = Jid.of(randomBytes(15).toString('hex'), domain)
      if (!this.#sessions.has(user.full) && !(await this.#options.isKept(user))) return user
    }
  }

  /** Whether somebody may have this name now. */
  async #isFree(user: Jid): Promise<boolean> {
    if (await this.#options.isKept(user)) return false
    return this.#options.allowMultipleConnections || !(this.#sessions.has(user.full) || this.#isHeld(user))
  }

  async #take(user: Jid): Promise<boolean> {
    if (!(await this.#isFree(user))) return false
    if (!this.#options.allowMultipleConnections) this.#held.set(user.full, this.#options.clock.now())
    return true
  }

  #isHeld(user: Jid): boolean {
    const since = this.#options.clock.now() - held
    for (const [name, at] of this.#held) {
      if (at > since) break
      this.#held.delete(name)
    }
    return this.#held.has(user.full)
  }

  async scramKeys(user: Jid, hash: ScramHash): Promise<ScramKeys | undefined> {
    if (!this.scramHashes.includes(hash) || !(await this.#isFree(user))) return undefined
    const { salt, iterations } = decoyKeys(this.#options, user.full, hash)
    const salted = await this.#options.deriver.check(hash, '', salt, iterations)
    return { hash, salt, iterations, ...keysOfSalted(hash, salted) }
  }

  async sessionOpened(user: Jid): Promise<boolean> {
    this.#held.delete(user.full)
    const count = this.#sessions.get(user.full) ?? 0
    if (count === 0 && (await this.#options.isKept(user))) return false
    const now = this.#sessions.get(user.full) ?? 0
    this.#sessions.set(user.full, now + 1)
    return now === 0
  }

  async sessionEnded(user: Jid): Promise<boolean> {
    const count = this.#sessions.get(user.full)
    if (count === undefined) return false
    if (count > 1) {
      this.#sessions.set(user.full, count - 1)
      return false
    }
    this.#sessions.delete(user.full)
    // Somebody may have registered the name meanwhile: then nothing of it may be removed.
    return !(await this.#options.isKept(user))
  }

  list(domain: string, { prefix = '', offset = 0, limit = Number.POSITIVE_INFINITY }: AccountPage): Promise<string[]> {
    const users = [...this.#sessions.keys()]
      .map((address) => Jid.parse(address))
      .filter((user) => user.domain === domain)
    const names = users.map((user) => user.local).filter((name) => name.startsWith(prefix))
    return Promise.resolve(names.sort().slice(offset, offset + limit))
  }

  count(domain: string): Promise<number> {
    return this.list(domain, {}).then((names) => names.length)
  }
}
