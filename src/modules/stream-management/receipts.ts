import { InboundCount } from '../../protocol/sm/inbound-count.ts'
import type { Ticket, TicketSource } from '../../stanza/ticket.ts'
import type { Clock, Timer } from '../../util/clock.ts'

/** Whoever asks is answered within this time, in milliseconds, whatever is outstanding. */
const patience = 1000
/** So long what was sent before is waited for when somebody comes back: what has not come to its end is sent again. */
const settlePatience = 30_000

export interface ReceiptsParts {
  readonly clock: Clock
  /** Names the stream where a count is on disk before it is told, as it has to be the same after a crash. */
  readonly source: TicketSource | undefined
  /** More may be written. */
  moved(): void
  /** Sends the client this count. */
  tell(count: number): void
  /** What came next was not kept: it is never acknowledged, and the stream cannot go on. */
  failed(): void
}

/** What has come from the client, and what it has been told of that. */
export class Receipts {
  readonly #parts: ReceiptsParts
  readonly #inbound: InboundCount
  /** On disk. */
  #written: number
  /** What the client waits to be told: all up to here. */
  #asked: number | undefined
  #hasFailed = false
  /** How often the client has been told less than it had sent. */
  repeats = 0
  #timer: Timer | undefined
  #waiting: (() => void)[] = []

  constructor(parts: ReceiptsParts, received = 0) {
    this.#parts = parts
    this.#inbound = new InboundCount(() => this.#moved(), {
      source: parts.source,
      settled: received,
    })
    this.#written = received
  }

  count(): Ticket {
    return this.#inbound.take()
  }

  /** What may be written: settled once what is written with it is on disk. */
  get ready(): number {
    return this.#inbound.ready
  }

  /** What the client may be told. */
  get acknowledged(): number {
    return this.#parts.source !== undefined ? Math.min(this.#written, this.#inbound.settled) : this.#inbound.settled
  }

  /** The count that is on disk. */
  get onDisk(): number {
    return this.#written
  }

  /** This count is on disk. */
  written(count: number): void {
    if (count > this.#written) this.#written = count
    this.#answer()
  }

  /** The client asks. */
  ask(): void {
    this.#asked = this.#inbound.received
    this.#answer()
    if (this.#asked !== undefined) this.#timer ??= this.#parts.clock.after(patience, () => this.#hurry())
  }

  /**
   * What a client that goes on over another connection is told: everything has come to its end, or time is up. What is not in it
   * is sent again.
   */
  async settle(): Promise<number> {
    this.#asked = undefined
    if (this.acknowledged < this.#inbound.received && !this.#inbound.isStuck) await this.#allSettled()
    if (this.#inbound.settled < this.#inbound.received) this.repeats++
    this.#inbound.restart()
    this.#written = Math.min(this.#written, this.#inbound.settled)
    this.#hasFailed = false
    this.#asked = undefined
    this.end()
    return this.#inbound.settled
  }

  /** Nobody is told any more. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #allSettled(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(settlePatience, resolve)
      this.#waiting.push(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #moved(): void {
    if (this.#inbound.isStuck && !this.#hasFailed) {
      this.#hasFailed = true
      this.#wake()
      this.#parts.failed()
    }
    this.#parts.moved()
    this.#answer()
  }

  #answer(): void {
    const { acknowledged } = this
    if (acknowledged === this.#inbound.received) this.#wake()
    if (this.#asked === undefined || acknowledged < this.#asked) return
    this.#asked = undefined
    this.end()
    this.#parts.tell(acknowledged)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Time is up: the client is told what there is, and the rest when it comes. */
  #hurry(): void {
    this.#timer = undefined
    this.#parts.tell(this.acknowledged)
  }
}
