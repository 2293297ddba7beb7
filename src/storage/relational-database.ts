import type { Compilable, InsertQueryBuilder, InsertResult, Kysely, SelectQueryBuilder } from 'kysely'
import { type Clock, systemClock } from '../util/clock.ts'
import { makeBuilder } from './builder.ts'
import { type BulkInsert, bulkInsert } from './bulk-insert.ts'
import type {
  AnyTables,
  BulkMerge,
  Database,
  Health,
  Migration,
  Page,
  PageRequest,
  Params,
  PoolFigures,
  PreparedQuery,
  ResultsOf,
  RowOf,
  StaleReads,
  UpsertQuery,
} from './database.ts'
import type { Engine, Step } from './engine.ts'
import { runMigrations } from './migrate.ts'
import { readPage } from './page.ts'
import { prepare } from './prepared.ts'
import { sql } from './sql.ts'
import { Upserts } from './upserts.ts'
import { type WordIndex, wordIndex } from './word-index.ts'

/** The database over an engine. */
export function makeDatabase(engine: Engine, clock: Clock = systemClock): Database {
  return new RelationalDatabase<AnyTables>(engine, clock)
}

class MustChange<Output> implements Compilable<Output> {
  readonly #query: Compilable<Output>

  constructor(query: Compilable<Output>) {
    this.#query = query
  }

  compile() {
    return this.#query.compile()
  }
}

type Rows = object | readonly object[]
type AnyInsert<T, Table extends keyof T & string> = InsertQueryBuilder<T, Table, InsertResult>

class RelationalDatabase<T> implements Database<T> {
  readonly q: Kysely<T>
  readonly stale: StaleReads<T>
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #upserts: Upserts
  #migrating: Promise<void> = Promise.resolve()
  readonly #migrated = new Map<string, { readonly migrations: object; readonly done: Promise<void> }>()

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
    this.q = makeBuilder<T>(engine.dialect, engine.run)
    this.#upserts = new Upserts(this.#any(), engine.dialect, engine.run)
    const stale = makeBuilder<T>(engine.dialect, engine.runStale)
    this.stale = { q: stale, prepare: (build) => prepare(stale, engine.runStale, build) }
  }

  prepare<P, Output>(build: (q: Kysely<T>, p: Params<P>) => Compilable<Output>): PreparedQuery<P, RowOf<Output>> {
    return prepare(this.q, this.#engine.run, build)
  }

  async atomic<const Queries extends readonly Compilable<unknown>[]>(queries: Queries): Promise<ResultsOf<Queries>> {
    const steps = queries.map((query): Step => {
      const { sql, parameters } = query.compile()
      return { sql, parameters, mustChange: query instanceof MustChange }
    })
    return (await this.#engine.atomic(steps)) as unknown as ResultsOf<Queries>
  }

  mustChange<Output>(query: Compilable<Output>): Compilable<Output> {
    return new MustChange(query)
  }

  upsert<Table extends keyof T & string>(
    table: Table,
    values: Rows,
    key: readonly string[],
    update?: readonly string[],
  ): UpsertQuery {
    return this.#upserts.of(table, values, key, update)
  }

  insertIgnore<Table extends keyof T & string>(table: Table, values: Rows): AnyInsert<T, Table> {
    return this.#engine.dialect.insertIgnore(this.#any(), table, values) as AnyInsert<T, Table>
  }

  bulkInsert(table: string, columns: readonly string[]): BulkInsert {
    return bulkInsert(this.#any(), table, { columns })
  }

  bulkMerge(table: string, { columns, key, changes }: BulkMerge<string>): BulkInsert {
    const { dialect } = this.#engine
    const stored = (column: string) => sql.ref(`${table}.${column}`)
    const finish = (insert: Parameters<typeof dialect.merge>[0]) =>
      dialect.merge(insert, { key, changes: changes({ stored, incoming: dialect.incoming }) })
    return bulkInsert(this.#any(), table, { columns, finish })
  }

  words(table: string): WordIndex {
    return wordIndex(this.#any(), table)
  }

  page<Table extends keyof T, Row>(
    query: SelectQueryBuilder<T, Table, Row>,
    key: string,
    request: PageRequest,
  ): Promise<Page<Row>> {
    return readPage(query as unknown as SelectQueryBuilder<AnyTables, string, Row>, key, request)
  }

  migrate(owner: string, migrations: Readonly<Record<string, Migration>>): Promise<void> {
    const before = this.#migrated.get(owner)
    // Every host of a server asks for the same; what has been run needs no further look.
    if (before?.migrations === migrations) return before.done
    const run = () => runMigrations(this.#engine, this.#clock, owner, migrations)
    const done = this.#migrating.then(run)
    this.#migrated.set(owner, { migrations, done })
    this.#migrating = done.catch(() => {
      this.#migrated.delete(owner)
    })
    return done
  }

  get pool(): PoolFigures | undefined {
    return this.#engine.pool
  }

  get health(): Health {
    return this.#engine.health
  }

  onHealth(listener: (health: Health) => void): () => void {
    return this.#engine.onHealth(listener)
  }

  canAccept(): boolean {
    return this.#engine.canAccept()
  }

  backup(file: string): Promise<void> {
    return this.#engine.backup(file)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  of<Tables>(): Database<Tables> {
    return this as unknown as Database<Tables>
  }

  #any(): Kysely<AnyTables> {
    return this.q as unknown as Kysely<AnyTables>
  }
}
