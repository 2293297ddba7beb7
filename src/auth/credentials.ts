import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type ScramHash, type ScramKeys, scramHashes } from '../protocol/scram/keys.ts'
import { readScram } from './scram-storage.ts'

/** A row of the account table: one of the two is ''. */
export interface StoredPassword {
  /** In plain text, for `password.format = "plain"`. */
  readonly password: string
  /** SCRAM keys, see scram-storage.ts. */
  readonly pass_details: string
}

// Known to this process alone: what is remembered by it is worth nothing elsewhere.
const memoryKey = randomBytes(32)

/**
 * What is stored for one user, as read at some time. Kept as text, which is small. A password once found right is
 * remembered by a keyed hash, with these credentials and so no longer than they hold.
 */
export class Credentials {
  readonly #stored: StoredPassword
  #remembered: Buffer | undefined
  /** Keys derived from a plain password, by hash. */
  #derived: Map<ScramHash, ScramKeys> | undefined

  constructor(stored: StoredPassword) {
    this.#stored = stored
  }

  /** The password where it is stored as such. */
  get plain(): string | undefined {
    return this.#stored.pass_details === '' ? this.#stored.password : undefined
  }

  /** Keys that are stored, or were derived before. */
  keys(hash: ScramHash): ScramKeys | undefined {
    if (this.plain !== undefined) return this.#derived?.get(hash)
    return readScram(this.#stored.pass_details, hash)
  }

  /** Every stored key, weakest hash first. */
  get stored(): ScramKeys[] {
    const { pass_details: details } = this.#stored
    return this.plain === undefined ? scramHashes.flatMap((hash) => readScram(details, hash) ?? []) : []
  }

  /** The keys as they are stored. */
  get text(): string {
    return this.#stored.pass_details
  }

  /** Keeps keys derived from the plain password. */
  keep(keys: ScramKeys): void {
    this.#derived ??= new Map()
    this.#derived.set(keys.hash, keys)
  }

  /** Whether this password was found right before. */
  remembers(password: string): boolean {
    return this.#remembered !== undefined && timingSafeEqual(this.#remembered, fingerprint(password))
  }

  remember(password: string): void {
    this.#remembered = fingerprint(password)
  }
}

function fingerprint(password: string): Buffer {
  return createHmac('sha256', memoryKey).update(password).digest()
}
