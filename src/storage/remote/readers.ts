import { StorageUnavailable } from '../errors.ts'
import { refusalOf } from './job.ts'
import type { Driver, Link, Reply, Statement } from './link.ts'
import { timed } from './timed-link.ts'

/** Connections for reads that may lag, made when they are needed, each used by one read at a time. */
export class Readers {
  readonly #driver: Driver
  readonly #max: number
  readonly #limit: number
  readonly #free: Link[] = []
  readonly #waiting: (() => void)[] = []
  #used = 0
  #isClosed = false

  /** At most `max` connections; a read may take `limit` milliseconds. */
  constructor(driver: Driver, max: number, limit: number) {
    this.#driver = driver
    this.#max = max
    this.#limit = limit
  }

  /** How many reads wait for a connection. */
  get waiting(): number {
    return this.#waiting.length
  }

  async run(statement: Statement): Promise<Reply> {
    if (this.#used >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.#isClosed) throw new StorageUnavailable('the database is closed')
    this.#used++
    try {
      // A connection that was idle may have died unnoticed: a second attempt is made on a new one.
      return await this.#attempt(statement).catch((error: unknown) => {
        const refusal = refusalOf(error)
        if (refusal !== undefined) throw refusal
        return this.#attempt(statement)
      })
    } catch (error) {
      throw refusalOf(error) ?? (error instanceof Error && error.name === 'QueryError' ? error : lost(error))
    } finally {
      this.#used--
      this.#waiting.shift()?.()
    }
  }

  async #attempt(statement: Statement): Promise<Reply> {
    const link = await this.#take()
    try {
      const [reply] = await link.batch([statement])
      if (reply === undefined) throw new StorageUnavailable('the database gave no answer')
      return reply
    } catch (error) {
      if (refusalOf(error) === undefined) link.destroy()
      throw error
    } finally {
      if (this.#isClosed) void link.end()
      else if (!link.isLost) this.#free.push(link)
    }
  }

  async #take(): Promise<Link> {
    for (;;) {
      const link = this.#free.pop()
      if (link === undefined) return timed(await this.#driver.connect('reader'), this.#limit)
      if (!link.isLost) return link
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.allSettled(this.#free.splice(0).map((link) => link.end()))
  }
}

function lost(cause: unknown): StorageUnavailable {
  return new StorageUnavailable('the database is in trouble', { cause })
}
