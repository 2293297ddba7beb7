import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Connection, codeOf, connect } from './sqlite/driver.ts'

/** The layout of the data folder that this build writes; raised when older builds could not live with a folder any more. */
export const DATA_VERSION = 1

const LOCK_FILE = 'meerkat.lock'
const PID_FILE = 'meerkat.pid'
const VERSION_FILE = 'meerkat.version'

/** Why a data folder cannot be used. */
export type DataFolderProblem = 'in-use' | 'newer' | 'open-to-others' | 'unusable'

/** The data folder cannot be used. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
  readonly problem: DataFolderProblem
  /** The process that uses it, if it is in use and has said so. */
  readonly pid: number | undefined

  constructor(problem: DataFolderProblem, message: string, options: { pid?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.problem = problem
    this.pid = options.pid
  }
}

/** The right to use a data folder, until released or until the process ends, however it ends. */
export interface DataFolderLock {
  readonly dir: string
  release(): Promise<void>
}

/**
 * Takes a data folder for this process, making it (for its owner only) if it is missing. Rejects with `DataFolderError` if
 * another process has it, if a newer build has written it, or if other users could write to it.
 *
 * The lock is SQLite's on a file of its own, which the operating system gives back when the process ends: nothing is ever
 * stale, and two that start at once cannot both have it. The file with the process number only serves the message.
 */
export async function lockDataFolder(dir: string): Promise<DataFolderLock> {
  await makePrivate(dir)
  const lock = await takeLock(dir)
  try {
    await checkVersion(dir)
    await replaceFile(join(dir, PID_FILE), `${process.pid}\n`)
  } catch (error) {
    lock.close()
    throw error
  }
  return { dir, release: () => release(dir, lock) }
}

async function release(dir: string, lock: Connection): Promise<void> {
  if (!lock.open) return
  await rm(join(dir, PID_FILE), { force: true })
  lock.close()
}

async function makePrivate(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const { mode } = await stat(dir)
    if ((mode & 0o027) === 0) return
    // Made for us and still empty, as by a packager or a container's volume: narrowing it surprises nobody.
    if ((await readdir(dir)).length === 0) return await chmod(dir, 0o700)
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw new DataFolderError('open-to-others', `${dir} is open to other users (mode ${shown}); run: chmod 700 ${dir}`)
  } catch (error) {
    throw error instanceof DataFolderError ? error : unusable(dir, error)
  }
}

async function takeLock(dir: string): Promise<Connection> {
  let lock: Connection | undefined
  try {
    lock = connect(join(dir, LOCK_FILE), { timeout: 0 })
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock?.close()
    if (!codeOf(error).startsWith('SQLITE_BUSY')) throw unusable(dir, error)
    const pid = await readNumber(join(dir, PID_FILE))
    throw inUse(dir, pid, error)
  }
}

function inUse(dir: string, pid: number | undefined, cause: unknown): DataFolderError {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new DataFolderError('in-use', `${dir} is in use by ${who}`, { pid, cause })
}

async function checkVersion(dir: string): Promise<void> {
  const file = join(dir, VERSION_FILE)
  const version = await readNumber(file)
  if (version !== undefined && version > DATA_VERSION) {
    const text = `${dir} was written by a newer version (layout ${version}, this one knows ${DATA_VERSION})`
    throw new DataFolderError('newer', text)
  }
  if (version !== DATA_VERSION) await replaceFile(file, `${DATA_VERSION}\n`)
}

async function readNumber(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const number = Number.parseInt(text, 10)
  return Number.isSafeInteger(number) ? number : undefined
}

/** Readers see the old content or the new one, never half of it; and the new one is on disk before it counts. */
async function replaceFile(file: string, content: string): Promise<void> {
  const fresh = `${file}.new`
  await writeFile(fresh, content, { mode: 0o600 })
  const handle = await open(fresh, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, file)
}

function unusable(dir: string, cause: unknown): DataFolderError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DataFolderError('unusable', `${dir} cannot be used: ${reason}`, { cause })
}
