import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { chmod, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Connection, connect } from './sqlite/driver.ts'

/** A copy that cannot be put in the place of the database; nothing has been changed. */
export class NotRestorable extends Error {
  override readonly name = 'NotRestorable'
}

/** What was done, for people. */
export interface Restored {
  /** Where the database lies that was there before. */
  readonly before: string | undefined
}

/** Files that SQLite keeps beside a database. */
const sides = ['', '-wal', '-shm']

/**
 * Puts a copy that {@link Database.backup} has made in the place of the built-in database, which must not be open and which is
 * kept under another name. Whether the copy is whole and one of ours is looked at before anything is touched.
 */
export function restoreSqlite(copy: string, file: string): Promise<Restored> {
  return putInPlace(file, (fresh) => {
    // What is checked is what is used, whatever happens to the copy meanwhile.
    copyInto(copy, fresh)
    check(fresh, copy)
  })
}

/** Puts what `make` makes in the place of a database, and keeps that. Rejects with what `make` throws; nothing has been changed then. */
export async function putInPlace(file: string, make: (fresh: string) => Promise<void> | void): Promise<Restored> {
  const fresh = `${file}.restoring`
  rmSync(fresh, { force: true })
  try {
    await make(fresh)
    await chmod(fresh, 0o600)
    await sync(fresh)
    const before = existsSync(file) ? moveAside(file) : undefined
    renameSync(fresh, file)
    await sync(dirname(file))
    return { before }
  } finally {
    for (const side of sides) rmSync(`${fresh}${side}`, { force: true })
  }
}

function copyInto(copy: string, fresh: string): void {
  try {
    copyFileSync(copy, fresh)
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new NotRestorable(isAbsent ? `there is no file ${copy}` : `${copy} cannot be read`, { cause })
  }
}

function check(file: string, copy: string): void {
  let connection: Connection | undefined
  try {
    connection = connect(file, {})
    const findings = connection.pragma('integrity_check', { simple: true })
    if (findings !== 'ok') throw new NotRestorable(`${copy} is damaged: ${String(findings)}`)
    const tables = connection.prepare("select name from sqlite_master where type = 'table'").pluck().all()
    if (!tables.includes('meerkat_migrations') || !tables.includes('auth_accounts')) {
      throw new NotRestorable(`${copy} is no copy of a database of this server`)
    }
  } catch (cause) {
    if (cause instanceof NotRestorable) throw cause
    throw new NotRestorable(`${copy} is no database`, { cause })
  } finally {
    connection?.close()
  }
}

function moveAside(file: string): string {
  let number = 1
  while (existsSync(`${file}.before-${number}`)) number++
  const before = `${file}.before-${number}`
  for (const side of [...sides].reverse())
    if (existsSync(`${file}${side}`)) renameSync(`${file}${side}`, `${before}${side}`)
  return before
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
