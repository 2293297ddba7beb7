import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { type Column, cardFields, directoryFields, type SearchValue } from './fields.ts'

/** A row of search values: for each column the value as it is shown, and `key_…` as it is compared. */
type SearchRow = { domain: string; username: string; key_username: string } & Record<
  Exclude<Column, 'username'> | `key_${Exclude<Column, 'username'>}`,
  string
>

export interface VcardTables {
  mod_vcard: { domain: string; username: string; xml: string }
  mod_vcard_search: SearchRow
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_vcard')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('xml', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_vcard_key', ['domain', 'username'])
      .execute()
    let search = schema
      .createTable('mod_vcard_search')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('key_username', 'varchar(255)', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_vcard_search_key', ['domain', 'username'])
    for (const { column } of cardFields) {
      search = search
        .addColumn(column, 'text', (definition) => definition.notNull())
        .addColumn(`key_${column}`, 'varchar(255)', (definition) => definition.notNull())
    }
    await search.execute()
    for (const { column } of directoryFields) {
      await schema
        .createIndex(`mod_vcard_search_${column}`)
        .on('mod_vcard_search')
        .columns(['domain', `key_${column}`])
        .execute()
    }
  },
}

/** What a value must be, or begin with. */
export interface Condition {
  readonly column: Column
  readonly key: string
  readonly isPrefix: boolean
}

/** What a search finds of one user. */
export type FoundUser = Pick<SearchRow, Column>

/** No text that begins with a prefix comes after the prefix followed by this. */
const last = '\u{10ffff}'

/** Cards and what is searched for in them, on disk. */
export class VcardStore {
  readonly #db: Database<VcardTables>

  constructor(db: Database<VcardTables>) {
    this.#db = db
  }

  /** The card as it was stored, undefined when there is none. */
  async get({ domain, local }: Jid): Promise<string | undefined> {
    const row = await this.#db.q
      .selectFrom('mod_vcard')
      .select('xml')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .executeTakeFirst()
    return row?.xml
  }

  /** Resolves when card and search values are on disk. */
  async put({ domain, local: username }: Jid, xml: string, values: ReadonlyMap<Column, SearchValue>): Promise<void> {
    const search: Record<string, string> = { domain, username, key_username: username }
    for (const [column, { value, key }] of values) {
      search[column] = value
      search[`key_${column}`] = key
    }
    const key = ['domain', 'username'] as const
    await this.#db.atomic([
      this.#db.upsert('mod_vcard', { domain, username, xml }, key),
      this.#db.upsert('mod_vcard_search', search as SearchRow, key),
    ])
  }

  async forget({ domain, local }: Jid): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_vcard').where('domain', '=', domain).where('username', '=', local),
      q.deleteFrom('mod_vcard_search').where('domain', '=', domain).where('username', '=', local),
    ])
  }

  async forgetDomain(domain: string): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_vcard').where('domain', '=', domain),
      q.deleteFrom('mod_vcard_search').where('domain', '=', domain),
    ])
  }

  /** Users of a domain that meet every condition, at most `limit` of them. */
  async search(domain: string, conditions: readonly Condition[], limit: number): Promise<FoundUser[]> {
    let query = this.#db.stale.q.selectFrom('mod_vcard_search').selectAll().where('domain', '=', domain)
    for (const { column, key, isPrefix } of conditions) {
      query = isPrefix
        ? query.where(`key_${column}`, '>=', key).where(`key_${column}`, '<', key + last)
        : query.where(`key_${column}`, '=', key)
    }
    if (limit !== Number.POSITIVE_INFINITY) query = query.limit(limit)
    return query.execute()
  }
}
