import { Jid } from '../../jid/jid.ts'
import { type MarkerType, markerTypes } from '../../stanza/chat-markers.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import type { Database, Migration } from '../../storage/database.ts'
import type { MarkerQuery, StoredMarker } from './api.ts'

export interface MarkerTables {
  mod_smart_markers: {
    id: number
    domain: string
    username: string
    /** Hash of sender, conversation, thread and kind, which together are longer than a key may be. */
    place: string
    peer: string
    thread: string
    /** Position in `markerTypes`. */
    kind: number
    message_id: string
    /** Milliseconds since the epoch. */
    sent_at: number
  }
}

export const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('mod_smart_markers')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('domain', 'varchar(255)', (column) => column.notNull())
      .addColumn('username', 'varchar(255)', (column) => column.notNull())
      .addColumn('place', 'varchar(64)', (column) => column.notNull())
      .addColumn('peer', 'varchar(512)', (column) => column.notNull())
      .addColumn('thread', 'varchar(255)', (column) => column.notNull())
      .addColumn('kind', 'integer', (column) => column.notNull())
      .addColumn('message_id', 'text', (column) => column.notNull())
      .addColumn('sent_at', 'bigint', (column) => column.notNull())
      .execute()
    const index = (name: string) => schema.createIndex(name).on('mod_smart_markers')
    await index('mod_smart_markers_place').unique().column('place').execute()
    await index('mod_smart_markers_user').columns(['domain', 'username', 'sent_at']).execute()
    await index('mod_smart_markers_peer').columns(['peer', 'sent_at']).execute()
  },
}

/** A marker as it is written: where, and what. */
export interface MarkerWrite extends Omit<StoredMarker, 'from'> {
  /** Bare address of the user or room that it is sent to. */
  readonly peer: string
  readonly place: string
}

/** Markers sent into a conversation by anybody, or by one user. */
export interface MarkerSource {
  readonly query: MarkerQuery
  readonly from?: Jid
}

/** The last markers of each user in each conversation, on disk. */
export class MarkerStore {
  readonly #db: Database<MarkerTables>

  constructor(db: Database<MarkerTables>) {
    this.#db = db
  }

  /** Writes what one message marks. What is there and younger stays. Resolves when it is on disk. */
  async put({ domain, local: username }: Jid, markers: readonly MarkerWrite[]): Promise<void> {
    await this.#db.atomic(
      markers.flatMap(({ place, peer, thread, type, id, at }) => {
        const changed = { message_id: id, sent_at: at }
        const row = { domain, username, place, peer, thread, kind: markerTypes.indexOf(type), ...changed }
        return [
          this.#db.insertIgnore('mod_smart_markers', row as never),
          this.#db.q
            .updateTable('mod_smart_markers')
            .set(changed)
            .where('place', '=', place)
            .where('sent_at', '<=', at),
        ]
      }),
    )
  }

  async gather(sources: readonly MarkerSource[]): Promise<StoredMarker[]> {
    return (await Promise.all(sources.map((source) => this.list(source)))).flat()
  }

  async list({ query: { to, thread, since }, from }: MarkerSource): Promise<StoredMarker[]> {
    let query = this.#db.q
      .selectFrom('mod_smart_markers')
      .selectAll()
      .where('peer', '=', to.bareString)
      .where('thread', '=', thread)
      .where('sent_at', '>=', since)
    if (from !== undefined) query = query.where('domain', '=', from.domain).where('username', '=', from.local)
    return (await query.orderBy('sent_at').orderBy('id').execute()).map(markerOf)
  }

  /** All that a user has sent, as personal data. */
  async exported({ domain, local }: Jid): Promise<Record<string, unknown>[]> {
    const rows = await this.#sent(domain, local).selectAll().orderBy('id').execute()
    return rows.map((row) => {
      const { type, id, thread, at } = markerOf(row)
      return { peer: row.peer, thread, type, id, timestamp: formatTimestamp(at) }
    })
  }

  /** Deletes all but about the last so many of a user. */
  async trim({ domain, local }: Jid, most: number): Promise<void> {
    const oldest = await this.#sent(domain, local)
      .select('sent_at')
      .orderBy('sent_at', 'desc')
      .offset(most)
      .limit(1)
      .executeTakeFirst()
    if (oldest === undefined) return
    await this.#db.q
      .deleteFrom('mod_smart_markers')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .where('sent_at', '<=', oldest.sent_at)
      .execute()
  }

  /** Deletes what was sent to a user or room, by anybody or by one sender. */
  async forgetPeer(peer: Jid, from?: Jid): Promise<void> {
    let query = this.#db.q.deleteFrom('mod_smart_markers').where('peer', '=', peer.bareString)
    if (from !== undefined) query = query.where('domain', '=', from.domain).where('username', '=', from.local)
    await query.execute()
  }

  /** Deletes what a user has sent. */
  async forgetUser({ domain, local }: Jid): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_smart_markers')
      .where('domain', '=', domain)
      .where('username', '=', local)
      .execute()
  }

  /** Deletes what users of a domain have sent, and what was sent to them. */
  async forgetDomain(domain: string): Promise<void> {
    await this.#db.q
      .deleteFrom('mod_smart_markers')
      .where((eb) => eb.or([eb('domain', '=', domain), eb('peer', 'like', `%@${domain}`)]))
      .execute()
  }

  #sent(domain: string, local: string) {
    return this.#db.q.selectFrom('mod_smart_markers').where('domain', '=', domain).where('username', '=', local)
  }
}

function markerOf(row: MarkerTables['mod_smart_markers']): StoredMarker {
  const type = markerTypes[row.kind] as MarkerType
  const from = Jid.ofStored(row.username, row.domain)
  return { from, type, id: row.message_id, thread: row.thread, at: Number(row.sent_at) }
}
