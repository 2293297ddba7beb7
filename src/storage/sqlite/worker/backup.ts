import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Connection } from '../driver.ts'

/** Pages copied at a time. */
const PAGES = 1000

/** Copies the database to a file that must not exist. What stands there afterwards is complete and on disk. */
export async function backUp(connection: Connection, file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} exists already`)
  const unfinished = `${file}.unfinished`
  rmSync(unfinished, { force: true })
  closeSync(openSync(unfinished, 'wx', 0o600))
  try {
    await copy(connection, unfinished)
    sync(unfinished)
    renameSync(unfinished, file)
    sync(dirname(file))
  } finally {
    rmSync(unfinished, { force: true })
  }
}

async function copy(connection: Connection, file: string): Promise<void> {
  // Copying page by page does not work while the same connection writes, and a database in memory has but one.
  if (connection.memory) {
    writeFileSync(file, connection.serialize())
    return
  }
  const { totalPages } = await connection.backup(file, { progress: () => PAGES })
  // The driver takes a source that is locked for one that is copied.
  if (totalPages === 0) throw new Error('the database was locked')
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
