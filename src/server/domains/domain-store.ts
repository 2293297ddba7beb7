import type { Generated, Selectable } from 'kysely'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'

/** What may be the matter with a dynamic domain; `deleting`: what is kept of it is being removed. */
export type DomainStatus = 'enabled' | 'disabled' | 'deleting'

/** A dynamic domain as it is kept. */
export interface StoredDomain {
  readonly domain: string
  readonly hostType: string
  readonly status: DomainStatus
}

interface DomainTables {
  domain_settings: { domain: string; host_type: string; status: number }
  /** Notes of changes, for other servers on the same database. `at`: milliseconds since the epoch. */
  domain_events: { id: Generated<number>; domain: string; at: number }
  domain_admins: { domain: string; pass_details: string }
}

const migrations: Readonly<Record<string, Migration>> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('domain_settings')
      .addColumn('domain', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('host_type', 'varchar(255)', (column) => column.notNull())
      .addColumn('status', 'integer', (column) => column.notNull())
      .execute()
    await schema
      .createTable('domain_events')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute()
    await schema
      .createTable('domain_admins')
      .addColumn('domain', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('pass_details', 'text', (column) => column.notNull())
      .execute()
  },
}

/** As MongooseIM numbers them. */
const codes = { disabled: 0, enabled: 1, deleting: 2 } as const

/** One note of a change. */
export interface DomainChange {
  readonly id: number
  readonly domain: string
}

/** Dynamic domains on disk, with notes of their changes. */
export class DomainStore {
  readonly #db: Database<DomainTables>
  readonly #now: () => number

  private constructor(db: Database<DomainTables>, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /** Makes the tables where they are missing. */
  static async open(database: Database, now: () => number): Promise<DomainStore> {
    const db = database.of<DomainTables>()
    await db.migrate('domains', migrations)
    return new DomainStore(db, now)
  }

  async all(): Promise<StoredDomain[]> {
    return (await this.#db.q.selectFrom('domain_settings').selectAll().orderBy('domain').execute()).map(read)
  }

  async find(domain: string): Promise<StoredDomain | undefined> {
    const row = await this.#db.q
      .selectFrom('domain_settings')
      .selectAll()
      .where('domain', '=', domain)
      .executeTakeFirst()
    return row === undefined ? undefined : read(row)
  }

  /** Adds an enabled domain unless it is there; resolves when that is on disk. */
  async add(domain: string, hostType: string): Promise<void> {
    mustAccept(this.#db)
    const row = { domain, host_type: hostType, status: codes.enabled }
    await this.#db.atomic([this.#db.insertIgnore('domain_settings', row), this.#note(domain)])
  }

  async setStatus(domain: string, status: DomainStatus): Promise<void> {
    mustAccept(this.#db)
    const change = this.#db.q.updateTable('domain_settings').set({ status: codes[status] }).where('domain', '=', domain)
    await this.#db.atomic([change, this.#note(domain)])
  }

  /** Deletes a domain and its administrator. */
  async remove(domain: string): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('domain_settings').where('domain', '=', domain),
      q.deleteFrom('domain_admins').where('domain', '=', domain),
      this.#note(domain),
    ])
  }

  /** The number of the latest note; 0 when there is none. */
  async lastChange(): Promise<number> {
    const row = await this.#db.q
      .selectFrom('domain_events')
      .select(({ fn }) => fn.max('id').as('last'))
      .executeTakeFirst()
    return Number(row?.last ?? 0)
  }

  /** The notes with a number of at least `id`, oldest first. */
  async changesFrom(id: number): Promise<DomainChange[]> {
    return this.#db.q.selectFrom('domain_events').select(['id', 'domain']).where('id', '>=', id).orderBy('id').execute()
  }

  /** Deletes the notes that are older than a moment. */
  async forgetChanges(before: number): Promise<void> {
    await this.#db.q.deleteFrom('domain_events').where('at', '<', before).execute()
  }

  async setAdmin(domain: string, passDetails: string): Promise<void> {
    mustAccept(this.#db)
    await this.#db.upsert('domain_admins', { domain, pass_details: passDetails }, ['domain']).execute()
  }

  /** False when there was none. */
  async removeAdmin(domain: string): Promise<boolean> {
    const result = await this.#db.q.deleteFrom('domain_admins').where('domain', '=', domain).executeTakeFirst()
    return result.numDeletedRows > 0n
  }

  /** What is kept of the administrator's password. */
  async adminOf(domain: string): Promise<string | undefined> {
    const row = await this.#db.q
      .selectFrom('domain_admins')
      .select('pass_details')
      .where('domain', '=', domain)
      .executeTakeFirst()
    return row?.pass_details
  }

  #note(domain: string) {
    return this.#db.q.insertInto('domain_events').values({ domain, at: this.#now() })
  }
}

function read({ domain, host_type: hostType, status }: Selectable<DomainTables['domain_settings']>): StoredDomain {
  if (status === codes.deleting) return { domain, hostType, status: 'deleting' }
  return { domain, hostType, status: status === codes.enabled ? 'enabled' : 'disabled' }
}
