import type {
  DatabaseIntrospector,
  DialectAdapter,
  Expression,
  InsertQueryBuilder,
  InsertResult,
  Kysely,
  QueryCompiler,
} from 'kysely'
import type { AnyTables } from './database.ts'
import type { WordSql } from './word-index.ts'

/** What an insert that meets an existing row does. */
export interface Upsert {
  table: string
  values: object | readonly object[]
  /** Columns that identify a row. */
  key: readonly string[]
  /** Columns that take the new values. */
  update: readonly string[]
}

/** How a row that is there already changes when one with the same key comes. */
export interface Merge {
  /** Columns that identify a row. */
  key: readonly string[]
  /** New values by column. */
  changes: Readonly<Record<string, Expression<unknown>>>
}

/** Where SQL differs from one database to another. Nobody outside this room asks which one it is. */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres' | 'mysql'
  createAdapter(): DialectAdapter
  createQueryCompiler(): QueryCompiler
  createIntrospector(db: Kysely<AnyTables>): DatabaseIntrospector
  upsert(q: Kysely<AnyTables>, upsert: Upsert): InsertQueryBuilder<AnyTables, string, InsertResult>
  /** Makes an insert change the rows that are there already. */
  merge(
    insert: InsertQueryBuilder<AnyTables, string, InsertResult>,
    merge: Merge,
  ): InsertQueryBuilder<AnyTables, string, InsertResult>
  /** What a column of the row that comes has, in what a merge changes. */
  incoming(column: string): Expression<unknown>
  insertIgnore(
    q: Kysely<AnyTables>,
    table: string,
    values: object | readonly object[],
  ): InsertQueryBuilder<AnyTables, string, InsertResult>
  readonly words: WordSql
}

const dialects = new WeakMap<object, SqlDialect>()

/** Remembers which dialect a query builder speaks. */
export function speaks(q: object, dialect: SqlDialect): void {
  dialects.set(q, dialect)
}

/** The dialect that a query builder speaks; for the verbs of this room. */
export function dialectOf(q: object): SqlDialect {
  const dialect = dialects.get(q)
  if (dialect === undefined) throw new TypeError('not a query builder of this storage')
  return dialect
}
