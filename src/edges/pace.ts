import type { Clock } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'

/** Has a session that sends more stanzas than it may wait. Made only for sessions with a limit. */
export class Pace {
  readonly #bucket: TokenBucket
  readonly #clock: Clock

  /** `rate`: stanzas a second. */
  constructor(rate: number, clock: Clock) {
    this.#clock = clock
    this.#bucket = new TokenBucket(rate, clock.now())
  }

  /** Counts a stanza; settles when the next one may come, undefined: at once. */
  charge(): Promise<void> | undefined {
    const wait = this.#bucket.charge(1, this.#clock.now())
    if (wait === 0) return undefined
    return new Promise((resolve) => this.#clock.after(wait, resolve))
  }
}

/** None for Infinity. */
export function paceFor(rate: number, clock: Clock): Pace | undefined {
  return Number.isFinite(rate) ? new Pace(rate, clock) : undefined
}
