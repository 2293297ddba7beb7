import type {
  Compilable,
  DeleteResult,
  Expression,
  Insertable,
  InsertQueryBuilder,
  InsertResult,
  Kysely,
  MergeResult,
  ReferenceExpression,
  SelectQueryBuilder,
  UpdateResult,
} from 'kysely'
import type { BulkInsert } from './bulk-insert.ts'
import type { WordIndex } from './word-index.ts'

/** What is known after a query. */
export interface Result<Row = unknown> {
  /** Rows of a `select` or of a `returning`; empty otherwise. */
  readonly rows: Row[]
  /** Rows inserted, updated or deleted; 0 for a `select`. */
  readonly changes: number
  /** Integer key of the last row inserted, if this was an `insert` that inserted one. */
  readonly insertId: number | undefined
}

/** The row a builder yields: Kysely's summaries (`InsertResult` and so on) stand for "no rows". */
export type RowOf<Output> = Output extends InsertResult | UpdateResult | DeleteResult | MergeResult ? never : Output

/** Results of a group of queries, each in its place. */
export type ResultsOf<Queries extends readonly Compilable<unknown>[]> = {
  -readonly [Index in keyof Queries]: Queries[Index] extends Compilable<infer Output> ? Result<RowOf<Output>> : never
}

/** An insert that changes the row that is there already; run by itself, or within {@link Database.atomic}. */
export interface UpsertQuery extends Compilable<InsertResult> {
  /** Resolves when it is on disk. */
  execute(): Promise<unknown>
}

/** Stands, while a query is prepared, for the value that `name` will have when it runs. Single values only, no lists. */
export type Params<P> = <Name extends keyof P & string>(name: Name) => P[Name]

/** A query compiled once. Only values travel when it runs. */
export interface PreparedQuery<P, Row> {
  /** Runs it; a write resolves when its commit is on disk. */
  run(params: P): Promise<Result<Row>>
  /** Runs it and gives its rows. */
  all(params: P): Promise<Row[]>
  /** Runs it and gives its first row. */
  first(params: P): Promise<Row | undefined>
  /** The query with its values, for `atomic`. */
  with(params: P): Compilable<Row>
}

/** A part of a longer list, as result set management (XEP-0059) asks for it. */
export interface PageRequest {
  /** At most so many rows; 0 asks for the count alone (XEP-0059 §2.7). */
  max: number
  /** Rows whose key is greater than this one. */
  after?: number
  /** The last rows whose key is smaller than this one; `'end'`: the last rows of all (an empty `<before/>`). */
  before?: number | 'end'
  /** Also count all rows and those before the page: costs a pass over the whole list. */
  count?: boolean
}

/** Rows in ascending order of their key, whichever way they were asked for. */
export interface Page<Row> {
  readonly rows: Row[]
  /** Nothing lies beyond the page in the direction of paging (XEP-0313 `complete`). */
  readonly isLast: boolean
  /** Number of rows in the whole list, if asked for. */
  readonly count: number | undefined
  /** Position of the first row in the whole list, from 0, if asked for and there is a row. */
  readonly index: number | undefined
}

/** How rows of a bulk insert meet those that are there already. */
export interface BulkMerge<Column extends string> {
  readonly columns: readonly Column[]
  /** A primary key, or with a unique index. */
  readonly key: readonly Column[]
  /**
   * New values of a stored row, as SQL without values of its own (`sql.lit`, `sql.ref`). Some databases change column by column,
   * in this order: a column that others look at changes last.
   */
  changes(columns: MergedColumns): Readonly<Record<string, Expression<unknown>>>
}

/** The columns of a row that is there, and of the row that comes. */
export interface MergedColumns {
  stored(column: string): Expression<unknown>
  incoming(column: string): Expression<unknown>
}

/** Building and running of queries that only read and may lag behind: they see what was committed lately. */
export interface StaleReads<T> {
  readonly q: Kysely<T>
  prepare<P, Output>(build: (q: Kysely<T>, p: Params<P>) => Compilable<Output>): PreparedQuery<P, RowOf<Output>>
}

/** `ok`, or `troubled`: commits fail (disk full, I/O errors), what was accepted is kept and tried again. */
export type Health = 'ok' | 'troubled'

/** What has gone over the connections to a database server so far, in bytes, and how they are at this moment. */
export interface PoolFigures {
  readonly connections: number
  readonly received: number
  readonly reads: number
  readonly largestRead: number
  readonly sent: number
  readonly writes: number
  readonly largestWrite: number
  /** Written, and not taken by the operating system yet. */
  readonly pending: number
  /** Statements that wait for their turn. */
  readonly waiting: number
}

