import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Generated } from 'kysely'
import type { AnyTables, Database, Migration } from '../../src/storage/database.ts'
import { type DatabaseOptions, openDatabase } from '../../src/storage/open.ts'

/** Tables of the storage tests. */
export interface NoteTables {
  note: { id: Generated<number>; owner: number; text: string; body: Uint8Array | null }
  tag: { note: number; name: string }
}

export const noteMigrations: Record<string, Migration> = {
  '001_create': async (db) => {
    await db.schema
      .createTable('note')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('owner', 'integer', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull().unique())
      .addColumn('body', 'blob')
      .execute()
    await db.schema
      .createTable('tag')
      .addColumn('note', 'integer', (column) => column.notNull().references('note.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('tag_key', ['note', 'name'])
      .execute()
  },
}

/** A database in a folder of its own, closed and removed at the end of the scope. */
export interface NoteBook extends AsyncDisposable {
  db: Database<NoteTables>
  any: Database<AnyTables>
  dir: string
  file: string
  reopen(): Promise<void>
}

/** Opens a database with the tables above. */
export async function noteBook(options: Partial<DatabaseOptions> = {}): Promise<NoteBook> {
  const dir = mkdtempSync(join(tmpdir(), 'meerkat-db-'))
  const file = options.file ?? join(dir, 'test.db')
  const start = async () => {
    const any = await openDatabase({ kind: 'sqlite', ...options, file })
    await any.migrate('test', noteMigrations)
    return any
  }
  const any = await start()
  const book: NoteBook = {
    db: any.of<NoteTables>(),
    any,
    dir,
    file,
    async reopen() {
      await book.any.close()
      book.any = await start()
      book.db = book.any.of<NoteTables>()
    },
    async [Symbol.asyncDispose]() {
      await book.any.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return book
}
