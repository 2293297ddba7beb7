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

  readonly rate: number

  /** `rate`: bytes a second. */
  constructor(rate: number, clock: Clock) {
    this.rate = rate
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

/** The limit for a rate: none for Infinity, and the one in use where it has that rate already, with what is owed. */
export function limitFor(rate: number, clock: Clock, inUse: ReadLimit | undefined): ReadLimit | undefined {
  if (!Number.isFinite(rate)) return undefined
  return inUse?.rate === rate ? inUse : new ReadLimit(rate, clock)
}
