import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { Database } from './database.ts'
import { plainNames, plainTables } from './dump-lines.ts'
import { connect } from './sqlite/driver.ts'
import { workerLocation } from './sqlite/worker-location.ts'
import { NewFile } from './stream-files.ts'

/** A table that the dump should have is not there. */
export class NoSuchTable extends Error {
  override readonly name = 'NoSuchTable'
}

/** What the thread that writes a dump is given. */
export interface DumpTask {
  /** The database, which nobody changes. */
  readonly database: string
  readonly tables: readonly string[]
  /** An empty file for the lines. */
  readonly file: string
}

/** The tables of the built-in database that a dump has; undefined for a database server, which has tools of its own. */
export async function tablesOf({ q, pool }: Database): Promise<string[] | undefined> {
  if (pool !== undefined) return undefined
  const master = q.selectFrom('sqlite_master').select(['name', 'sql']).where('type', '=', 'table').orderBy('name')
  return plainNames((await master.execute()) as { name: string; sql: string }[])
}

/**
 * Writes the built-in database, or one table of it, as text: JSON, a line for each row. It is as it was at one moment: what is
 * read is a copy, in a thread of its own. Rejects with NoSuchTable, with the system's error, `EEXIST` where there is such a file.
 */
export async function dumpSqlite(db: Pick<Database, 'backup'>, path: string, table?: string): Promise<void> {
  const file = await NewFile.create(path)
  const copy = `${path}.copy`
  try {
    await db.backup(copy)
    await write({ database: copy, tables: tablesIn(copy, table), file: file.unfinished })
    await file.finish()
  } catch (error) {
    await file.discard()
    throw error
  } finally {
    for (const side of ['', '-wal', '-shm']) await rm(`${copy}${side}`, { force: true })
  }
}

function tablesIn(database: string, only: string | undefined): readonly string[] {
  const connection = connect(database, { readonly: true })
  try {
    const tables = plainTables(connection)
    if (only !== undefined && !tables.includes(only)) throw new NoSuchTable(`there is no table ${only}`)
    return only === undefined ? tables : [only]
  } finally {
    connection.close()
  }
}

/** Rejects with what the thread has failed with. */
async function write(task: DumpTask): Promise<void> {
  await once(new Worker(workerLocation('dump'), { workerData: task, name: 'database dump' }), 'exit')
}
