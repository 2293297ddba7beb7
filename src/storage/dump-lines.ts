import type { Connection } from './sqlite/driver.ts'

/** The first line of a dump. */
export interface DumpHead {
  readonly format: 'meerkat-dump-1'
  /** What had been done to the tables: they only fit where the same has been. */
  readonly migrations: readonly string[]
}

/** A line of a dump: a table, or a row of the table before it. */
export type DumpLine = { readonly table: string; readonly columns: readonly string[] } | readonly unknown[]

/** Where it is noted which migrations have run. */
const noted = 'meerkat_migrations'

/** A table as SQLite describes it. */
interface Described {
  readonly name: string
  readonly sql: string
}

/** The names of those that have rows of their own: a word index is made anew from what it is about. */
export function plainNames(all: readonly Described[]): string[] {
  const indexes = all.filter(({ sql }) => /^create virtual/i.test(sql)).map(({ name }) => name)
  const isOfIndex = (name: string) => indexes.some((index) => name === index || name.startsWith(`${index}_`))
  return all.map(({ name }) => name).filter((name) => !isOfIndex(name) && name !== noted && !name.startsWith('sqlite_'))
}

/** As {@link plainNames}, of a database. */
export function plainTables(connection: Connection): string[] {
  const rows = connection.prepare(`select name, sql from sqlite_master where type = 'table' order by name`).all()
  return plainNames(rows as Described[])
}

/** The migrations that have run, as texts to be compared. */
export function migrationsIn(connection: Connection): string[] {
  return connection.prepare(`select name from ${noted} order by name`).pluck().all() as string[]
}

/** The lines of a dump of some tables, one at a time. */
export function* linesOf(connection: Connection, tables: readonly string[]): Generator<string> {
  const head: DumpHead = { format: 'meerkat-dump-1', migrations: migrationsIn(connection) }
  yield `${JSON.stringify(head)}\n`
  for (const table of tables) {
    const select = connection.prepare(`select * from "${table}"`)
    yield line({ table, columns: select.columns().map(({ name }) => name) })
    for (const row of select.raw().iterate()) yield line((row as unknown[]).map(written))
  }
}

function line(content: DumpLine): string {
  return `${JSON.stringify(content)}\n`
}

function written(value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
}
