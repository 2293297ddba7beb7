import { Ticket, type TicketSource, type TicketWatcher } from '../../stanza/ticket.ts'

/** Counts what has come from the client, and how much of that has come to its end. Counts are not taken round. */
export class InboundCount implements TicketWatcher {
  readonly #onMove: () => void
  /** Stanzas that are settled, one after another from the first. */
  #settled: number
  /** Of those that follow. */
  #tickets: Ticket[] = []

  readonly #source: TicketSource | undefined

  /** `onMove`: more of what has come is ready, or settled. `source`: names the stream where the count is kept on disk. */
  constructor(
    onMove: () => void,
    { source, settled = 0 }: { source?: TicketSource | undefined; settled?: number } = {},
  ) {
    this.#onMove = onMove
    this.#source = source
    this.#settled = settled
  }

  get received(): number {
    return this.#settled + this.#tickets.length
  }

  /** How many may be acknowledged: none of them, nor any before it, has anything outstanding or has failed. */
  get settled(): number {
    return this.#settled
  }

  /** How many have come so far that no more than keeping them for a client is outstanding. */
  get ready(): number {
    let count = 0
    for (const ticket of this.#tickets) {
      if (!ticket.isReady || ticket.hasFailed) break
      count++
    }
    return this.#settled + count
  }

  /** What comes next can never be acknowledged. */
  get isStuck(): boolean {
    return this.#tickets[0]?.isReady === true && this.#tickets[0].hasFailed
  }

  /** Counts a stanza. */
  take(): Ticket {
    const ticket = new Ticket(this, this.#source, this.received + 1)
    this.#tickets.push(ticket)
    return ticket
  }

  ticketMoved(): void {
    let count = 0
    let isPrefix = true
    for (const ticket of this.#tickets) {
      if (!ticket.isReady || ticket.hasFailed) break
      ticket.itsTurn()
      isPrefix &&= ticket.isSettled
      if (isPrefix) count++
    }
    if (count > 0) {
      this.#settled += count
      this.#tickets = count === this.#tickets.length ? [] : this.#tickets.slice(count)
    }
    this.#onMove()
  }

  /** The client has been told how many are settled, and sends the others again. */
  restart(): void {
    for (const ticket of this.#tickets) ticket.itsTurn()
    this.#tickets = []
  }
}
