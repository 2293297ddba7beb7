import { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import type { AffiliationEntry } from './core/affiliations.ts'
import type { RoomExtras, RoomRecord, Subject } from './core/room.ts'
import { type RoomConfig, storedConfig } from './core/room-config.ts'
import type { Affiliation } from './core/standing.ts'

export interface MucTables {
  mod_muc_room: {
    service: string
    name: string
    /** As shown in the list of rooms. */
    title: string
    is_public: number
    config: string
    subject: string | null
    subject_author: string
    subject_at: number | null
    extras: string
    /** Of the affiliations. */
    version: string | null
  }
  mod_muc_affiliation: {
    service: string
    room: string
    jid: string
    affiliation: string
    reason: string
    nick: string
  }
  mod_muc_nick: { service: string; jid: string; nick: string }
  mod_muc_secret: { service: string; secret: string }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_muc_room')
      .addColumn('service', 'varchar(255)', (column) => column.notNull())
      .addColumn('name', 'varchar(255)', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('is_public', 'integer', (column) => column.notNull())
      .addColumn('config', 'text', (column) => column.notNull())
      .addColumn('subject', 'text')
      .addColumn('subject_author', 'text', (column) => column.notNull())
      .addColumn('subject_at', 'bigint')
      .addColumn('extras', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_muc_room_key', ['service', 'name'])
      .execute()
    await schema
      .createTable('mod_muc_affiliation')
      .addColumn('service', 'varchar(255)', (column) => column.notNull())
      .addColumn('room', 'varchar(255)', (column) => column.notNull())
      .addColumn('jid', 'varchar(255)', (column) => column.notNull())
      .addColumn('affiliation', 'varchar(16)', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('nick', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_muc_affiliation_key', ['service', 'room', 'jid'])
      .execute()
    await schema.createIndex('mod_muc_affiliation_jid').on('mod_muc_affiliation').columns(['service', 'jid']).execute()
    await schema
      .createTable('mod_muc_nick')
      .addColumn('service', 'varchar(255)', (column) => column.notNull())
      .addColumn('jid', 'varchar(255)', (column) => column.notNull())
      .addColumn('nick', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_muc_nick_key', ['service', 'jid'])
      .execute()
    await schema
      .createTable('mod_muc_secret')
      .addColumn('service', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('secret', 'varchar(64)', (column) => column.notNull())
      .execute()
  },
  '002_versions': async ({ schema }) => {
    await schema.alterTable('mod_muc_room').addColumn('version', 'varchar(64)').execute()
  },
}

/** A stored room in the list of rooms. */
export interface StoredListing {
  readonly name: string
  readonly title: string
  readonly isPublic: boolean
}

/** The rooms of one service on disk, and the nicks registered with it. */
export class MucStore {
  readonly #db: Database<MucTables>
  readonly #service: string

  constructor(db: Database<MucTables>, service: string) {
    this.#db = db
    this.#service = service
  }

  /** Every stored room, sorted by name. */
  async listings(): Promise<StoredListing[]> {
    const rows = await this.#db.q
      .selectFrom('mod_muc_room')
      .select(['name', 'title', 'is_public'])
      .where('service', '=', this.#service)
      .execute()
    return rows.map(({ name, title, is_public: isPublic }) => ({ name, title, isPublic: isPublic === 1 }))
  }

  /** A whole room; undefined when it is not stored. */
  async load(name: string): Promise<RoomRecord | undefined> {
    const [row, entries] = await Promise.all([
      this.#room(name).selectAll().executeTakeFirst(),
      this.#db.q
        .selectFrom('mod_muc_affiliation')
        .selectAll()
        .where('service', '=', this.#service)
        .where('room', '=', name)
        .execute(),
    ])
    if (row === undefined) return undefined
    const { subject, subject_author: author, subject_at: at } = row
    return {
      config: storedConfig(row.config),
      subject: subject === null ? undefined : { text: subject, author, at: at ?? undefined },
      extras: JSON.parse(row.extras) as RoomExtras,
      version: row.version ?? undefined,
      affiliations: entries.map(({ jid, affiliation, reason, nick }) => ({
        jid: Jid.parse(jid),
        affiliation: affiliation as Affiliation,
        reason,
        nick,
      })),
    }
  }

  /** Writes a whole room; resolves when it is on disk. */
  async create(name: string, { config, affiliations, version, subject, extras }: RoomRecord): Promise<void> {
    const columns = { ...configColumns(config), ...subjectColumns(subject), ...extrasColumns(extras) }
    const row = { ...this.#key(name), ...columns, version: version ?? null }
    const entries = [...affiliations].map((entry) => this.#affiliationRow(name, entry))
    const room = this.#db.upsert('mod_muc_room', row, ['service', 'name'])
    if (entries.length === 0) await room.execute()
    else await this.#db.atomic([room, this.#db.upsert('mod_muc_affiliation', entries, ['service', 'room', 'jid'])])
  }

  async saveConfig(name: string, config: RoomConfig): Promise<void> {
    await this.#update(name, configColumns(config))
  }

  async saveSubject(name: string, subject: Subject | undefined): Promise<void> {
    await this.#update(name, subjectColumns(subject))
  }

  async saveExtras(name: string, extras: RoomExtras): Promise<void> {
    await this.#update(name, extrasColumns(extras))
  }

  /** Takes over entries, all or none; `none` removes. `version`: what the lists are called after that. */
  async saveAffiliations(name: string, entries: readonly AffiliationEntry[], version: string): Promise<void> {
    if (entries.length === 0) return
    await this.#db.atomic([
      this.#updated(name, { version }),
      ...entries.map((entry) =>
        entry.affiliation === 'none'
          ? this.#db.q
              .deleteFrom('mod_muc_affiliation')
              .where('service', '=', this.#service)
              .where('room', '=', name)
              .where('jid', '=', entry.jid.full)
          : this.#db.upsert('mod_muc_affiliation', this.#affiliationRow(name, entry), ['service', 'room', 'jid']),
      ),
    ])
  }

  async remove(name: string): Promise<void> {
    await this.#db.atomic([
      this.#db.q.deleteFrom('mod_muc_room').where('service', '=', this.#service).where('name', '=', name),
      this.#db.q.deleteFrom('mod_muc_affiliation').where('service', '=', this.#service).where('room', '=', name),
    ])
  }

  /** What stored rooms know of an account. */
  async affiliationsOf(account: Jid): Promise<{ room: string; affiliation: string; nick: string }[]> {
    return this.#db.q
      .selectFrom('mod_muc_affiliation')
      .select(['room', 'affiliation', 'nick'])
      .where('service', '=', this.#service)
      .where('jid', '=', account.bareString)
      .orderBy('room')
      .execute()
  }

  /** Every registered nick. */
  async nicks(): Promise<{ jid: string; nick: string }[]> {
    return this.#db.q.selectFrom('mod_muc_nick').select(['jid', 'nick']).where('service', '=', this.#service).execute()
  }

  async saveNick(account: Jid, nick: string): Promise<void> {
    const row = { service: this.#service, jid: account.bareString, nick }
    await this.#db.upsert('mod_muc_nick', row, ['service', 'jid']).execute()
  }

  async removeNick(account: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_muc_nick')
      .where('service', '=', this.#service)
      .where('jid', '=', account.bareString)
      .execute()
  }

  /** The secret of this service; `fresh` becomes it where there is none yet. */
  async secret(fresh: string): Promise<string> {
    await this.#db.insertIgnore('mod_muc_secret', { service: this.#service, secret: fresh }).execute()
    const row = await this.#db.q
      .selectFrom('mod_muc_secret')
      .select('secret')
      .where('service', '=', this.#service)
      .executeTakeFirstOrThrow()
    return row.secret
  }

  /** The service is no more. */
  async forget(): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_muc_room').where('service', '=', this.#service),
      q.deleteFrom('mod_muc_affiliation').where('service', '=', this.#service),
      q.deleteFrom('mod_muc_nick').where('service', '=', this.#service),
      q.deleteFrom('mod_muc_secret').where('service', '=', this.#service),
    ])
  }

  async #update(name: string, columns: Partial<MucTables['mod_muc_room']>): Promise<void> {
    await this.#updated(name, columns).execute()
  }

  #updated(name: string, columns: Partial<MucTables['mod_muc_room']>) {
    return this.#db.q
      .updateTable('mod_muc_room')
      .set(columns)
      .where('service', '=', this.#service)
      .where('name', '=', name)
  }

  #room(name: string) {
    return this.#db.q.selectFrom('mod_muc_room').where('service', '=', this.#service).where('name', '=', name)
  }

  #key(name: string) {
    return { service: this.#service, name }
  }

  #affiliationRow(room: string, { jid, affiliation, reason, nick }: AffiliationEntry) {
    return { service: this.#service, room, jid: jid.full, affiliation, reason, nick }
  }
}

function configColumns(config: RoomConfig) {
  return { config: JSON.stringify(config), title: config.title, is_public: config.isPublic ? 1 : 0 }
}

function subjectColumns(subject: Subject | undefined) {
  return {
    subject: subject?.text ?? null,
    subject_author: subject?.author ?? '',
    subject_at: subject?.at ?? null,
  }
}

function extrasColumns(extras: RoomExtras) {
  return { extras: JSON.stringify(extras) }
}
