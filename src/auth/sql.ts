import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Jid } from '../jid/jid.ts'
import { type Decoy, decoyKeys, keysOfSalted, type ScramHash, type ScramKeys } from '../protocol/scram/keys.ts'
import type { Database, Migration, PreparedQuery } from '../storage/database.ts'
import { mustAccept } from '../storage/must-accept.ts'
import { CredentialCache } from './credential-cache.ts'
import { Credentials, type StoredPassword } from './credentials.ts'
import type { KeyDeriver } from './key-deriver.ts'
import type { AccountPage, AuthMethod } from './method.ts'
import { passwordForms, preparedPassword } from './password.ts'
import { writeScram } from './scram-storage.ts'

interface Tables {
  auth_accounts: {
    domain: string
    username: string
    password: string
    pass_details: string
    /** Milliseconds since the epoch. */
    created: number
  }
}

const migrations: Record<string, Migration> = {
  '001_create': async (schema) => {
    await schema.schema
      .createTable('auth_accounts')
      .addColumn('domain', 'varchar(250)', (column) => column.notNull())
      .addColumn('username', 'varchar(250)', (column) => column.notNull())
      .addColumn('password', 'text', (column) => column.notNull())
      .addColumn('pass_details', 'text', (column) => column.notNull())
      .addColumn('created', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('auth_accounts_key', ['domain', 'username'])
      .execute()
  },
}

export interface SqlAccountsOptions {
  /** `internal` or `rdbms`: the same thing under two names. */
  readonly name: string
  readonly format: 'scram' | 'plain'
  /** Hashes for which keys are stored. */
  readonly hashes: readonly ScramHash[]
  readonly iterations: number
  /** For users who do not exist; see {@link Decoy}. */
  readonly secret: Uint8Array
  readonly deriver: KeyDeriver
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How many users' credentials are kept in memory. */
  readonly cacheSize?: number
}

/** Order in which a stored hash is chosen to check a password by: the quickest to derive first. */
const quickest: readonly ScramHash[] = ['SHA-256', 'SHA-224', 'SHA-1', 'SHA-512', 'SHA-384']
const saltBytes = 16

/** Accounts in the server's own database: the methods `internal` and `rdbms`. */
export class SqlAccounts implements AuthMethod {
  readonly name: string
  readonly #db: Database<Tables>
  readonly #options: SqlAccountsOptions
  readonly #decoy: Decoy
  readonly #cache: CredentialCache
  readonly #select: PreparedQuery<{ domain: string; username: string }, StoredPassword>

  private constructor(db: Database<Tables>, options: SqlAccountsOptions) {
    this.name = options.name
    this.#db = db
    this.#options = options
    this.#decoy = { secret: options.secret, iterations: options.iterations }
    this.#cache = new CredentialCache(options.cacheSize ?? 10_000)
    this.#select = db.prepare((q, p) =>
      q
        .selectFrom('auth_accounts')
        .select(['password', 'pass_details'])
        .where('domain', '=', p('domain'))
        .where('username', '=', p('username')),
    )
  }

  /** Makes the tables where they are missing. */
  static async open(database: Database, options: SqlAccountsOptions): Promise<SqlAccounts> {
    const db = database.of<Tables>()
    await db.migrate('auth_accounts', migrations)
    return new SqlAccounts(db, options)
  }

  get scramHashes(): readonly ScramHash[] {
    return this.#options.hashes
  }

  #credentials(user: Jid): Promise<Credentials | undefined> {
    return this.#cache.get(user.full, async () => {
      const row = await this.#select.first({ domain: user.domain, username: user.local })
      return row === undefined ? undefined : new Credentials(row)
    })
  }

  async exists(user: Jid): Promise<boolean> {
    return (await this.#credentials(user)) !== undefined
  }

  async scramKeys(user: Jid, hash: ScramHash): Promise<ScramKeys | undefined> {
    const credentials = await this.#credentials(user)
    const known = credentials?.keys(hash)
    if (known !== undefined || credentials?.plain === undefined) return known
    // The salt that a decoy would have: the same after a restart, as the salt of stored keys is.
    const { salt, iterations } = decoyKeys(this.#decoy, user.full, hash)
    const salted = await this.#options.deriver.check(hash, credentials.plain, salt, iterations)
    const keys = { hash, salt, iterations, ...keysOfSalted(hash, salted) }
    credentials.keep(keys)
    return keys
  }

  async checkPassword(user: Jid, password: string): Promise<boolean> {
    const credentials = await this.#credentials(user)
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
    const usual = quickest.find((hash) => this.#options.hashes.includes(hash)) ?? 'SHA-256'
    return decoyKeys(this.#decoy, user.full, usual)
  }

  async #checkKeys(keys: ScramKeys, password: string): Promise<boolean> {
    for (const form of passwordForms(password)) {
      const salted = await this.#options.deriver.check(keys.hash, form, keys.salt, keys.iterations)
      if (timingSafeEqual(keysOfSalted(keys.hash, salted).storedKey, keys.storedKey)) return true
    }
    return false
  }

  /** What is stored for a password. Throws UnusablePassword. */
  async #stored(password: string): Promise<StoredPassword> {
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

  async register(user: Jid, password: string): Promise<'created' | 'exists'> {
    mustAccept(this.#db)
    // Asking first spares the derivations for a name that is taken; the insert decides.
    if (await this.exists(user)) return 'exists'
    const stored = await this.#stored(password)
    const key = { domain: user.domain, username: user.local }
    const insert = this.#db.insertIgnore('auth_accounts', { ...key, ...stored, created: this.#options.now() })
    const changes = await this.#change(user, () => insert.executeTakeFirst().then((r) => r.numInsertedOrUpdatedRows))
    return changes === 0n ? 'exists' : 'created'
  }

  async setPassword(user: Jid, password: string): Promise<boolean> {
    mustAccept(this.#db)
    if (!(await this.exists(user))) return false
    const stored = await this.#stored(password)
    const update = this.#db.q
      .updateTable('auth_accounts')
      .set(stored)
      .where('domain', '=', user.domain)
      .where('username', '=', user.local)
    return (await this.#change(user, () => update.executeTakeFirst().then((r) => r.numUpdatedRows))) !== 0n
  }

  async missingKeys(user: Jid, hash: ScramHash): Promise<number | undefined> {
    const stored = (await this.#credentials(user))?.stored ?? []
    return stored.some((keys) => keys.hash === hash) ? undefined : stored[0]?.iterations
  }

  async addKeys(user: Jid, keys: ScramKeys): Promise<boolean> {
    mustAccept(this.#db)
    const credentials = await this.#credentials(user)
    const stored = credentials?.stored ?? []
    // What is stored together has one count.
    const fits = stored[0]?.iterations === keys.iterations && !stored.some(({ hash }) => hash === keys.hash)
    if (credentials === undefined || !fits) return false
    const update = this.#db.q
      .updateTable('auth_accounts')
      .set({ pass_details: writeScram([...stored, keys]) })
      .where('domain', '=', user.domain)
      .where('username', '=', user.local)
      // Whoever has changed the password in between keeps it.
      .where('pass_details', '=', credentials.text)
    return (await this.#change(user, () => update.executeTakeFirst().then((r) => r.numUpdatedRows))) !== 0n
  }

  async remove(user: Jid): Promise<boolean> {
    const query = this.#db.q
      .deleteFrom('auth_accounts')
      .where('domain', '=', user.domain)
      .where('username', '=', user.local)
    return (await this.#change(user, () => query.executeTakeFirst().then((r) => r.numDeletedRows))) !== 0n
  }

  /** What is remembered of a user goes when the change is sent, and again when it is done: reading in between is undone too. */
  async #change<T>(user: Jid, write: () => Promise<T>): Promise<T> {
    const written = write()
    this.forget(user)
    try {
      return await written
    } finally {
      this.forget(user)
    }
  }

  /** Drops what is remembered of a user, whose credentials were changed by somebody else. */
  forget(user: Jid): void {
    this.#cache.drop(user.bareString)
  }

  async list(domain: string, { limit, offset, prefix = '' }: AccountPage): Promise<string[]> {
    let query = this.#db.q
      .selectFrom('auth_accounts')
      .select('username')
      .where('domain', '=', domain)
      .orderBy('username')
    if (prefix !== '') query = query.where('username', '>=', prefix).where('username', '<', `${prefix}\u{10ffff}`)
    if (limit !== undefined && Number.isFinite(limit)) query = query.limit(limit)
    if (offset !== undefined && offset > 0) {
      if (limit === undefined || !Number.isFinite(limit)) query = query.limit(Number.MAX_SAFE_INTEGER)
      query = query.offset(offset)
    }
    return (await query.execute()).map((row) => row.username)
  }

  async count(domain: string): Promise<number> {
    const row = await this.#db.q
      .selectFrom('auth_accounts')
      .select((eb) => eb.fn.countAll<number>().as('accounts'))
      .where('domain', '=', domain)
      .executeTakeFirstOrThrow()
    return Number(row.accounts)
  }
}

function isSamePassword(stored: string, given: string): boolean {
  const expected = Buffer.from(stored)
  return passwordForms(given).some((form) => {
    const offered = Buffer.from(form)
    return offered.length === expected.length && timingSafeEqual(offered, expected)
  })
}
