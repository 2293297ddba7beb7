import { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import type { StoredItem } from './api.ts'
import { emptyRoster, Roster, type RosterItem } from './roster.ts'
import { decodeState, encodeState } from './subscription.ts'

export interface RosterTables {
  mod_roster_items: {
    domain: string
    username: string
    contact: string
    name: string
    state: number
    listed: number
    groups: string
    request: string | null
    extra: string | null
  }
  mod_roster_versions: { domain: string; username: string; version: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_roster_items')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('contact', 'varchar(512)', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('state', 'integer', (column) => column.notNull())
      .addColumn('listed', 'integer', (column) => column.notNull())
      .addColumn('groups', 'text', (column) => column.notNull())
      .addColumn('request', 'text')
      .addColumn('extra', 'text')
      .addPrimaryKeyConstraint('mod_roster_items_key', ['domain', 'username', 'contact'])
      .execute()
    await schema
      .createTable('mod_roster_versions')
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('version', 'varchar(64)', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_roster_versions_key', ['domain', 'username'])
      .execute()
  },
}

/** Rosters on disk. */
export class RosterStore {
  readonly #db: Database<RosterTables>

  constructor(db: Database<RosterTables>) {
    this.#db = db
  }

  /** Throws StorageUnavailable while nothing can be stored. */
  mustAccept(): void {
    mustAccept(this.#db)
  }

  async load(account: Jid): Promise<Roster> {
    const { domain, local: username } = account
    const [rows, version] = await Promise.all([
      this.#db.q
        .selectFrom('mod_roster_items')
        .selectAll()
        .where('domain', '=', domain)
        .where('username', '=', username)
        .execute(),
      this.#db.q
        .selectFrom('mod_roster_versions')
        .select('version')
        .where('domain', '=', domain)
        .where('username', '=', username)
        .executeTakeFirst(),
    ])
    if (rows.length === 0 && version === undefined) return emptyRoster
    return new Roster(new Map(rows.map((row) => [row.contact, fromRow(row)])), version?.version)
  }

  /** Items of a domain after this one, in the order of users and their contacts. */
  async page(domain: string, size: number, after?: StoredItem): Promise<StoredItem[]> {
    let query = this.#db.q.selectFrom('mod_roster_items').selectAll().where('domain', '=', domain)
    if (after !== undefined) {
      const [username, contact] = [after.user.local, after.item.jid.full]
      query = query.where((eb) =>
        eb.or([eb('username', '>', username), eb.and([eb('username', '=', username), eb('contact', '>', contact)])]),
      )
    }
    const rows = await query.orderBy('username').orderBy('contact').limit(size).execute()
    return rows.map((row) => ({ user: Jid.of(row.username, row.domain), item: fromRow(row) }))
  }

  /** Writes a changed or new item; resolves when it is on disk. */
  async save(account: Jid, item: RosterItem, version: string | undefined): Promise<void> {
    const { domain, local: username } = account
    const row = { domain, username, contact: item.jid.full, ...toRow(item) }
    const upsert = this.#db.upsert('mod_roster_items', row, ['domain', 'username', 'contact'])
    await this.#db.atomic([upsert, ...this.#versionQueries(account, version)])
  }

  /** Deletes an item; resolves when that is on disk. */
  async remove(account: Jid, contact: Jid, version: string | undefined): Promise<void> {
    const { domain, local: username } = account
    const deletion = this.#db.q
      .deleteFrom('mod_roster_items')
      .where('domain', '=', domain)
      .where('username', '=', username)
      .where('contact', '=', contact.full)
    await this.#db.atomic([deletion, ...this.#versionQueries(account, version)])
  }

  /** Deletes the whole roster. */
  async forget(account: Jid): Promise<void> {
    const { domain, local: username } = account
    await this.#db.atomic([
      this.#db.q.deleteFrom('mod_roster_items').where('domain', '=', domain).where('username', '=', username),
      this.#db.q.deleteFrom('mod_roster_versions').where('domain', '=', domain).where('username', '=', username),
    ])
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.atomic([
      this.#db.q.deleteFrom('mod_roster_items').where('domain', '=', domain),
      this.#db.q.deleteFrom('mod_roster_versions').where('domain', '=', domain),
    ])
  }

  #versionQueries(account: Jid, version: string | undefined) {
    if (version === undefined) return []
    const { domain, local: username } = account
    return [this.#db.upsert('mod_roster_versions', { domain, username, version }, ['domain', 'username'])]
  }
}

const wrapper = 'extra'

function toRow(item: RosterItem) {
  return {
    name: item.name,
    state: encodeState(item.state),
    listed: item.isListed ? 1 : 0,
    groups: JSON.stringify(item.groups),
    request: item.request === undefined ? null : text(item.request),
    extra: item.extra.length === 0 ? null : `<${wrapper}>${item.extra.map(text).join('')}</${wrapper}>`,
  }
}

function fromRow(row: RosterTables['mod_roster_items']): RosterItem {
  return {
    jid: Jid.parse(row.contact),
    name: row.name,
    groups: JSON.parse(row.groups) as string[],
    state: decodeState(row.state),
    isListed: row.listed !== 0,
    request: row.request === null ? undefined : parseElement(row.request),
    extra: row.extra === null ? [] : parseElement(row.extra).elements(),
  }
}

function text(element: Element): string {
  return fromWire(serialise(element))
}

/** Where rosters are kept, as others see it. */
export type Rosters = { [Method in keyof RosterStore]: RosterStore[Method] }
