import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Generated } from 'kysely'
import type { AnyTables, Database, Migration } from '../../src/storage/database.ts'
import { type DatabaseOptions, openDatabase, type SqliteDatabaseOptions } from '../../src/storage/open.ts'
import { type DatabaseKind, freshDatabase } from './databases.ts'

/** Tables of the storage tests. */
export interface NoteTables {
  note: { id: Generated<number>; owner: number; text: string; body: Uint8Array | null }
  tag: { note: number; name: string }
}

export const noteMigrations: Record<string, Migration> = {
  '001_create': async (db) => {
    await db.schema
      .createTable('note')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addColumn('text', 'varchar(250)', (column) => column.notNull().unique())
      .addColumn('body', 'blob')
      .execute()
    await db.schema
      .createTable('tag')
      .addColumn('note', 'integer', (column) => column.notNull().references('note.id'))
      .addColumn('name', 'varchar(250)', (column) => column.notNull())
      .addPrimaryKeyConstraint('tag_key', ['note', 'name'])
      .execute()
  },
}

/** A database of its own, closed and removed at the end of the scope. */
export interface NoteBook extends AsyncDisposable {
  db: Database<NoteTables>
  any: Database<AnyTables>
  /** How it was opened. */
  options: DatabaseOptions
  reopen(): Promise<void>
}

/** A database that is one file, in a folder of its own. */
export interface FileNoteBook extends NoteBook {
  dir: string
  file: string
}

/** Opens an empty database of a kind with the tables above. */
export async function noteBookOn(
  kind: DatabaseKind,
  changes: Pick<DatabaseOptions, 'maxHeldBytes' | 'log' | 'clock'> = {},
): Promise<NoteBook> {
  return open({ ...(await freshDatabase(kind)), maxStartInterval: 200, ...changes } as DatabaseOptions)
}

/** Opens an SQLite database with the tables above. */
export async function noteBook(options: Partial<SqliteDatabaseOptions> = {}): Promise<FileNoteBook> {
  const dir = mkdtempSync(join(tmpdir(), 'meerkat-db-'))
  const file = options.file ?? join(dir, 'test.db')
  const book = await open({ kind: 'sqlite', ...options, file })
  return Object.assign(book, {
    dir,
    file,
    async [Symbol.asyncDispose]() {
      await book.any.close()
      rmSync(dir, { recursive: true, force: true })
    },
  })
}

async function open(options: DatabaseOptions): Promise<NoteBook> {
  const start = async () => {
    const any = await openDatabase(options)
    await any.migrate('test', noteMigrations)
    return any
  }
  const any = await start()
  const book: NoteBook = {
    db: any.of<NoteTables>(),
    any,
    options,
    async reopen() {
      await book.any.close()
      book.any = await start()
      book.db = book.any.of<NoteTables>()
    },
    async [Symbol.asyncDispose]() {
      await book.any.close()
    },
  }
  return book
}
