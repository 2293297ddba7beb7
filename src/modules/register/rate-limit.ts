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

const day = 86_400_000

/** Counts what happens in a day of UTC. Beyond a number of sources, new ones are counted together. */
export class DailyLimit {
  readonly #clock: Clock
  #day = -1
  #counts = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether one more would be too many. */
  isReached(source: string, most: number): boolean {
    return most !== Number.POSITIVE_INFINITY && this.#countOf(source) >= most
  }

  add(source: string): void {
    const count = this.#countOf(source)
    this.#counts.set(this.#keyOf(source), count + 1)
  }

  #countOf(source: string): number {
    const today = Math.floor(this.#clock.now() / day)
    if (today !== this.#day) this.#counts = new Map()
    this.#day = today
    return this.#counts.get(this.#keyOf(source)) ?? 0
  }

  #keyOf(source: string): string {
    return this.#counts.size < maxSources || this.#counts.has(source) ? source : ''
  }
}
