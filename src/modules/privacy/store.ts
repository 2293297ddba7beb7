import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { emptyBook, PrivacyBook } from './book.ts'
import { type PrivacyItem, PrivacyList } from './privacy-list.ts'

export interface PrivacyTables {
  mod_privacy_lists: {
    domain: string
    username: string
    name: string
    /** The items as JSON. A client sends a list as a whole, so it is never larger than a stanza. */
    items: string
  }
  mod_privacy_defaults: { domain: string; username: string; name: string }
  mod_privacy_blocked: { domain: string; username: string; address: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_privacy_lists')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('name', 'varchar(255)', (column) => column.notNull())
      .addColumn('items', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_privacy_lists_key', ['domain', 'username', 'name'])
      .execute()
    await schema
      .createTable('mod_privacy_defaults')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('name', 'varchar(255)', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_privacy_defaults_key', ['domain', 'username'])
      .execute()
    await schema
      .createTable('mod_privacy_blocked')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('address', 'varchar(3071)', (column) => column.notNull())
      .execute()
    await schema
      .createIndex('mod_privacy_blocked_user')
      .on('mod_privacy_blocked')
      .columns(['domain', 'username'])
      .execute()
  },
}

/** Rows written by one statement; databases limit the values of one. */
const atOnce = 500

/** What users have said about who may reach them, on disk. Writes resolve when they are there. */
export class PrivacyStore {
  readonly #db: Database<PrivacyTables>

  constructor(db: Database<PrivacyTables>) {
    this.#db = db
  }

  /** Throws StorageUnavailable while nothing can be stored. */
  mustAccept(): void {
    mustAccept(this.#db)
  }

  async load(account: Jid): Promise<PrivacyBook> {
    const own = keyOf(account)
    const { q } = this.#db
    const [lists, standard, blocked] = await Promise.all([
      q
        .selectFrom('mod_privacy_lists')
        .select(['name', 'items'])
        .where((eb) => eb.and(own))
        .execute(),
      q
        .selectFrom('mod_privacy_defaults')
        .select('name')
        .where((eb) => eb.and(own))
        .executeTakeFirst(),
      q
        .selectFrom('mod_privacy_blocked')
        .select('address')
        .where((eb) => eb.and(own))
        .execute(),
    ])
    if (lists.length === 0 && standard === undefined && blocked.length === 0) return emptyBook
    return new PrivacyBook(
      new Map(lists.map(({ name, items }) => [name, new PrivacyList(JSON.parse(items) as PrivacyItem[])])),
      standard?.name,
      new Set(blocked.map(({ address }) => address)),
    )
  }

  async saveList(account: Jid, name: string, list: PrivacyList): Promise<void> {
    const row = { ...keyOf(account), name, items: JSON.stringify(list.items) }
    await this.#db.upsert('mod_privacy_lists', row, ['domain', 'username', 'name']).execute()
  }

  async removeList(account: Jid, name: string): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_privacy_lists')
      .where((eb) => eb.and({ ...keyOf(account), name }))
      .execute()
  }

  async setDefault(account: Jid, name: string): Promise<void> {
    await this.#db.upsert('mod_privacy_defaults', { ...keyOf(account), name }, ['domain', 'username']).execute()
  }

  async dropDefault(account: Jid): Promise<void> {
    await this.#noDefault(account).execute()
  }

  /** Adds and takes away blocked addresses, all or nothing. Those to be added are not there yet. */
  async changeBlocked(account: Jid, added: readonly string[], removed: readonly string[]): Promise<void> {
    const own = keyOf(account)
    const { q } = this.#db
    const inserts = pieces(added).map((piece) =>
      q.insertInto('mod_privacy_blocked').values(piece.map((address) => ({ ...own, address }))),
    )
    const deletions = pieces(removed).map((piece) =>
      q
        .deleteFrom('mod_privacy_blocked')
        .where((eb) => eb.and(own))
        .where('address', 'in', piece),
    )
    await this.#db.atomic([...inserts, ...deletions])
  }

  async forget(account: Jid): Promise<void> {
    const own = keyOf(account)
    await this.#db.atomic([
      this.#db.q.deleteFrom('mod_privacy_lists').where((eb) => eb.and(own)),
      this.#noDefault(account),
      this.#db.q.deleteFrom('mod_privacy_blocked').where((eb) => eb.and(own)),
    ])
  }

  async forgetDomain(domain: string): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_privacy_lists').where('domain', '=', domain),
      q.deleteFrom('mod_privacy_defaults').where('domain', '=', domain),
      q.deleteFrom('mod_privacy_blocked').where('domain', '=', domain),
    ])
  }

  #noDefault(account: Jid) {
    return this.#db.q.deleteFrom('mod_privacy_defaults').where((eb) => eb.and(keyOf(account)))
  }
}

function keyOf({ domain, local: username }: Jid) {
  return { domain, username }
}

function pieces(list: readonly string[]): string[][] {
  const found: string[][] = []
  for (let start = 0; start < list.length; start += atOnce) found.push(list.slice(start, start + atOnce))
  return found
}
