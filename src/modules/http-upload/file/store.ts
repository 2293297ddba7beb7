import { randomBytes } from 'node:crypto'
import type { Jid } from '../../../jid/jid.ts'
import type { Database, Migration } from '../../../storage/database.ts'

export interface UploadTables {
  mod_http_upload: {
    token: string
    domain: string
    /** '' for a file that is nobody's. */
    username: string
    filename: string
    size: number
    content_type: string | null
    /** `waiting` for the upload, `receiving` it, or `stored`. */
    state: string
    created_at: number
    /** When the row and the file go. */
    expires_at: number
  }
  /** The key with which addresses are signed; one row. */
  mod_http_upload_key: { id: number; secret: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_http_upload')
      .addColumn('token', 'varchar(512)', (column) => column.primaryKey())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('filename', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('content_type', 'text')
      .addColumn('state', 'varchar(16)', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute()
    const index = (name: string) => schema.createIndex(name).on('mod_http_upload')
    await index('mod_http_upload_user').columns(['domain', 'username']).execute()
    await index('mod_http_upload_expiry').column('expires_at').execute()
    await schema
      .createTable('mod_http_upload_key')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('secret', 'varchar(64)', (column) => column.notNull())
      .execute()
  },
}

/** A file on disk, or one that is to come. */
export interface Upload {
  readonly token: string
  readonly domain: string
  readonly username: string
  readonly filename: string
  /** Bytes. */
  readonly size: number
  readonly contentType: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly expiresAt: number
}

/** What an account has, of files that are to come as well. */
export interface Usage {
  readonly files: number
  readonly bytes: number
}

/** What files there are. */
export class UploadStore {
  readonly #db: Database<UploadTables>

  constructor(db: Database<UploadTables>) {
    this.#db = db
  }

  /** The key of this server, and of others on the same database; made when first asked for. */
  async key(): Promise<Buffer> {
    const secret = randomBytes(32).toString('hex')
    await this.#db.insertIgnore('mod_http_upload_key', { id: 1, secret }).execute()
    const row = await this.#db.q.selectFrom('mod_http_upload_key').select('secret').executeTakeFirstOrThrow()
    return Buffer.from(row.secret, 'hex')
  }

  /** Notes a file that is to come. */
  async expect({ contentType, createdAt, expiresAt, ...rest }: Upload): Promise<void> {
    const times = { created_at: createdAt, expires_at: expiresAt }
    const row = { ...rest, content_type: contentType ?? null, state: 'waiting', ...times }
    await this.#db.q.insertInto('mod_http_upload').values(row).execute()
  }

  /** Begins to receive a file; false where it is not waited for any more. `until`: when that is given up. */
  async begin(token: string, now: number, until: number): Promise<boolean> {
    const update = this.#db.q
      .updateTable('mod_http_upload')
      .set({ state: 'receiving', expires_at: until })
      .where((eb) => eb.and({ token, state: 'waiting' }))
      .where('expires_at', '>', now)
    return (await update.executeTakeFirst()).numUpdatedRows === 1n
  }

  /** Waits for the file again. */
  async waitAgain(token: string, expiresAt: number): Promise<void> {
    await this.#db.q
      .updateTable('mod_http_upload')
      .set({ state: 'waiting', expires_at: expiresAt })
      .where((eb) => eb.and({ token, state: 'receiving' }))
      .execute()
  }

  /** The file has come; false where it has been forgotten meanwhile. */
  async finish(token: string, contentType: string | undefined, expiresAt: number): Promise<boolean> {
    const update = this.#db.q
      .updateTable('mod_http_upload')
      .set({ state: 'stored', content_type: contentType ?? null, expires_at: expiresAt })
      .where((eb) => eb.and({ token, state: 'receiving' }))
    return (await update.executeTakeFirst()).numUpdatedRows === 1n
  }

  /** A file that has come and is not over. */
  async find(token: string, now: number): Promise<Upload | undefined> {
    const row = await this.#rows()
      .where((eb) => eb.and({ token, state: 'stored' }))
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row === undefined ? undefined : uploadOf(row)
  }

  /** What an account has now; `since`: only of what it has asked for after that. */
  async usage({ domain, local: username }: Jid, now: number, since = 0): Promise<Usage> {
    const row = await this.#db.q
      .selectFrom('mod_http_upload')
      .select(({ fn }) => [fn.countAll<number>().as('files'), fn.sum<number | null>('size').as('bytes')])
      .where((eb) => eb.and({ domain, username }))
      .where('created_at', '>', since)
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow()
    return { files: Number(row.files), bytes: Number(row.bytes ?? 0) }
  }

  /** When an account asked for the oldest of the files that it has asked for since. */
  async oldestSince({ domain, local: username }: Jid, since: number): Promise<number | undefined> {
    const row = await this.#db.q
      .selectFrom('mod_http_upload')
      .select(({ fn }) => fn.min<number | null>('created_at').as('oldest'))
      .where((eb) => eb.and({ domain, username }))
      .where('created_at', '>', since)
      .executeTakeFirst()
    return row?.oldest === null || row === undefined ? undefined : Number(row.oldest)
  }

  /** The files of an account that have come, oldest first. */
  async storedOf({ domain, local: username }: Jid): Promise<Upload[]> {
    const rows = await this.#rows()
      .where((eb) => eb.and({ domain, username, state: 'stored' }))
      .orderBy('created_at')
      .execute()
    return rows.map(uploadOf)
  }

  /** Some of the files of an account, of a domain, or that are over. */
  async some(
    which: { readonly user: Jid } | { readonly domain: string } | { readonly before: number },
  ): Promise<string[]> {
    const query = this.#db.q.selectFrom('mod_http_upload').select('token').limit(500)
    const rows = await ('user' in which
      ? query.where((eb) => eb.and({ domain: which.user.domain, username: which.user.local }))
      : 'domain' in which
        ? query.where('domain', '=', which.domain)
        : query.where('expires_at', '<=', which.before)
    ).execute()
    return rows.map(({ token }) => token)
  }

  /** Forgets files. */
  async forget(tokens: readonly string[]): Promise<void> {
    await this.#db.q.deleteFrom('mod_http_upload').where('token', 'in', tokens).execute()
  }

  #rows() {
    return this.#db.q.selectFrom('mod_http_upload').selectAll()
  }
}

function uploadOf(row: UploadTables['mod_http_upload']): Upload {
  const { token, domain, username, filename } = row
  return {
    ...{ token, domain, username, filename },
    size: Number(row.size),
    contentType: row.content_type ?? undefined,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
  }
}
