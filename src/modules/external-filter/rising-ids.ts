import type { Clock } from '../../util/clock.ts'

/** Whole numbers as text, each greater than those before it, also than those of the time before a restart. */
export class RisingIds {
  readonly #clock: Clock
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): string {
    // Microseconds: a thousand ids for each millisecond, and exact for two centuries to come.
    this.#last = Math.max(this.#last + 1, this.#clock.now() * 1000)
    return String(this.#last)
  }
}
