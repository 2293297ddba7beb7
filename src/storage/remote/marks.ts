import { randomUUID } from 'node:crypto'
import type { Link, Statement, Words } from './link.ts'
import { plain } from './transaction.ts'

/** Marks of servers that have not been closed in order are kept so long, in milliseconds. */
const KEPT = 30 * 86_400_000

/**
 * How the writer knows, after a connection broke during a commit, whether the commit took place: every transaction sets the
 * number of its batch in a row of the writer's own. Reading the row with a lock waits for a commit that may still be under way
 * on the other side. So nothing is done twice and nothing is lost.
 */
export class Marks {
  readonly #words: Words
  readonly #writer = randomUUID()
  readonly #now: () => number
  #number = 0
  #isTidied = false

  /** `now` in milliseconds since the epoch. */
  constructor(words: Words, now: () => number) {
    this.#words = words
    this.#now = now
  }

  /** Makes the table and adds the row, where they are missing. */
  async register(link: Link): Promise<void> {
    const words = this.#words
    await link.batch([plain(words.makeMarks)])
    await link.batch([{ sql: words.addMark, values: [this.#writer, this.#now()] }, ...this.#endOfReads()])
    if (this.#isTidied) return
    await link.batch([{ sql: words.dropOldMarks, values: [this.#now() - KEPT] }, ...this.#endOfReads()])
    this.#isTidied = true
  }

  /** The next number and the statement that sets it. */
  next(): { number: number; statement: Statement } {
    const number = ++this.#number
    return { number, statement: { sql: this.#words.setMark, values: [number, this.#now(), this.#writer] } }
  }

  /** Whether the batch with this number was committed, and no later one was begun. */
  async isCommitted(link: Link, number: number): Promise<boolean> {
    const [reply] = await link.batch([{ sql: this.#words.readMark, values: [this.#writer] }, ...this.#endOfReads()])
    return reply?.rows[0]?.batch === number
  }

  /** Removes the row. */
  async drop(link: Link): Promise<void> {
    await link.batch([{ sql: this.#words.dropMark, values: [this.#writer] }, ...this.#endOfReads()])
  }

  #endOfReads(): Statement[] {
    return this.#words.endOfReads === undefined ? [] : [plain(this.#words.endOfReads)]
  }
}