/** The tables a migration sees: any, since it is written for the schema of its day. */
export type AnyTables = Record<string, Record<string, unknown>>

/** A change of the schema, run once, all or nothing. It may read and change rows too. */
export type Migration = (db: Kysely<AnyTables>) => Promise<void>

/**
 * A database. Every query goes to a thread of its own, together with everything else of this turn of the event loop, and the
 * queries are run in the order in which they were sent: a read sees every write sent before it. A write resolves when its
 * commit is on disk; many share one commit. A statement that fails rejects its own promise (`QueryError`) and nothing else.
 */
export interface Database<T = AnyTables> {
  /** Builds queries and, with `.execute()`, runs them. Interactive transactions are refused: see {@link atomic}. */
  readonly q: Kysely<T>
  /** Reads that may lag, on a reader of their own: long searches and exports, which would otherwise delay commits. */
  readonly stale: StaleReads<T>
  /** Compiles a query once: `db.prepare((q, p: Params<{ user: number }>) => q.selectFrom(…).where('user', '=', p('user')))`. */
  prepare<P, Output>(build: (q: Kysely<T>, p: Params<P>) => Compilable<Output>): PreparedQuery<P, RowOf<Output>>
  /** Runs queries so that all of them take effect or none (then it rejects with the error of the one that failed). */
  atomic<const Queries extends readonly Compilable<unknown>[]>(queries: Queries): Promise<ResultsOf<Queries>>
  /** Inside `atomic`: changing no row counts as failure (`ConditionFailed`). */
  mustChange<Output>(query: Compilable<Output>): Compilable<Output>
  /**
   * Inserts, or where a row with the same `key` exists, replaces its columns: those of `update`, or all that are not in `key`.
   * `key` must be a primary key or have a unique index.
   */
  upsert<Table extends keyof T & string>(
    table: Table,
    values: Insertable<T[Table]> | readonly Insertable<T[Table]>[],
    key: readonly (keyof T[Table] & string)[],
    update?: readonly (keyof T[Table] & string)[],
  ): UpsertQuery
  /** Inserts the rows that break no unique index. */
  insertIgnore<Table extends keyof T & string>(
    table: Table,
    values: Insertable<T[Table]> | readonly Insertable<T[Table]>[],
  ): InsertQueryBuilder<T, Table, InsertResult>
  /** Inserts of many rows in few statements, compiled once; the statements go into {@link atomic}. */
  bulkInsert<Table extends keyof T & string>(table: Table, columns: readonly (keyof T[Table] & string)[]): BulkInsert
  /** The same, where rows with the same `key` change instead. No two rows of one call may have the same key. */
  bulkMerge<Table extends keyof T & string>(table: Table, merge: BulkMerge<keyof T[Table] & string>): BulkInsert
  /** The word index in this table; see `createWordIndex`. */
  words<Table extends keyof T & string>(table: Table): WordIndex
  /**
   * Reads a page of `query` by `key`, a selected integer column that is unique in it (`'id'` or `'archive.id'`). The query has
   * neither order nor limit yet. Pages of `stale.q` queries are read there.
   */
  page<Table extends keyof T, Row>(
    query: SelectQueryBuilder<T, Table, Row>,
    key: ReferenceExpression<T, Table> & string,
    request: PageRequest,
  ): Promise<Page<Row>>
  /**
   * Brings the tables of `owner` up to date: runs those of its migrations that have not run, in the order of their names, one
   * at a time over all owners. Rejects with `MigrationError` if one ran that this build does not know.
   */
  migrate(owner: string, migrations: Readonly<Record<string, Migration>>): Promise<void>
  /** Whether commits succeed. */
  readonly health: Health
  /** The connections to a database server; undefined for one in this process. */
  readonly pool: PoolFigures | undefined
  /** Calls back at every change of `health`; the answer ends it. */
  onHealth(listener: (health: Health) => void): () => void
  /** Whether new work that needs the database should be accepted: not in trouble, not closed, not too much outstanding. */
  canAccept(): boolean
  /** Writes a consistent copy to `file`, which must not exist, while everything goes on. */
  backup(file: string): Promise<void>
  /** Commits what is outstanding, then closes. What cannot be committed rejects with `StorageUnavailable`. */
  close(): Promise<void>
  /** The same database with other tables in its type: what a module gets. */
  of<Tables>(): Database<Tables>
}

/** Where storage reports its alarms; the server's logger fits. */
export interface StorageLog {
  error(fields: { what: string } & Record<string, unknown>): void
  info(fields: { what: string } & Record<string, unknown>): void
}
