import { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { BarredUser, ListPart } from './api.ts'

export interface BlocklistTables {
  mod_blocklist: { domain: string; username: string; reason: string | null }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_blocklist')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addPrimaryKeyConstraint('mod_blocklist_key', ['domain', 'username'])
      .execute()
  },
}

/** Barred accounts on disk. */
export class BlocklistStore {
  readonly #db: Database<BlocklistTables>

  constructor(db: Database<BlocklistTables>) {
    this.#db = db
  }

  /** Undefined for who is not barred. */
  async get(user: Jid): Promise<BarredUser | undefined> {
    const row = await this.#rows(user.domain).where('username', '=', user.local).executeTakeFirst()
    return row === undefined ? undefined : barredOf(row)
  }

  /** Resolves when it is on disk. */
  async put({ domain, local: username }: Jid, reason: string | undefined): Promise<void> {
    mustAccept(this.#db)
    const row = { domain, username, reason: reason ?? null }
    await this.#db.upsert('mod_blocklist', row, ['domain', 'username']).execute()
  }

  /** False when it was not there. */
  async remove({ domain, local: username }: Jid): Promise<boolean> {
    const deletion = this.#db.q.deleteFrom('mod_blocklist').where((eb) => eb.and({ domain, username }))
    const { numDeletedRows } = await deletion.executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_blocklist').where('domain', '=', domain).execute()
  }

  async count(domain: string): Promise<number> {
    const { count } = await this.#db.q
      .selectFrom('mod_blocklist')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('domain', '=', domain)
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  async list(domain: string, { limit = Number.MAX_SAFE_INTEGER, index }: ListPart): Promise<BarredUser[]> {
    const rows = await this.#rows(domain).orderBy('username').limit(limit).offset(index).execute()
    return rows.map(barredOf)
  }

  #rows(domain: string) {
    return this.#db.q.selectFrom('mod_blocklist').selectAll().where('domain', '=', domain)
  }
}

function barredOf({ domain, username, reason }: BlocklistTables['mod_blocklist']): BarredUser {
  return { user: Jid.ofStored(username, domain), reason: reason ?? undefined }
}
