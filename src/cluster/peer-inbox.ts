import type { Told } from './cluster.ts'
import type { Confirmation, Parcel } from './peer-outbox.ts'

/** What comes from one run of a node: each parcel once, in the order of numbers, however often and with what gaps it is sent. */
export class PeerInbox {
  readonly #take: (topic: string, body: Told) => unknown
  readonly #onConfirm: () => void
  /** The number that comes next. */
  #expected = 1
  /** Parcels that have been taken in, beyond the first that has not. */
  readonly #settled = new Set<number>()
  #confirmed = 0

  /** `take` begins with what has come and never throws; its promise settles when that has been taken in. `onConfirm`: there is more to confirm. */
  constructor(take: (topic: string, body: Told) => unknown, onConfirm: () => void) {
    this.#take = take
    this.#onConfirm = onConfirm
  }

  /** What there is to tell. What takes long keeps nothing else from being confirmed: two nodes may wait for each other. */
  get confirmation(): Confirmation {
    return { upTo: this.#confirmed, also: [...this.#settled], arrived: this.#expected - 1 }
  }

  receive(parcels: readonly Parcel[]): void {
    for (const [number, topic, body] of parcels) {
      // What is missing before it is sent again, and this one with it.
      if (number !== this.#expected) continue
      this.#expected++
      const outcome = this.#take(topic, body)
      if (outcome instanceof Promise) void outcome.finally(() => this.#settle(number))
      else this.#settle(number)
    }
    // The confirmation of what comes again may have been lost.
    this.#onConfirm()
  }

  #settle(number: number): void {
    this.#settled.add(number)
    while (this.#settled.delete(this.#confirmed + 1)) this.#confirmed++
    this.#onConfirm()
  }
}
