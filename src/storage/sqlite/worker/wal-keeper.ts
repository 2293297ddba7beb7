import { statSync } from 'node:fs'
import type { Connection } from '../driver.ts'

/** From this size of the write-ahead log on, in bytes, its content is moved to the database when there is a quiet moment. */
const SOFT_LIMIT = 4 << 20
/** From this size on it is moved now. */
const HARD_LIMIT = 32 << 20
/** Looking at the size costs a system call. */
const LOOK_EVERY = 16
/** Milliseconds to wait for a lock that some other program holds on the file. */
export const LOCK_WAIT = 500

/**
 * Moves the write-ahead log into the database. SQLite would do it within some commit; here it is done after commits have been
 * answered, and preferably when there is nothing to do.
 */
export class WalKeeper {
  readonly #connection: Connection
  readonly #file: string | undefined
  #looked = 0

  constructor(connection: Connection) {
    this.#connection = connection
    this.#file = connection.memory ? undefined : `${connection.name}-wal`
  }

  /** To be called outside of commits; `isQuiet`: nothing waits for a commit. */
  tidy(isQuiet: boolean): void {
    if (this.#file === undefined || this.#connection.inTransaction || ++this.#looked < LOOK_EVERY) return
    this.#looked = 0
    const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0
    if (size < (isQuiet ? SOFT_LIMIT : HARD_LIMIT)) return
    try {
      // Without waiting for readers: what they stand in the way of is done when they are gone.
      this.#connection.pragma('busy_timeout = 0')
      this.#connection.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // A full disk: the next commit tells.
    } finally {
      this.#connection.pragma(`busy_timeout = ${LOCK_WAIT}`)
    }
  }
}
