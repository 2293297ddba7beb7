import type { Jid } from '../../jid/jid.ts'
import type { Database, Migration } from '../../storage/database.ts'
import { hashOf } from '../../util/hash-of.ts'

export interface MissedTables {
  mod_offline_chatmarkers: {
    id: number
    domain: string
    username: string
    /** Hash of user, thread and room, which together are longer than a key may be. */
    place: string
    thread: string
    /** Bare address, '' for conversations of two. */
    room: string
    /** Milliseconds since the epoch. */
    since: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_offline_chatmarkers')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('place', 'varchar(64)', (column) => column.notNull())
      .addColumn('thread', 'varchar(255)', (column) => column.notNull())
      .addColumn('room', 'varchar(512)', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .execute()
    const index = (name: string) => schema.createIndex(name).on('mod_offline_chatmarkers')
    await index('mod_offline_chatmarkers_place').unique().column('place').execute()
    await index('mod_offline_chatmarkers_user').columns(['domain', 'username']).execute()
  },
}

/** A conversation in which somebody has missed markers. */
export interface Missed {
  readonly thread: string
  /** Bare address, '' for conversations of two. */
  readonly room: string
  /** When the first of them was sent, in milliseconds since the epoch. */
  readonly since: number
}

/** Where users who are away have missed markers, on disk. */
export class MissedStore {
  readonly #db: Database<MissedTables>

  constructor(db: Database<MissedTables>) {
    this.#db = db
  }

  async list(user: Jid): Promise<Missed[]> {
    const rows = await this.#rows(user).selectAll().orderBy('since').orderBy('id').execute()
    return rows.map(({ thread, room, since }) => ({ thread, room, since: Number(since) }))
  }

  async count(user: Jid): Promise<number> {
    const counted = this.#rows(user).select(({ fn }) => fn.countAll<number>().as('count'))
    return Number((await counted.executeTakeFirstOrThrow()).count)
  }

  /** Notes a conversation, unless it is noted already. Resolves when it is on disk. */
  async add({ domain, local: username }: Jid, missed: Missed): Promise<void> {
    const place = hashOf([domain, username, missed.thread, missed.room])
    const row = { domain, username, place, ...missed }
    await this.#db.insertIgnore('mod_offline_chatmarkers', row as never).execute()
  }

  async forget({ domain, local }: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_offline_chatmarkers')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .execute()
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_offline_chatmarkers').where('domain', '=', domain).execute()
  }

  #rows({ domain, local }: Jid) {
    return this.#db.q.selectFrom('mod_offline_chatmarkers').where('domain', '=', domain).where('username', '=', local)
  }
}
