/** Told when a ticket moves on. */
export interface TicketWatcher {
  ticketMoved(): void
}

/** A stream whose stanzas are numbered for good. */
export interface TicketSource {
  readonly id: string
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number
  /** How often it has gone on without anybody knowing what had come of everything: then what comes may have come before. */
  readonly repeats: number
}

/**
 * Counts the writes that one received stanza has caused and that are not on disk yet. What acknowledges the stanza to its
 * sender (XEP-0198) waits until it is settled: everything that came of it has been committed.
 *
 * There are two kinds of claims on it. Writes (`hold`) are waited for in any order. What keeps the stanza for a client (`keep`)
 * comes last: it is written once the ticket is ready, together with the count that tells the sender so, and so neither is ever
 * on disk without the other.
 */
export class Ticket {
  #open = 1
  #kept = 0
  #failed = false
  #watchers: TicketWatcher[] | undefined
  readonly #source: TicketSource | undefined
  readonly #number: number
  #isInTurn: boolean

  /** The watcher is told when the ticket becomes ready and when it is settled. `number`: which one of the source it is. */
  constructor(watcher?: TicketWatcher, source?: TicketSource, number = 0) {
    this.#source = source
    this.#number = number
    this.#isInTurn = source === undefined
    this.#watchers = watcher === undefined ? undefined : [watcher]
  }

  /** The stanza has been handled and its writes are on disk; it may yet have to be kept for somebody. */
  get isReady(): boolean {
    return this.#open === 0
  }

  /**
   * Names the stanza for good, where its sender sends it again after a crash unless it is on disk that it has been received: the
   * second time it has the same name.
   */
  get origin(): string | undefined {
    return this.#source === undefined ? undefined : `${this.#source.id}/${this.#number}`
  }

  /** The stream that it came on, where that numbers its stanzas for good. */
  get source(): TicketSource | undefined {
    return this.#source
  }

  /** Whether the stanza may be kept for a client: it is ready, and all that came before it from the same sender is too. */
  get mayBeKept(): boolean {
    return this.#isInTurn && this.isReady
  }

  /** What came before it is ready, or is of no concern any more. */
  itsTurn(): void {
    this.#isInTurn = true
  }

  /** Nothing outstanding any more. */
  get isSettled(): boolean {
    return this.#open === 0 && this.#kept === 0
  }

  /** One of its writes was refused: the stanza must not be acknowledged. */
  get hasFailed(): boolean {
    return this.#failed
  }

  /** Tells this one too of what happens from now on. */
  watch(watcher: TicketWatcher): void {
    this.#watchers ??= []
    if (!this.#watchers.includes(watcher)) this.#watchers.push(watcher)
  }

  /** Waits for a write. Its failure is remembered here and thus handled. */
  hold(write: Promise<unknown>): void {
    this.#open++
    write.then(
      () => this.handled(),
      () => {
        this.#failed = true
        this.handled()
      },
    )
  }

  /** The stanza itself has been handled; to be called once by who made the ticket. */
  handled(): void {
    this.#open--
    if (this.#open === 0) this.#tell()
  }

  /** The stanza is to be kept for a client. */
  keep(): void {
    this.#kept++
  }

  /** It is kept, or need not be any more. */
  kept(): void {
    this.#kept--
    if (this.isSettled) this.#tell()
  }

  #tell(): void {
    for (const watcher of this.#watchers ?? []) watcher.ticketMoved()
  }
}

/** A ticket for something of the server's own, and when it is settled; rejects when one of its writes was refused. */
export function ownTicket(): { readonly ticket: Ticket; readonly settled: Promise<void> } {
  let look = (): void => {}
  const ticket = new Ticket({ ticketMoved: () => look() })
  const settled = new Promise<void>((resolve, reject) => {
    look = () => {
      if (!ticket.isSettled) return
      if (ticket.hasFailed) reject(new Error('a write was refused'))
      else resolve()
    }
  })
  return { ticket, settled }
}
