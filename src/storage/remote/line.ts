import type { Driver, Link } from './link.ts'
import type { Marks } from './marks.ts'
import { timed } from './timed-link.ts'
import { plain } from './transaction.ts'

export interface LineOptions {
  driver: Driver
  /** Milliseconds that a statement may take. */
  queryTimeout: number
  /** Milliseconds between two signs of life on an idle connection; undefined: none. */
  keepalive: number | undefined
}

/** The writer's connection, made anew when it is gone. */
export class Line {
  readonly #options: LineOptions
  readonly #marks: Marks
  readonly #onLost: () => void
  #link: Link | undefined
  #unhurried: Link | undefined
  #keepalive: NodeJS.Timeout | undefined

  /** `onLost` is called when an open connection breaks. */
  constructor(options: LineOptions, marks: Marks, onLost: () => void) {
    this.#options = options
    this.#marks = marks
    this.#onLost = onLost
  }

  /** The connection, if there is one. */
  get link(): Link | undefined {
    return this.#link?.isLost === false ? this.#link : undefined
  }

  /** The same without a limit of time: migrations may take long. */
  get unhurried(): Link | undefined {
    return this.#unhurried
  }

  /** Connects; `first` is what has to succeed on a new connection. Rejects with a `LinkFailure`. */
  async connect(first: (link: Link) => Promise<void>): Promise<Link> {
    const { driver, queryTimeout } = this.#options
    const slow = await driver.connect('writer')
    const link = timed(slow, queryTimeout * 2 + 1000)
    try {
      await this.#marks.register(link)
      await driver.learnSchema(link)
      await first(link)
    } catch (error) {
      link.destroy()
      throw error
    }
    slow.onLost = this.#onLost
    this.#unhurried = slow
    this.#link = link
    return link
  }

  /** Drops the connection. */
  drop(): void {
    this.#link?.destroy()
    this.#link = undefined
  }

  /** Gives signs of life until `busy` is called. */
  idle(): void {
    const { keepalive, driver } = this.#options
    if (keepalive === undefined) return
    const ending = driver.words.endOfReads === undefined ? [] : [plain(driver.words.endOfReads)]
    this.#keepalive = setInterval(() => {
      this.link?.batch([plain('select 1'), ...ending]).catch(() => {
        this.drop()
        this.#onLost()
      })
    }, keepalive)
    this.#keepalive.unref()
  }

  busy(): void {
    clearInterval(this.#keepalive)
  }

  /** Closes in good order, if that is possible. */
  async close(): Promise<void> {
    this.busy()
    const { link } = this
    try {
      if (link !== undefined) await this.#marks.drop(link)
      await link?.end()
    } catch {
      link?.destroy()
    }
  }
}
