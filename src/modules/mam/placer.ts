import type { Kysely } from 'kysely'
import type { Database, Params, PreparedQuery } from '../../storage/database.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { MamTables } from './tables.ts'

/** Messages whose entries are put into their archives at a time, at most. */
const atOnce = 5000
/** Milliseconds that a message waits for others. */
const interval = 1000

interface Range {
  writer: number
  /** Ids after this one, up to that one. */
  after: number
  upTo: number
}

export interface PlacerOptions {
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
  /** Told of entries that the database refuses for what they are. */
  readonly onDropped: (entries: number, error: unknown) => void
}

/**
 * Puts what is written into the archives that it is for. A message is written at the end of one table, which is cheap; its entries
 * have their places all over another one, where many at a time cost a fraction of what each would alone. So that happens in large
 * portions, a little later, inside the database; whoever reads waits for {@link settled} first. How far it has come is on disk:
 * what an earlier process has left is placed at the start.
 */
export class EntryPlacer {
  readonly #db: Database<MamTables>
  readonly #options: PlacerOptions
  readonly #place: PreparedQuery<Range, never>
  #writer = 0
  #placed = 0
  /** Everything up to here is written. */
  #written = 0
  #waiting = 0
  #timer: Timer | undefined
  #underWay: Promise<void> = Promise.resolve()

  constructor(db: Database<MamTables>, options: PlacerOptions) {
    this.#db = db
    this.#options = options
    this.#place = db.prepare((q, p: Params<Range>) => entriesOf(q, p))
  }

  /** Places what an earlier process of this writer has left. */
  async open(writer: number): Promise<void> {
    this.#writer = writer
    const { q } = this.#db
    const progress = await q.selectFrom('mod_mam_progress').select('placed').where('writer', '=', writer).execute()
    this.#placed = progress[0]?.placed ?? 0
    for (;;) {
      const last = (await this.#left().limit(atOnce).execute()).at(-1)?.id
      if (last === undefined) break
      await this.#placeUpTo(last)
      if (this.#placed < last) break
    }
    this.#written = this.#placed
  }

  /** A message with this id, and all before it, are on disk. */
  add(id: number, messages: number): void {
    this.#written = id
    this.#waiting += messages
    if (this.#waiting >= atOnce) this.#flush()
    else this.#timer ??= this.#options.clock.after(interval, () => this.#flush())
  }

  /** Resolves when everything that is on disk stands in its archives. */
  settled(): Promise<void> {
    this.#flush()
    return this.#underWay
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting = 0
    const upTo = this.#written
    this.#underWay = this.#underWay.then(() => this.#placeUpTo(upTo))
  }

  async #placeUpTo(upTo: number): Promise<void> {
    if (upTo <= this.#placed) return
    try {
      await this.#move(upTo).catch(async (error) => {
        if (error instanceof StorageUnavailable) throw error
        await this.#placeApart(await this.#idsUpTo(upTo))
      })
    } catch (error) {
      // It is on disk all the same, and is placed together with what comes next.
      this.#options.onFailure(error)
    }
  }

  /** A message whose entries are refused, as when their id is taken, must not keep others out of their archives. */
  async #placeApart(ids: readonly number[]): Promise<void> {
    const last = ids.at(-1)
    if (last === undefined) return
    try {
      await this.#move(last)
    } catch (error) {
      if (error instanceof StorageUnavailable) throw error
      if (ids.length === 1) await this.#drop(last, error)
      else for (const half of [ids.slice(0, ids.length / 2), ids.slice(ids.length / 2)]) await this.#placeApart(half)
    }
  }

  async #drop(id: number, error: unknown): Promise<void> {
    await this.#db.atomic([this.#db.q.deleteFrom('mod_mam_stanza').where('id', '=', id), this.#progress(id)])
    this.#placed = id
    this.#options.onDropped(1, error)
  }

  async #move(upTo: number): Promise<void> {
    const range = { writer: this.#writer, after: this.#placed, upTo }
    await this.#db.atomic([this.#place.with(range), this.#progress(upTo)])
    this.#placed = upTo
  }

  #progress(placed: number) {
    return this.#db.upsert('mod_mam_progress', { writer: this.#writer, placed }, ['writer'])
  }

  async #idsUpTo(upTo: number): Promise<number[]> {
    const rows = await this.#left().where('id', '<=', upTo).execute()
    return rows.map(({ id }) => id)
  }

  /** What is written and not in its archives. */
  #left() {
    return this.#db.q
      .selectFrom('mod_mam_stanza')
      .select('id')
      .where('writer', '=', this.#writer)
      .where('id', '>', this.#placed)
      .orderBy('id')
  }
}

const columns = ['archive', 'id', 'remote', 'resource', 'flags', 'stanza'] as const

/** The entry that every message has, and the one of who receives what another account here has sent: each archive in one go. */
function entriesOf(q: Kysely<MamTables>, p: Params<Range>) {
  return q
    .insertInto('mod_mam_entry')
    .columns(columns)
    .expression(
      written(q, p)
        .select((eb) => [
          eb.ref('first_archive').$notNull().as('archive'),
          eb.ref('first_id').$notNull().as('id'),
          eb.ref('first_remote').$notNull().as('remote'),
          eb.ref('first_resource').$notNull().as('resource'),
          eb.ref('first_flags').$notNull().as('flags'),
          'id as stanza',
        ])
        .unionAll(
          written(q, p)
            .where('second_archive', 'is not', null)
            .select((eb) => [
              eb.ref('second_archive').$notNull().as('archive'),
              eb.ref('second_id').$notNull().as('id'),
              eb.ref('second_remote').$notNull().as('remote'),
              eb.ref('second_resource').$notNull().as('resource'),
              eb.ref('second_flags').$notNull().as('flags'),
              'id as stanza',
            ]),
        )
        .orderBy('archive')
        .orderBy('id'),
    )
}

function written(q: Kysely<MamTables>, p: Params<Range>) {
  return q
    .selectFrom('mod_mam_stanza')
    .where('writer', '=', p('writer'))
    .where('mod_mam_stanza.id', '>', p('after'))
    .where('mod_mam_stanza.id', '<=', p('upTo'))
}
