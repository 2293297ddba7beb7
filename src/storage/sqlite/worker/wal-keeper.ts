import type { Connection } from '../driver.ts'

/** At so many pages in the write-ahead log they are moved to the database when there is a quiet moment. */
const SOFT_LIMIT = 1000
/** At so many they are moved now. */
const HARD_LIMIT = 8000
/** Pages that a statement is thought to write until it is known better. */
const FIRST_GUESS = 4
/** A log that had to grow beyond this, in bytes, is cut again. */
const KEPT_SIZE = 64 << 20
/** Milliseconds to wait for a lock that some other program holds on the file. */
export const LOCK_WAIT = 500

/**
 * Moves the write-ahead log into the database. SQLite would do it within some commit; here it is done after commits have been
 * answered, and preferably when there is nothing to do. The log is used again from its beginning, not cut: commits into a file
 * that need not grow cost a third less. How full it is then cannot be seen from outside, so it is estimated from the number of
 * statements, and the estimate corrected by what each move reports.
 */
export class WalKeeper {
  readonly #connection: Connection
  readonly #isNeeded: boolean
  #statements = 0
  #pagesEach = FIRST_GUESS

  constructor(connection: Connection) {
    this.#connection = connection
    this.#isNeeded = !connection.memory
    if (this.#isNeeded) connection.pragma(`journal_size_limit = ${KEPT_SIZE}`)
  }

  /** Counts what a commit has written. */
  committed(statements: number): void {
    this.#statements += statements
  }

  /** To be called outside of commits; `isQuiet`: nothing waits for one. */
  tidy(isQuiet: boolean): void {
    if (!this.#isNeeded || this.#statements * this.#pagesEach < (isQuiet ? SOFT_LIMIT : HARD_LIMIT)) return
    if (this.#connection.inTransaction) return
    try {
      // Without waiting for readers: what they stand in the way of is done the next time.
      const [report] = this.#connection.pragma('wal_checkpoint(PASSIVE)') as { log: number }[]
      if (report) this.#pagesEach = Math.max(1, report.log / this.#statements)
    } catch {
      // A full disk: the next commit tells.
    }
    this.#statements = 0
  }
}
