/**
 * Counts the writes that one received stanza has caused and that are not on disk yet. What acknowledges the stanza to its
 * sender (XEP-0198) waits until it is settled: everything that came of it has been committed.
 */
export class Ticket {
  #open = 1
  #failed = false
  readonly #onSettled: (ticket: Ticket) => void

  /** `onSettled` is called once, when the stanza has been handled and nothing that it caused is outstanding. */
  constructor(onSettled: (ticket: Ticket) => void) {
    this.#onSettled = onSettled
  }

  /** Nothing outstanding any more. */
  get isSettled(): boolean {
    return this.#open === 0
  }

  /** One of its writes was refused: the stanza must not be acknowledged. */
  get hasFailed(): boolean {
    return this.#failed
  }

  /** Waits for a write. Its failure is remembered here and thus handled. */
  hold(write: Promise<unknown>): void {
    this.#open++
    write.then(
      () => this.#release(),
      () => {
        this.#failed = true
        this.#release()
      },
    )
  }

  /** The stanza itself has been handled; to be called once by who made the ticket. */
  handled(): void {
    this.#release()
  }

  #release(): void {
    this.#open--
    if (this.#open === 0) this.#onSettled(this)
  }
}
