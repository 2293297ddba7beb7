/**
 * Decides when an open batch is committed. A commit costs some 75 us of processor time and one fsync whatever is in it, a row
 * in a large batch 3 us; so under load batches should fill, while a lone write should not wait for company that does not come.
 * Both follow from a credit: commits are worth one unit, a unit grows back every `interval`, and at most `BURST` are saved up.
 * With credit a batch is committed as soon as nothing else waits in the queue; without, when the next unit has grown, which is
 * at most `interval` later. A steady load thus commits once an interval; a write (or a few that follow each other) at once.
 */
export class CommitPace {
  readonly #interval: number
  readonly #now: () => number
  #credit = BURST
  #counted: number

  /** `interval` in milliseconds, 0 for no waiting. */
  constructor(interval: number, now: () => number) {
    this.#interval = interval
    this.#now = now
    this.#counted = now()
  }

  /** Milliseconds until a batch may be committed; 0: now. */
  delay(): number {
    if (this.#interval <= 0) return 0
    this.#grow()
    return this.#credit >= 1 ? 0 : (1 - this.#credit) * this.#interval
  }

  /** Counts a commit. */
  committed(): void {
    if (this.#interval <= 0) return
    this.#grow()
    this.#credit = Math.max(0, this.#credit - 1)
  }

  #grow(): void {
    const now = this.#now()
    this.#credit = Math.min(BURST, this.#credit + (now - this.#counted) / this.#interval)
    this.#counted = now
  }
}

/** So many commits in a row an idle database makes without waiting: a login or a registration has a few dependent writes. */
const BURST = 8
