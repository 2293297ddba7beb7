import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import { bulkInsert } from './bulk-insert.ts'
import type { AnyTables } from './database.ts'
import { dialectOf } from './dialect.ts'
import { type CellKind, RowPack, readRows } from './row-pack.ts'

/** Inserts rows that were written into memory as they came; see {@link RowPack}. */
export interface PackedInsert {
  /** An empty pack with these columns. */
  pack(): RowPack
  /** Statements that insert its rows, to be run together with `atomic`. */
  of(pack: RowPack): Compilable[]
}

/** How rows are written by a database that does not take packs. */
interface Unpacked {
  readonly row?: (values: unknown[]) => unknown[]
  readonly cell?: (column: string, value: unknown) => unknown
}

/** A statement that is run for each row of a pack, which is its only parameter. */
export class PackedStatement implements Compilable {
  readonly #query: CompiledQuery

  constructor(statement: CompiledQuery, packed: Uint8Array) {
    this.#query = { ...statement, parameters: [packed] }
  }

  compile() {
    return this.#query
  }
}

/** A packed insert into some columns of a table. Where the database is in a thread of its own, that is where packs are opened. */
export function packedInsert(
  q: Kysely<AnyTables>,
  table: string,
  columns: Readonly<Record<string, CellKind>>,
  { row = (values) => values, cell }: Unpacked = {},
): PackedInsert {
  const names = Object.keys(columns)
  const kinds = Object.values(columns)
  const pack = () => new RowPack(kinds)
  if (dialectOf(q).name !== 'sqlite') {
    const insert = bulkInsert(q, table, cell === undefined ? { columns: names } : { columns: names, cell })
    return { pack, of: (filled) => insert.of(rowsOf(filled).map(row)) }
  }
  let statement: CompiledQuery | undefined
  return {
    pack,
    of(filled) {
      statement ??= q
        .insertInto(table)
        .values(Object.fromEntries(names.map((name) => [name, 0])))
        .compile()
      return filled.rows === 0 ? [] : [new PackedStatement(statement, filled.finish())]
    },
  }
}

/** The rows of a pack, as values. */
export function rowsOf(pack: RowPack): unknown[][] {
  const rows: unknown[][] = []
  readRows(pack.finish(), (values) => rows.push(values))
  return rows
}
