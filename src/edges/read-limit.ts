import type { Clock } from '../util/clock.ts'
import { TokenBucket } from '../util/token-bucket.ts'

/** Who is read from. */
export interface Reader {
  /** Reads no further. */
  holdBack(): void
  /** Reads on, if nothing else is against it. */
  readOn(): void
}

/** Has a client that sends more than it may wait; nothing is lost. Made only for connections with a limit. */
export class ReadLimit {
  readonly #clock: Clock
  readonly #bucket: TokenBucket
  #isExceeded = false

  /** `rate`: bytes a second. */
  constructor(rate: number, clock: Clock) {
    this.#clock = clock
    this.#bucket = new TokenBucket(rate, clock.now())
  }

  /** Whether the reader has to wait. */
  get isExceeded(): boolean {
    return this.#isExceeded
  }

  /** Counts bytes that were read. */
  charge(bytes: number, reader: Reader): void {
    const wait = this.#bucket.charge(bytes, this.#clock.now())
    if (wait === 0 || this.#isExceeded) return
    this.#isExceeded = true
    reader.holdBack()
    this.#clock.after(wait, () => {
      this.#isExceeded = false
      reader.readOn()
    })
  }
}
