import type { Cluster } from '../cluster/cluster.ts'
import { type SharedMemory, shareMemory } from '../cluster/shared-memory.ts'
import type { Jid } from '../jid/jid.ts'
import { type ScramHash, type ScramKeys, scramHashes } from '../protocol/scram/keys.ts'
import type { Database, Migration, PreparedQuery } from '../storage/database.ts'
import { mustAccept } from '../storage/must-accept.ts'
import { CredentialCache } from './credential-cache.ts'
import { Credentials, type StoredPassword } from './credentials.ts'
import type { AccountPage, AuthMethod, MovableCredentials } from './method.ts'
import { writeScram } from './scram-storage.ts'
import { StoredPasswords, type StoredPasswordsOptions } from './stored-passwords.ts'

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

export interface SqlAccountsOptions extends StoredPasswordsOptions {
  /** `internal` or `rdbms`: the same thing under two names. */
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How many users' credentials are kept in memory. */
  readonly cacheSize?: number
  /** The nodes that change credentials too. */
  readonly cluster?: Cluster
}

/** Accounts in the server's own database: the methods `internal` and `rdbms`. */
export class SqlAccounts implements AuthMethod {
  readonly name: string
  readonly knowsAge = true
  readonly #db: Database<Tables>
  readonly #options: SqlAccountsOptions
  readonly #passwords: StoredPasswords
  readonly #cache: CredentialCache
  readonly #shared: SharedMemory | undefined
  readonly #select: PreparedQuery<{ domain: string; username: string }, StoredPassword>

  private constructor(db: Database<Tables>, options: SqlAccountsOptions) {
    this.name = options.name
    this.#db = db
    this.#options = options
    this.#passwords = new StoredPasswords(options)
    this.#cache = new CredentialCache(options.cacheSize ?? 10_000)
    this.#shared =
      options.cluster === undefined
        ? undefined
        : shareMemory(options.cluster, 'credentials', {
            forget: (user) => this.#cache.drop(user),
            forgetWhere: (fits) => this.#cache.dropWhere(fits),
          })
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

  /** Other nodes need not tell what they have changed. */
  close(): void {
    this.#shared?.end()
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
    return this.#passwords.keys(user, await this.#credentials(user), hash)
  }

  async checkPassword(user: Jid, password: string): Promise<boolean> {
    return this.#passwords.check(user, await this.#credentials(user), password)
  }

  /** Who has an account may come in by a certificate that names it. */
  checkCertificate(user: Jid): Promise<boolean> {
    return this.exists(user)
  }

  async register(user: Jid, password: string): Promise<'created' | 'exists'> {
    mustAccept(this.#db)
    // Asking first spares the derivations for a name that is taken; the insert decides.
    if (await this.exists(user)) return 'exists'
    return this.#insert(user, await this.#passwords.make(password))
  }

  async #insert(user: Jid, stored: StoredPassword): Promise<'created' | 'exists'> {
    const key = { domain: user.domain, username: user.local }
    const insert = this.#db.insertIgnore('auth_accounts', { ...key, ...stored, created: this.#options.now() })
    const changes = await this.#change(user, () => insert.executeTakeFirst().then((r) => r.numInsertedOrUpdatedRows))
    return changes === 0n ? 'exists' : 'created'
  }

  async createdAt({ domain, local }: Jid): Promise<number | undefined> {
    const row = await this.#db.q
      .selectFrom('auth_accounts')
      .select('created')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .executeTakeFirst()
    return row === undefined ? undefined : Number(row.created)
  }

  async credentials(user: Jid): Promise<MovableCredentials | undefined> {
    const credentials = await this.#credentials(user)
    return credentials === undefined ? undefined : { password: credentials.plain, keys: credentials.stored }
  }

  async adopt(user: Jid, { password, keys }: MovableCredentials): Promise<'created' | 'exists'> {
    if (password !== undefined) return this.register(user, password)
    mustAccept(this.#db)
    return this.#insert(user, { password: '', pass_details: writeScram(ofOneCount(keys)) })
  }

  async setPassword(user: Jid, password: string): Promise<boolean> {
    mustAccept(this.#db)
    if (!(await this.exists(user))) return false
    const stored = await this.#passwords.make(password)
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

  async removeDomain(domain: string): Promise<void> {
    const forget = () => this.#cache.dropWhere((key) => key.endsWith(`@${domain}`))
    const removed = this.#db.q.deleteFrom('auth_accounts').where('domain', '=', domain).execute()
    forget()
    await removed
    forget()
    await this.#shared?.changedDomain(domain)
  }

  /** What is remembered of a user goes when the change is sent, and again when it is done: reading in between is undone too. */
  async #change<T>(user: Jid, write: () => Promise<T>): Promise<T> {
    const written = write()
    this.forget(user)
    try {
      return await written
    } finally {
      this.forget(user)
      await this.#shared?.changed(user.bareString)
    }
  }

  /** Drops what is remembered of a user, whose credentials were changed by somebody else. */
  forget(user: Jid): void {
    this.#cache.drop(user.bareString)
  }

  async list(domain: string, { limit, offset, prefix = '', after, madeBy }: AccountPage): Promise<string[]> {
    let query = this.#db.q
      .selectFrom('auth_accounts')
      .select('username')
      .where('domain', '=', domain)
      .orderBy('username')
    if (prefix !== '') query = query.where('username', '>=', prefix).where('username', '<', `${prefix}\u{10ffff}`)
    if (after !== undefined) query = query.where('username', '>', after)
    if (madeBy !== undefined) query = query.where('created', '<=', madeBy)
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

/** What is stored together has one iteration count: that of the strongest hash. */
function ofOneCount(keys: readonly ScramKeys[]): ScramKeys[] {
  const strongest = [...scramHashes].reverse().find((hash) => keys.some((each) => each.hash === hash))
  const iterations = keys.find(({ hash }) => hash === strongest)?.iterations
  return keys.filter((each) => each.iterations === iterations)
}
