import { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { hashOf } from '../../util/hash-of.ts'
import type { MomentIds } from '../../util/moment-ids.ts'
import type { AffiliationsChanged } from './core/affiliations.ts'
import { type Affiliation, LightRoom, occupantsOf } from './core/room.ts'
import { type ConfigValue, nameOf, type RoomConfig, type Schema } from './core/schema.ts'

export interface LightTables {
  mod_muc_light_room: {
    service: string
    name: string
    version: string
    /** What the room is called. */
    title: string
    /** Name and title in lower case, to be searched. */
    searched: string
    /** JSON, by key. */
    config: string
  }
  mod_muc_light_member: {
    /** Hash of service, room and address, which together are longer than a key may be. */
    place: string
    service: string
    room: string
    /** A bare address. */
    jid: string
    affiliation: string
    /** Grows with every one who joins. */
    joined_at: number
  }
  mod_muc_light_blocked: {
    /** Hash of all the rest. */
    place: string
    service: string
    domain: string
    username: string
    kind: string
    blocked: string
  }
}

/** Longest address and name of a room that is stored. */
export const longestAddress = 512
export const longestName = 255

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_muc_light_room')
      .addColumn('service', 'varchar(255)', (column) => column.notNull())
      .addColumn('name', 'varchar(255)', (column) => column.notNull())
      .addColumn('version', 'varchar(64)', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('searched', 'text', (column) => column.notNull())
      .addColumn('config', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('mod_muc_light_room_key', ['service', 'name'])
      .execute()
    await schema
      .createTable('mod_muc_light_member')
      .addColumn('place', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('service', 'varchar(255)', (column) => column.notNull())
      .addColumn('room', 'varchar(255)', (column) => column.notNull())
      .addColumn('jid', `varchar(512)`, (column) => column.notNull())
      .addColumn('affiliation', 'varchar(16)', (column) => column.notNull())
      .addColumn('joined_at', 'bigint', (column) => column.notNull())
      .execute()
    const members = (name: string) => schema.createIndex(name).on('mod_muc_light_member')
    await members('mod_muc_light_member_room').columns(['service', 'room']).execute()
    await members('mod_muc_light_member_jid').columns(['service', 'jid']).execute()
    await schema
      .createTable('mod_muc_light_blocked')
      .addColumn('place', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('service', 'varchar(255)', (column) => column.notNull())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('kind', 'varchar(4)', (column) => column.notNull())
      .addColumn('blocked', 'varchar(512)', (column) => column.notNull())
      .execute()
    await schema
      .createIndex('mod_muc_light_blocked_user')
      .on('mod_muc_light_blocked')
      .columns(['domain', 'username'])
      .execute()
  },
}

/** A room as lists show it. */
export interface ListedRoom {
  readonly name: string
  readonly title: string
  readonly version: string
}

/** The rooms of one service on disk. Writes resolve when they are there. */
export class LightStore {
  readonly #db: Database<LightTables>
  readonly #service: string
  readonly #schema: Schema
  readonly #moments: MomentIds

  constructor(db: Database<LightTables>, service: string, schema: Schema, moments: MomentIds) {
    this.#db = db
    this.#service = service
    this.#schema = schema
    this.#moments = moments
  }

  /** A new version: greater than all before, so that it says when it was made. */
  freshVersion(): string {
    return String(this.#moments.next())
  }

  async load(name: string): Promise<LightRoom | undefined> {
    const [row, members] = await Promise.all([
      this.#rooms().selectAll().where('name', '=', name).executeTakeFirst(),
      this.#members().select(['jid', 'affiliation']).where('room', '=', name).orderBy('joined_at').execute(),
    ])
    if (row === undefined) return undefined
    return new LightRoom({
      jid: Jid.of(name, this.#service),
      version: row.version,
      config: new Map(Object.entries(JSON.parse(row.config) as Record<string, ConfigValue>)),
      occupants: occupantsOf(
        members.map((member) => ({ jid: Jid.parse(member.jid), affiliation: member.affiliation as Affiliation })),
      ),
    })
  }

  async create(room: LightRoom): Promise<void> {
    const { service, name } = this.#key(room)
    const rows = [...room.occupants.values()].map((occupant) => this.#memberRow(room, occupant))
    await this.#db.atomic([
      this.#db.q
        .insertInto('mod_muc_light_room')
        .values({ service, name, version: room.version, ...this.#configColumns(room) }),
      this.#db.q.insertInto('mod_muc_light_member').values(rows),
    ])
  }

  async saveConfig(room: LightRoom): Promise<void> {
    await this.#update(room, { version: room.version, ...this.#configColumns(room) }).execute()
  }

  /** Takes over a change of who belongs to a room, which is as it is after it. */
  async saveAffiliations(room: LightRoom, { changes, joined, left }: AffiliationsChanged): Promise<void> {
    const isNew = new Set(joined)
    const kept = changes.filter(({ jid, affiliation }) => affiliation !== 'none' && !isNew.has(jid))
    const gone = left.map((jid) => this.#placeOf(room, jid))
    const { occupants } = room
    const added = joined.flatMap((jid) => occupants.get(jid.bareString) ?? [])
    const { q } = this.#db
    await this.#db.atomic([
      this.#update(room, { version: room.version }),
      ...(gone.length === 0 ? [] : [q.deleteFrom('mod_muc_light_member').where('place', 'in', gone)]),
      ...(added.length === 0
        ? []
        : [q.insertInto('mod_muc_light_member').values(added.map((occupant) => this.#memberRow(room, occupant)))]),
      ...kept.map(({ jid, affiliation }) =>
        q.updateTable('mod_muc_light_member').set({ affiliation }).where('place', '=', this.#placeOf(room, jid)),
      ),
    ])
  }

  async remove(room: Jid): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_muc_light_room').where('service', '=', this.#service).where('name', '=', room.local),
      q.deleteFrom('mod_muc_light_member').where('service', '=', this.#service).where('room', '=', room.local),
    ])
  }

  /** The rooms that somebody belongs to, sorted by name. */
  async roomsOf(user: Jid): Promise<(ListedRoom & { readonly affiliation: string })[]> {
    const rows = await this.#members()
      .innerJoin('mod_muc_light_room as listed', (join) =>
        join.onRef('listed.service', '=', 'member.service').onRef('listed.name', '=', 'member.room'),
      )
      .select(['listed.name', 'listed.title', 'listed.version', 'member.affiliation'])
      .where('member.jid', '=', user.bareString)
      .execute()
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async countRooms(user: Jid): Promise<number> {
    const counted = this.#members()
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('jid', '=', user.bareString)
    return Number((await counted.executeTakeFirstOrThrow()).count)
  }

  /** A part of all rooms, whose names or titles hold `filter`, by name from after this one on. */
  async list(filter: string, after: string, limit: number) {
    // What would be a wildcard stands for itself and any other character.
    const text = `%${filter.toLowerCase().replace(/[\\%_]/g, '_')}%`
    const found = this.#rooms().where('searched', 'like', text)
    const [rows, counted] = await Promise.all([
      found.select(['name', 'title', 'version']).where('name', '>', after).orderBy('name').limit(limit).execute(),
      found.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
    ])
    return { rows, count: Number(counted.count) }
  }

  /** The names of all rooms. */
  async names(): Promise<string[]> {
    return (await this.#rooms().select('name').execute()).map(({ name }) => name)
  }

  /** The service is no more. */
  async forget(): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_muc_light_room').where('service', '=', this.#service),
      q.deleteFrom('mod_muc_light_member').where('service', '=', this.#service),
      q.deleteFrom('mod_muc_light_blocked').where('service', '=', this.#service),
    ])
  }

  #rooms() {
    return this.#db.q.selectFrom('mod_muc_light_room').where('mod_muc_light_room.service', '=', this.#service)
  }

  #members() {
    return this.#db.q.selectFrom('mod_muc_light_member as member').where('member.service', '=', this.#service)
  }

  #update(room: LightRoom, columns: Partial<LightTables['mod_muc_light_room']>) {
    const { service, name } = this.#key(room)
    return this.#db.q
      .updateTable('mod_muc_light_room')
      .set(columns)
      .where('service', '=', service)
      .where('name', '=', name)
  }

  #key({ jid }: LightRoom) {
    return { service: this.#service, name: jid.local }
  }

  #configColumns({ jid, config }: LightRoom) {
    const title = nameOf(this.#schema, config, jid.local)
    return { title, searched: `${jid.local}\n${title}`.toLowerCase(), config: jsonOf(config) }
  }

  #memberRow(room: LightRoom, { jid, affiliation }: { jid: Jid; affiliation: Affiliation }) {
    const { service, name } = this.#key(room)
    const place = this.#placeOf(room, jid)
    return { place, service, room: name, jid: jid.bareString, affiliation, joined_at: this.#moments.next() }
  }

  #placeOf({ jid }: LightRoom, member: Jid): string {
    return hashOf([this.#service, jid.local, member.bareString])
  }
}

function jsonOf(config: RoomConfig): string {
  return JSON.stringify(Object.fromEntries(config))
}
