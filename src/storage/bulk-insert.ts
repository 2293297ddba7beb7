import type { Compilable, CompiledQuery, InsertQueryBuilder, InsertResult, Kysely } from 'kysely'
import type { AnyTables } from './database.ts'

/** Rows that one statement inserts at most; each size is a statement of its own, so there are but a few. */
const SIZES = [64, 32, 16, 8, 4, 2, 1]

/** Makes inserts of many rows; nothing is compiled when it runs. */
export interface BulkInsert {
  /** Statements that insert the rows, each a list of values in the order of the columns; to be run together with `atomic`. */
  of(rows: readonly (readonly unknown[])[]): Compilable[]
}

/** What a bulk insert writes, and how. */
export interface BulkParts {
  readonly columns: readonly string[]
  /** How a value of a column is written, where that is not as it is. */
  readonly cell?: (column: string, value: unknown) => unknown
  /** What else stands in the statement; without values. */
  readonly finish?: (insert: Insert) => Insert
}

type Insert = InsertQueryBuilder<AnyTables, string, InsertResult>

/** A bulk insert into some columns of a table. */
export function bulkInsert(q: Kysely<AnyTables>, table: string, parts: BulkParts): BulkInsert {
  const { columns, cell = (_, value) => value, finish = (insert) => insert } = parts
  const compiled = new Map<number, CompiledQuery>()
  const ofSize = (size: number): CompiledQuery => {
    let query = compiled.get(size)
    if (query === undefined) {
      const row = Object.fromEntries(columns.map((column) => [column, cell(column, 0)]))
      query = finish(q.insertInto(table).values(Array.from({ length: size }, () => row))).compile()
      compiled.set(size, query)
    }
    return query
  }
  return {
    of(rows) {
      const statements: Compilable[] = []
      let at = 0
      for (const size of SIZES) {
        for (; rows.length - at >= size; at += size) {
          const query = { ...ofSize(size), parameters: rows.slice(at, at + size).flat() }
          statements.push({ compile: () => query })
        }
      }
      return statements
    },
  }
}
