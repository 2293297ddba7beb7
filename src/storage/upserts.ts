import type { CompiledQuery, InsertResult, Kysely } from 'kysely'
import type { AnyTables, Params, PreparedQuery, UpsertQuery } from './database.ts'
import type { SqlDialect, Upsert } from './dialect.ts'
import type { RunQuery } from './engine.ts'
import { prepare } from './prepared.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * Makes upserts. Those of one row are compiled once for each set of columns, of which a program has but a few: most writes are
 * such, and to build and compile one costs more than to run it.
 */
export class Upserts {
  readonly #q: Kysely<AnyTables>
  readonly #dialect: SqlDialect
  readonly #run: RunQuery
  readonly #prepared = new Map<string, PreparedQuery<Row, never>>()

  constructor(q: Kysely<AnyTables>, dialect: SqlDialect, run: RunQuery) {
    this.#q = q
    this.#dialect = dialect
    this.#run = run
  }

  /** `update`: all columns that are not in the key unless given. */
  of(table: string, values: object | readonly object[], key: readonly string[], update?: readonly string[]) {
    const columns = columnsOf(values)
    const changed = update ?? columns.filter((column) => !key.includes(column))
    if (!isPlainRow(values)) return this.#dialect.upsert(this.#q, { table, values, key, update: changed })
    const name = `${table} ${columns.join()} ${key.join()} ${changed.join()}`
    let prepared = this.#prepared.get(name)
    if (prepared === undefined) {
      prepared = this.#prepare({ table, values: columns, key, update: changed })
      this.#prepared.set(name, prepared)
    }
    return new RowUpsert(prepared, values)
  }

  #prepare({ table, values: columns, key, update }: Upsert & { values: readonly string[] }): PreparedQuery<Row, never> {
    return prepare(this.#q, this.#run, (q, p: Params<Row>) => {
      const values = Object.fromEntries(columns.map((column) => [column, p(column)]))
      return this.#dialect.upsert(q, { table, values, key, update })
    })
  }
}

/** An upsert of one row with its values. */
class RowUpsert implements UpsertQuery {
  readonly #prepared: PreparedQuery<Row, never>
  readonly #row: Row

  constructor(prepared: PreparedQuery<Row, never>, row: Row) {
    this.#prepared = prepared
    this.#row = row
  }

  compile(): CompiledQuery<InsertResult> {
    return this.#prepared.with(this.#row).compile()
  }

  execute(): Promise<unknown> {
    return this.#prepared.run(this.#row)
  }
}

/** Whether this is one row of values: expressions stand in the text of a statement, and what is undefined does not. */
function isPlainRow(values: object | readonly object[]): values is Row {
  if (Array.isArray(values)) return false
  return Object.values(values).every((value) =>
    typeof value === 'object' ? value === null || value instanceof Uint8Array : value !== undefined,
  )
}

function columnsOf(values: object | readonly object[]): string[] {
  if (!Array.isArray(values)) return Object.keys(values)
  return [...new Set(values.flatMap((row: object) => Object.keys(row)))]
}
