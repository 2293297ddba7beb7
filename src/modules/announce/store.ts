import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { KeptKind, KeptText } from './api.ts'

export interface AnnounceTables {
  mod_announce: {
    domain: string
    kind: string
    /** Another one each time that a text is set for people who have seen the last. */
    version: string
    subject: string
    body: string
  }
  /** Who has seen which message of the day. */
  mod_announce_seen: { domain: string; username: string; version: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_announce')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('kind', 'varchar(16)', (column) => column.notNull())
      .addColumn('version', 'varchar(32)', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_announce_key', ['domain', 'kind'])
      .execute()
    await schema
      .createTable('mod_announce_seen')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('version', 'varchar(32)', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_announce_seen_key', ['domain', 'username'])
      .execute()
  },
}

/** A text with its version. */
export interface StoredText extends KeptText {
  readonly version: string
}

/** Texts on disk, and who has seen the message of the day. */
export class AnnounceStore {
  readonly #db: Database<AnnounceTables>

  constructor(db: Database<AnnounceTables>) {
    this.#db = db
  }

  async get(domain: string, kind: KeptKind): Promise<StoredText | undefined> {
    const row = await this.#db.q
      .selectFrom('mod_announce')
      .select(['version', 'subject', 'body'])
      .where('domain', '=', domain)
      .where('kind', '=', kind)
      .executeTakeFirst()
    return row
  }

  async put(domain: string, kind: KeptKind, text: StoredText): Promise<void> {
    mustAccept(this.#db)
    await this.#db.upsert('mod_announce', { domain, kind, ...text }, ['domain', 'kind']).execute()
  }

  async remove(domain: string, kind: KeptKind): Promise<boolean> {
    mustAccept(this.#db)
    const query = this.#db.q.deleteFrom('mod_announce').where('domain', '=', domain).where('kind', '=', kind)
    return (await query.executeTakeFirst()).numDeletedRows !== 0n
  }

  /** The version of the message of the day that a user has seen. */
  async seenBy({ domain, local }: Jid): Promise<string | undefined> {
    const row = await this.#db.q
      .selectFrom('mod_announce_seen')
      .select('version')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .executeTakeFirst()
    return row?.version
  }

  async noteSeen(users: readonly Jid[], version: string): Promise<void> {
    if (users.length === 0) return
    const rows = users.map(({ domain, local: username }) => ({ domain, username, version }))
    await this.#db.upsert('mod_announce_seen', rows, ['domain', 'username']).execute()
  }

  async forget({ domain, local }: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_announce_seen')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .execute()
  }

  /** Forgets the texts of a domain, and who has seen them. */
  async forgetDomain(domain: string): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_announce').where('domain', '=', domain),
      q.deleteFrom('mod_announce_seen').where('domain', '=', domain),
    ])
  }
}
