import type { Clock } from '../../util/clock.ts'

/** Most sources that are remembered; beyond that the oldest may try again early. */
const maxSources = 100_000

/** Lets each source do something once in a time. A refused attempt does not start the time anew. */
export class RateLimit {
  readonly #clock: Clock
  readonly #interval: number
  readonly #last = new Map<string, number>()

  /** `interval` in milliseconds; infinite: no limit. */
  constructor(clock: Clock, interval: number) {
    this.#clock = clock
    this.#interval = interval
  }

  /** Takes a turn; false when it is too soon. */
  take(source: string): boolean {
    if (!Number.isFinite(this.#interval)) return true
    const now = this.#clock.now()
    for (const [known, at] of this.#last) {
      if (now - at < this.#interval && this.#last.size <= maxSources) break
      this.#last.delete(known)
    }
    if (this.#last.has(source)) return false
    this.#last.set(source, now)
    return true
  }
}
