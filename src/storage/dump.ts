import { rm } from 'node:fs/promises'
import type { Database } from './database.ts'
import { type Connection, connect } from './sqlite/driver.ts'
import { NewFile } from './stream-files.ts'

/** The first line of a dump. */
export interface DumpHead {
  readonly format: 'meerkat-dump-1'
  /** What had been done to the tables: they only fit where the same has been. */
  readonly migrations: readonly string[]
}

/** A line of a dump: a table, or a row of the table before it. */
export type DumpLine = { readonly table: string; readonly columns: readonly string[] } | readonly unknown[]

/** A table that the dump should have is not there. */
export class NoSuchTable extends Error {
  override readonly name = 'NoSuchTable'
}

/** Where it is noted which migrations have run. */
const noted = 'meerkat_migrations'
/** Rows that are read before somebody else has a turn. */
const atOnce = 100

/** The tables with rows of their own: a word index is made anew from what it is about. */
export function plainTables(connection: Connection): string[] {
  const rows = connection.prepare(`select name, sql from sqlite_master where type = 'table' order by name`).all()
  const all = rows as { name: string; sql: string }[]
  const indexes = all.filter(({ sql }) => /^create virtual/i.test(sql)).map(({ name }) => name)
  const isOfIndex = (name: string) => indexes.some((index) => name === index || name.startsWith(`${index}_`))
  return all.map(({ name }) => name).filter((name) => !isOfIndex(name) && name !== noted && !name.startsWith('sqlite_'))
}

/** The migrations that have run, as texts to be compared. */
export function migrationsIn(connection: Connection): string[] {
  return connection.prepare(`select name from ${noted} order by name`).pluck().all() as string[]
}

/**
 * Writes the built-in database, or one table of it, as text: JSON, a line for each row. It is as it was at one moment: what is
 * read is a copy. Rejects with NoSuchTable, with the system's error, `EEXIST` where there is such a file.
 */
export async function dumpSqlite(db: Pick<Database, 'backup'>, path: string, table?: string): Promise<void> {
  const file = await NewFile.create(path)
  const copy = `${path}.copy`
  try {
    await db.backup(copy)
    const connection = connect(copy, { readonly: true })
    try {
      for (const text of linesOf(connection, table)) await file.write(text)
    } finally {
      connection.close()
    }
    await file.finish()
  } catch (error) {
    await file.discard()
    throw error
  } finally {
    for (const side of ['', '-wal', '-shm']) await rm(`${copy}${side}`, { force: true })
  }
}

/** The lines of a dump, some at a time. */
function* linesOf(connection: Connection, only: string | undefined): Generator<string> {
  const tables = plainTables(connection)
  if (only !== undefined && !tables.includes(only)) throw new NoSuchTable(`there is no table ${only}`)
  const head: DumpHead = { format: 'meerkat-dump-1', migrations: migrationsIn(connection) }
  yield `${JSON.stringify(head)}\n`
  for (const table of only === undefined ? tables : [only]) {
    const select = connection.prepare(`select * from "${table}"`)
    yield line({ table, columns: select.columns().map(({ name }) => name) })
    let waiting: string[] = []
    for (const row of select.raw().iterate()) {
      waiting.push(line((row as unknown[]).map(written)))
      if (waiting.length < atOnce) continue
      yield waiting.join('')
      waiting = []
    }
    yield waiting.join('')
  }
}

function line(content: DumpLine): string {
  return `${JSON.stringify(content)}\n`
}

function written(value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
}
