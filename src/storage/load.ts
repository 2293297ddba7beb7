import { copyFileSync, existsSync } from 'node:fs'
import { type DumpHead, type DumpLine, migrationsIn, plainTables } from './dump-lines.ts'
import { NotRestorable, putInPlace, type Restored } from './restore.ts'
import { type Connection, connect, type Prepared } from './sqlite/driver.ts'
import { readLines } from './stream-files.ts'

/**
 * Puts the rows of a dump in the place of those that the built-in database has in the same tables; other tables stay as they are.
 * The database must not be open; it is kept under another name. Rejects with NotRestorable, and then nothing has been changed.
 */
export function loadSqlite(dump: string, file: string): Promise<Restored> {
  return putInPlace(file, async (fresh) => {
    if (!existsSync(dump)) throw new NotRestorable(`there is no file ${dump}`)
    copyFileSync(file, fresh)
    const connection = connect(fresh, {})
    try {
      await fill(connection, dump)
      // Word indexes are made anew at the next start.
      for (const index of wordIndexes(connection))
        connection.exec(`insert into "${index}"("${index}") values ('delete-all')`)
      connection.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      connection.close()
    }
  })
}

function wordIndexes(connection: Connection): string[] {
  const found = connection
    .prepare(`select name from sqlite_master where type = 'table' and sql like 'create virtual table%using fts5%'`)
    .pluck()
  return found.all() as string[]
}

/** All or nothing. */
async function fill(connection: Connection, dump: string): Promise<void> {
  connection.exec('begin')
  const filler = new Filler(connection, dump)
  for await (const text of readLines(dump)) if (text !== '') filler.take(text)
  filler.finish()
  connection.exec('commit')
}

class Filler {
  readonly #connection: Connection
  readonly #dump: string
  readonly #tables: ReadonlySet<string>
  #hasHead = false
  #number = 0
  #insert: Prepared | undefined

  constructor(connection: Connection, dump: string) {
    this.#connection = connection
    this.#dump = dump
    this.#tables = new Set(plainTables(connection))
  }

  take(text: string): void {
    this.#number++
    try {
      const content = JSON.parse(text) as DumpHead | DumpLine
      if (!this.#hasHead) this.#begin(content as DumpHead)
      else if (Array.isArray(content)) this.#row(content)
      else this.#table(content as Exclude<DumpLine, readonly unknown[]>)
    } catch (cause) {
      if (cause instanceof NotRestorable) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new NotRestorable(`${this.#dump}, line ${this.#number}: ${reason}`, { cause })
    }
  }

  finish(): void {
    if (!this.#hasHead) throw new NotRestorable(`${this.#dump} is no dump of a database of this server`)
  }

  #begin({ format, migrations }: DumpHead): void {
    if (format !== 'meerkat-dump-1') throw new NotRestorable(`${this.#dump} is no dump of a database of this server`)
    const here = new Set(migrationsIn(this.#connection))
    const strange = migrations.find((each) => !here.has(each))
    if (strange !== undefined || migrations.length !== here.size) {
      throw new NotRestorable(`${this.#dump} is of a server of another version, or with other modules`)
    }
    this.#hasHead = true
  }

  #table({ table, columns }: Exclude<DumpLine, readonly unknown[]>): void {
    if (!this.#tables.has(table)) throw new Error(`there is no table ${table}`)
    const names = columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ')
    this.#connection.exec(`delete from "${table}"`)
    this.#insert = this.#connection.prepare(
      `insert into "${table}" (${names}) values (${columns.map(() => '?').join(', ')})`,
    ) as Prepared
  }

  #row(row: readonly unknown[]): void {
    if (this.#insert === undefined) throw new Error('a row of no table')
    this.#insert.run(...row.map(read))
  }
}

function read(value: unknown): unknown {
  const bytes = (value as { base64?: unknown } | null)?.base64
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : value
}
