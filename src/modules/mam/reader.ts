import type { Kysely } from 'kysely'
import type { Database, Params, PreparedQuery } from '../../storage/database.ts'
import { flags, type MamTables } from './tables.ts'

/** A part of an archive, by what stands in its rows. */
export interface Filter {
  /** Number of the archive. */
  readonly archive: number
  /** Number of the address that messages were exchanged with. */
  readonly remote?: number | undefined
  /** The resource of it; in a room, the nick. */
  readonly resource?: string | undefined
  readonly withoutGroupchat: boolean
  /** A query of the word index. */
  readonly words?: string | undefined
  /** Ids from this one to this one. */
  readonly from: number
  readonly to: number
}

/** A message in an archive. */
export interface ArchivedMessage {
  readonly id: number
  readonly flags: number
  readonly remote: number
  readonly resource: string
  readonly stanza: number
  readonly bytes: Buffer
}

interface Values {
  archive: number
  remote: number
  resource: string
  words: string
  from: number
  to: number
  max: number
  offset: number
}

/** Part of a query that is not narrowed yet. */
function entriesOf(q: Kysely<MamTables>) {
  return q.selectFrom('mod_mam_entry as entry')
}
type Entries = ReturnType<typeof entriesOf>

const columns = [
  'entry.id',
  'entry.flags',
  'entry.remote',
  'entry.resource',
  'entry.stanza',
  'stored.stanza as bytes',
] as const

type Direction = 'asc' | 'desc'
type Row = Omit<ArchivedMessage, 'bytes'> & { bytes: Uint8Array }

/** Reads archives, beside the writing and not in its way: sees what is on disk. */
export class ArchiveReader {
  readonly #db: Database<MamTables>
  readonly #slices = new Map<string, PreparedQuery<Values, Row>>()
  readonly #counts = new Map<string, PreparedQuery<Values, { rows: number }>>()

  constructor(db: Database<MamTables>) {
    this.#db = db
  }

  /** The first or last messages of a part, in that order. */
  async slice(filter: Filter, direction: Direction, max: number, offset = 0): Promise<ArchivedMessage[]> {
    const shape = shapeOf(filter)
    const key = `${shape} ${direction}`
    let query = this.#slices.get(key)
    if (query === undefined) {
      query = this.#prepareSlice(filter, direction)
      this.#slices.set(key, query)
    }
    return messagesOf(await query.all(valuesOf(filter, max, offset)))
  }

  async count(filter: Filter): Promise<number> {
    const shape = shapeOf(filter)
    let query = this.#counts.get(shape)
    if (query === undefined) {
      query = this.#prepareCount(filter)
      this.#counts.set(shape, query)
    }
    return Number((await query.first(valuesOf(filter, 0, 0)))?.rows ?? 0)
  }

  /** Those of the messages with these ids that the archive has. */
  async byIds(archive: number, ids: readonly number[]): Promise<ArchivedMessage[]> {
    if (ids.length === 0) return []
    const rows = await this.#joined().where('entry.archive', '=', archive).where('entry.id', 'in', ids).execute()
    return messagesOf(rows)
  }

  /** The first messages of all archives that were exchanged with, or written by, somebody, after one of them. */
  async ofRemote(remote: number, after: readonly [archive: number, id: number], max: number) {
    const rows = await this.#joined()
      .select('entry.archive')
      .where('entry.remote', '=', remote)
      .where((eb) =>
        eb.or([
          eb('entry.archive', '>', after[0]),
          eb.and([eb('entry.archive', '=', after[0]), eb('entry.id', '>', after[1])]),
        ]),
      )
      .orderBy('entry.archive')
      .orderBy('entry.id')
      .limit(max)
      .execute()
    return rows.map((row) => ({ ...row, bytes: asBuffer(row.bytes) }))
  }

  #joined() {
    return this.#db.stale.q
      .selectFrom('mod_mam_entry as entry')
      .innerJoin('mod_mam_stanza as stored', 'stored.id', 'entry.stanza')
      .select(columns)
  }

  #prepareSlice(filter: Filter, direction: Direction): PreparedQuery<Values, Row> {
    return this.#db.stale.prepare((q, p: Params<Values>) =>
      this.#narrowed(entriesOf(q), filter, p)
        .innerJoin('mod_mam_stanza as stored', 'stored.id', 'entry.stanza')
        .select(columns)
        .orderBy('entry.id', direction)
        .limit(p('max'))
        .offset(p('offset')),
    )
  }

  #prepareCount(filter: Filter): PreparedQuery<Values, { rows: number }> {
    return this.#db.stale.prepare((q, p: Params<Values>) =>
      this.#narrowed(entriesOf(q), filter, p).select((eb) => eb.fn.countAll<number>().as('rows')),
    )
  }

  #narrowed(query: Entries, filter: Filter, p: Params<Values>): Entries {
    let part = query
      .where('entry.archive', '=', p('archive'))
      .where('entry.id', '>=', p('from'))
      .where('entry.id', '<=', p('to'))
    if (filter.remote !== undefined) part = part.where('entry.remote', '=', p('remote'))
    if (filter.resource !== undefined) part = part.where('entry.resource', '=', p('resource'))
    if (filter.withoutGroupchat) {
      part = part.where((eb) => eb(eb('entry.flags', '&', flags.groupchat), '=', 0 as never))
    }
    if (filter.words !== undefined) {
      const words = this.#db.words('mod_mam_words')
      part = part.where(words.matches('entry.stanza', p('words')))
    }
    return part
  }
}

/** What the statement depends on, beside its values. */
function shapeOf({ remote, resource, withoutGroupchat, words }: Filter): string {
  return [remote !== undefined, resource !== undefined, withoutGroupchat, words !== undefined].map(Number).join('')
}

function valuesOf(filter: Filter, max: number, offset: number): Values {
  const { archive, remote = 0, resource = '', words = '', from, to } = filter
  return { archive, remote, resource, words, from, to, max, offset }
}

function messagesOf(rows: readonly Row[]): ArchivedMessage[] {
  return rows.map((row) => ({ ...row, bytes: asBuffer(row.bytes) }))
}

/** The same bytes, not a copy of them. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
