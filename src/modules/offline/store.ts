import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'

export interface OfflineTables {
  mod_offline: {
    id: number
    domain: string
    username: string
    /** Milliseconds since the epoch. */
    sent_at: number
    expires_at: number | null
    sender: string
    stanza: Buffer
    notes: string | null
    /** Names a stanza that may be sent once more. */
    origin: string | null
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_offline')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('sent_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('sender', 'text', (column) => column.notNull())
      .addColumn('stanza', 'blob', (column) => column.notNull())
      .execute()
    await schema.createIndex('mod_offline_user').on('mod_offline').columns(['domain', 'username', 'id']).execute()
  },
  '002_notes_and_origin': async ({ schema }) => {
    await schema.alterTable('mod_offline').addColumn('notes', 'text').execute()
    await schema.alterTable('mod_offline').addColumn('origin', 'varchar(64)').execute()
    await schema
      .createIndex('mod_offline_origin')
      .on('mod_offline')
      .columns(['domain', 'username', 'origin'])
      .unique()
      .execute()
  },
}

interface Kept {
  readonly sentAt: number
  readonly expiresAt: number | undefined
  readonly bytes: Buffer
}

export interface StoredMessage extends Kept {
  readonly id: number
  /** What modules have noted about it. */
  readonly notes: Record<string, unknown> | undefined
}

export interface NewMessage extends Kept {
  readonly notes?: StoredMessage['notes']
  readonly sender: string
  /** Tells it from all others where it was kept for a session before. */
  readonly origin?: string | undefined
}

/** Messages kept on disk for users who are away, in the order in which they came. */
export class OfflineStore {
  readonly #db: Database<OfflineTables>

  constructor(db: Database<OfflineTables>) {
    this.#db = db
  }

  async count(user: Jid): Promise<number> {
    const row = await this.#rows(user)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return Number(row.count)
  }

  /** Resolves when the message is on disk. One that is there already, by its origin, is not stored again. */
  async add(user: Jid, message: NewMessage): Promise<void> {
    const row = {
      domain: user.domain,
      username: user.local,
      sent_at: message.sentAt,
      expires_at: message.expiresAt ?? null,
      sender: message.sender,
      stanza: message.bytes,
      notes: message.notes === undefined ? null : JSON.stringify(message.notes),
      origin: message.origin ?? null,
    }
    await this.#db.insertIgnore('mod_offline', row as never).execute()
  }

  /** The oldest messages for a user after this one, so many at most. */
  async list(user: Jid, max: number, after = 0): Promise<StoredMessage[]> {
    const rows = await this.#rows(user).selectAll().where('id', '>', after).orderBy('id').limit(max).execute()
    return rows.map(fromRow)
  }

  /** The messages sent to a user at this time. */
  async sentAt(user: Jid, time: number): Promise<StoredMessage[]> {
    const rows = await this.#rows(user).selectAll().where('sent_at', '=', time).execute()
    return rows.map(fromRow)
  }

  /** Deletes the messages up to and including this one. */
  async removeThrough(user: Jid, id: number): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_offline')
      .where('domain', '=', user.domain)
      .where('username', '=', user.local)
      .where('id', '<=', id)
      .execute()
  }

  async removeDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_offline').where('domain', '=', domain).execute()
  }

  /** The messages for a user as personal data. */
  async exported(user: Jid): Promise<Record<string, unknown>[]> {
    const rows = await this.#rows(user).selectAll().orderBy('id').execute()
    return rows.map((row) => ({
      timestamp: new Date(row.sent_at).toISOString(),
      from: row.sender,
      to: user.full,
      packet: Buffer.from(row.stanza).toString('utf8'),
    }))
  }

  #rows(user: Jid) {
    return this.#db.q.selectFrom('mod_offline').where('domain', '=', user.domain).where('username', '=', user.local)
  }
}

function fromRow(row: OfflineTables['mod_offline']): StoredMessage {
  return {
    id: row.id,
    sentAt: row.sent_at,
    expiresAt: row.expires_at ?? undefined,
    bytes: Buffer.from(row.stanza),
    notes: row.notes === null ? undefined : JSON.parse(row.notes),
  }
}

/** Where messages are kept, as others see it. */
export type Messages = { [Method in keyof OfflineStore]: OfflineStore[Method] }
