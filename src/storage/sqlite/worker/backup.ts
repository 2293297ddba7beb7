import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
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
    await connection.backup(unfinished, { progress: () => PAGES })
    sync(unfinished)
    renameSync(unfinished, file)
    sync(dirname(file))
  } finally {
    rmSync(unfinished, { force: true })
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
