import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Jid } from '../jid/jid.ts'
import { decoyKeys, keysOfSalted, type ScramHash, type ScramKeys } from '../protocol/scram/keys.ts'
import type { Credentials, StoredPassword } from './credentials.ts'
import type { KeyDeriver } from './key-deriver.ts'
import { passwordForms, preparedPassword } from './password.ts'
import { writeScram } from './scram-storage.ts'

export interface StoredPasswordsOptions {
  readonly format: 'scram' | 'plain'
  /** Hashes for which keys are stored. */
  readonly hashes: readonly ScramHash[]
  readonly iterations: number
  /** For users who do not exist; see Decoy. */
  readonly secret: Uint8Array
  readonly deriver: KeyDeriver
}

/** Order in which a stored hash is chosen to check a password by: the quickest to derive first. */
const quickest: readonly ScramHash[] = ['SHA-256', 'SHA-224', 'SHA-1', 'SHA-512', 'SHA-384']
const saltBytes = 16

/** How passwords are kept and checked, wherever what is stored of them lies. */
export class StoredPasswords {
  readonly #options: StoredPasswordsOptions

  constructor(options: StoredPasswordsOptions) {
    this.#options = options
  }

  /** What is stored for a password. Throws UnusablePassword. */
  async make(password: string): Promise<StoredPassword> {
    const prepared = preparedPassword(password)
    if (this.#options.format === 'plain') return { password: prepared, pass_details: '' }
    const keys = await Promise.all(this.#options.hashes.map((hash) => this.#newKeys(hash, prepared)))
    return { password: '', pass_details: writeScram(keys) }
  }

  async #newKeys(hash: ScramHash, password: string): Promise<ScramKeys> {
    const { iterations, deriver } = this.#options
    const salt = randomBytes(saltBytes)
    return { hash, salt, iterations, ...keysOfSalted(hash, await deriver.make(hash, password, salt, iterations)) }
  }

  /** The keys of a user for this hash: the stored ones, or those of the stored password. */
  async keys(user: Jid, credentials: Credentials | undefined, hash: ScramHash): Promise<ScramKeys | undefined> {
    const known = credentials?.keys(hash)
    if (known !== undefined || credentials?.plain === undefined) return known
    // The salt that a decoy would have: the same after a restart, as the salt of stored keys is.
    const { salt, iterations } = this.#decoyKeys(user, hash)
    const salted = await this.#options.deriver.check(hash, credentials.plain, salt, iterations)
    const keys = { hash, salt, iterations, ...keysOfSalted(hash, salted) }
    credentials.keep(keys)
    return keys
  }

  /** Whether this is the password. It takes as long where there are no credentials. */
  async check(user: Jid, credentials: Credentials | undefined, password: string): Promise<boolean> {
    if (credentials?.plain !== undefined) return isSamePassword(credentials.plain, password)
    if (credentials?.remembers(password) === true) return true
    // Where passwords are kept as they are, checking one takes no time, for nobody's as for somebody's.
    if (credentials === undefined && this.#options.format === 'plain') return false
    const isRight = await this.#checkKeys(this.#keysToCheck(user, credentials), password)
    if (!isRight || credentials === undefined) return false
    credentials.remember(password)
    return true
  }

  /** The keys of one hash: those of nobody for a user who does not exist, so that the answer takes as long. */
  #keysToCheck(user: Jid, credentials: Credentials | undefined): ScramKeys {
    for (const hash of quickest) {
      const keys = credentials?.keys(hash)
      if (keys !== undefined) return keys
    }
    return this.#decoyKeys(user, quickest.find((hash) => this.#options.hashes.includes(hash)) ?? 'SHA-256')
  }

  #decoyKeys(user: Jid, hash: ScramHash): ScramKeys {
    return decoyKeys(this.#options, user.full, hash)
  }

  async #checkKeys(keys: ScramKeys, password: string): Promise<boolean> {
    for (const form of passwordForms(password)) {
      const salted = await this.#options.deriver.check(keys.hash, form, keys.salt, keys.iterations)
      if (timingSafeEqual(keysOfSalted(keys.hash, salted).storedKey, keys.storedKey)) return true
    }
    return false
  }
}

function isSamePassword(stored: string, given: string): boolean {
  const expected = Buffer.from(stored)
  return passwordForms(given).some((form) => {
    const offered = Buffer.from(form)
    return offered.length === expected.length && timingSafeEqual(offered, expected)
  })
}
