import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import type { LastActivity } from './api.ts'

export interface LastTables {
  mod_last: {
    domain: string
    username: string
    /** Seconds since the epoch. */
    seconds: number
    status: string
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_last')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('seconds', 'bigint', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_last_key', ['domain', 'username'])
      .execute()
    await schema.createIndex('mod_last_seconds').on('mod_last').columns(['domain', 'seconds']).execute()
  },
}

/** Last activity on disk. */
export class LastStore {
  readonly #db: Database<LastTables>

  constructor(db: Database<LastTables>) {
    this.#db = db
  }

  async get({ domain, local }: Jid): Promise<LastActivity | undefined> {
    const row = await this.#rows(domain).where('username', '=', local).executeTakeFirst()
    return row && activityOf(row)
  }

  /** Resolves when it is on disk. */
  async put({ domain, local: username }: Jid, { at, status }: LastActivity): Promise<void> {
    const row = { domain, username, seconds: Math.floor(at / 1000), status }
    await this.#db.upsert('mod_last', row, ['domain', 'username']).execute()
  }

  async forget({ domain, local }: Jid): Promise<void> {
    await this.#db.q.deleteFrom('mod_last').where('domain', '=', domain).where('username', '=', local).execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_last').where('domain', '=', domain).execute()
  }

  /** How many records of a domain are younger than a moment in milliseconds since the epoch. */
  async countSince(domain: string, ms: number): Promise<number> {
    const { count } = await this.#db.stale.q
      .selectFrom('mod_last')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('domain', '=', domain)
      .where('seconds', '>', Math.floor(ms / 1000))
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  /** The records of some users of a domain, by local part. */
  async getMany(domain: string, users: readonly string[]): Promise<Map<string, LastActivity>> {
    if (users.length === 0) return new Map()
    const rows = await this.#rows(domain).where('username', 'in', users).execute()
    return new Map(rows.map((row) => [row.username, activityOf(row)]))
  }

  #rows(domain: string) {
    return this.#db.q.selectFrom('mod_last').selectAll().where('domain', '=', domain)
  }
}

function activityOf({ seconds, status }: LastTables['mod_last']): LastActivity {
  return { at: Number(seconds) * 1000, status }
}
