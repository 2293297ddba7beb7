import type { Compilable } from 'kysely'
import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'

export interface PrivateTables {
  mod_private: { domain: string; username: string; namespace: string; xml: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_private')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('namespace', 'varchar(255)', (column) => column.notNull())
      .addColumn('xml', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_private_key', ['domain', 'username', 'namespace'])
      .execute()
  },
}

/** A piece of XML under its namespace. */
export interface Fragment {
  readonly namespace: string
  readonly xml: string
}

/** Fragments on disk. */
export class PrivateStore {
  readonly #db: Database<PrivateTables>

  constructor(db: Database<PrivateTables>) {
    this.#db = db
  }

  /** Those of some namespaces, by namespace. */
  async get(user: Jid, namespaces: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#of(user).selectAll().where('namespace', 'in', namespaces).execute()
    return new Map(rows.map((row) => [row.namespace, row.xml]))
  }

  /** All that a user has. */
  all(user: Jid): Promise<Fragment[]> {
    return this.#of(user).select(['namespace', 'xml']).orderBy('namespace').execute()
  }

  /** Bytes of all that a user has but for these namespaces. */
  async bytesBeside(user: Jid, namespaces: readonly string[]): Promise<number> {
    const row = await this.#of(user)
      .select(({ fn }) => fn.sum<number | null>(fn<number>('octet_length', ['xml'])).as('bytes'))
      .where('namespace', 'not in', namespaces)
      .executeTakeFirst()
    return Number(row?.bytes ?? 0)
  }

  /** Writes all of them or none. Resolves when they are on disk. */
  async put({ domain, local: username }: Jid, fragments: readonly Fragment[]): Promise<void> {
    const puts: Compilable<unknown>[] = fragments.map((fragment) =>
      this.#db.upsert('mod_private', { domain, username, ...fragment }, ['domain', 'username', 'namespace']),
    )
    await this.#db.atomic(puts)
  }

  async forget({ domain, local: username }: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_private')
      .where((eb) => eb.and({ domain, username }))
      .execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_private').where('domain', '=', domain).execute()
  }

  #of({ domain, local }: Jid) {
    return this.#db.q.selectFrom('mod_private').where('domain', '=', domain).where('username', '=', local)
  }
}
