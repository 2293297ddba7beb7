import type { Clock } from './clock.ts'

/**
 * Numbers that tell when they were made: microseconds since the epoch, each greater than the one before, also when many are made
 * in one moment or the clock is set back. They stay below 2^53 until the year 2255, so a JavaScript number and every database
 * driver holds them exactly. Several processes can share the line later by taking each their own remainder of it.
 */
export class MomentIds {
  readonly #clock: Clock
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): number {
    this.#last = Math.max(this.#clock.now() * 1000, this.#last + 1)
    return this.#last
  }

  /** Everything from now on is greater than this one: what an earlier process has made, say. */
  raise(above: number): void {
    if (above > this.#last) this.#last = above
  }
}

const lines = new WeakMap<Clock, MomentIds>()

/** The one line of numbers of everybody who has the same clock. */
export function momentIds(clock: Clock): MomentIds {
  let ids = lines.get(clock)
  if (ids === undefined) {
    ids = new MomentIds(clock)
    lines.set(clock, ids)
  }
  return ids
}
