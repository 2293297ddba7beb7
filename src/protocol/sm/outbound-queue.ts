import { meant, round } from './sequence.ts'

/**
 * What has been sent to the client, or is to be, and is not acknowledged yet, oldest first. Each item has a number, counted from 1
 * and not taken round; those up to `written` have been written.
 */
export class OutboundQueue<T extends { number: number }> {
  #items: T[] = []
  #acknowledged: number
  #written: number
  #isRestored = false

  constructor(acknowledged = 0) {
    this.#acknowledged = acknowledged
    this.#written = acknowledged
  }

  /** Puts back what was kept; the numbers have gaps, as not everything is. */
  static restored<T extends { number: number }>(acknowledged: number, items: readonly T[]): OutboundQueue<T> {
    const queue = new OutboundQueue<T>(acknowledged)
    queue.#items = [...items]
    queue.#isRestored = true
    return queue
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Number of the last item written. */
  get written(): number {
    return this.#written
  }

  /** Whether the client alone knows what was written: the server has been started since, and it has not come back yet. */
  get isRestored(): boolean {
    return this.#isRestored
  }

  get size(): number {
    return this.#items.length
  }

  items(): readonly T[] {
    return this.#items.slice()
  }

  add(item: T): void {
    item.number = this.#lastNumber() + 1
    this.#items.push(item)
  }

  /** Counts something that is written and not kept. */
  skip(): number {
    return ++this.#written
  }

  /** The next item to write; undefined when there is none. */
  get next(): T | undefined {
    return this.#items[this.#written - this.#acknowledged]
  }

  /** The next item has been written. */
  wrote(): void {
    this.#written++
  }

  /** Takes out what the client has acknowledged; undefined when that is more than was written. */
  acknowledge(h: number): T[] | undefined {
    const count = meant(h, this.#acknowledged)
    if (count > this.#written) return undefined
    let gone = 0
    for (let item = this.#items[0]; item !== undefined && item.number <= count; item = this.#items[gone]) gone++
    this.#acknowledged = count
    // Nothing of them stays behind: on a busy stream something is always under way, and what is kept longer is collected later.
    return this.#items.splice(0, gone)
  }

  /**
   * The client goes on over another connection: what it has not got is to be written again. Undefined when it says to have got
   * more than was written.
   */
  resume(h: number): T[] | undefined {
    const gone = this.#isRestored ? this.#renumber(h) : this.acknowledge(h)
    if (gone !== undefined) this.#written = this.#acknowledged
    return gone
  }

  /** Takes out some of what is to be written again after {@link resume}: what is left moves up. */
  withdraw(isUnwanted: (item: T) => boolean): readonly T[] {
    const gone = this.items().filter(isUnwanted)
    if (gone.length > 0) this.#numberFromHere(this.items().filter((item) => !isUnwanted(item)))
    return gone
  }

  /** Everything, to go elsewhere. */
  clear(): readonly T[] {
    const all = this.items()
    this.#items = []
    this.#acknowledged = this.#written
    return all
  }

  /** After a restart the client alone knows what it got: its count is taken, and what is left counts from there. */
  #renumber(h: number): T[] {
    this.#isRestored = false
    const count = meant(h, this.#acknowledged)
    const gone = this.#items.filter(({ number }) => number <= count)
    this.#acknowledged = count
    this.#numberFromHere(this.#items.slice(gone.length))
    return gone
  }

  #numberFromHere(items: T[]): void {
    this.#items = items
    items.forEach((item, index) => {
      item.number = this.#acknowledged + 1 + index
    })
  }

  #lastNumber(): number {
    const last = this.#items.at(-1)?.number ?? this.#acknowledged
    // What comes before the client has told its count was not seen by it, whatever it tells.
    return this.#isRestored ? Math.max(last, this.#acknowledged + round) : last
  }
}
