/**
 * Decides when an open batch is committed. A commit costs some 75 us of processor time and one fsync whatever is in it, a row
 * in a large batch 3 us; so under load batches should fill, while a lone write should not wait for company that does not come.
 *
 * A credit does the first: commits are worth one unit, a unit grows back every `interval`, and at most `BURST` are saved up. With
 * credit a batch is committed as soon as nothing else waits in the queue; without, when the next unit has grown, which is at
 * most `interval` later. A steady load thus commits once an interval.
 *
 * The second follows from what waiting has brought: somebody whose next write needs the answer to the last one is alone with
 * each of them. After a wait that was in vain nobody waits any more, until a batch has company without it; now and then it is
 * tried again.
 */
export class CommitPace {
  readonly #interval: number
  readonly #now: () => number
  #credit = BURST
  #counted: number
  #isVain = false
  /** Commits without credit, and without a wait, that may follow before a wait is tried again. */
  #untilTried = 0

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
    if (this.#credit >= 1) return 0
    if (this.#isVain && this.#untilTried-- > 0) return 0
    return (1 - this.#credit) * this.#interval
  }

  /** Counts a commit. `turns`: how often something came for it; `hasWaited`: whether it was put off. */
  committed(turns: number, hasWaited: boolean): void {
    if (this.#interval <= 0) return
    this.#grow()
    this.#credit = Math.max(0, this.#credit - 1)
    if (turns > 1) this.#isVain = false
    else if (hasWaited) {
      this.#isVain = true
      this.#untilTried = TRIED_ONE_IN
    }
  }

  #grow(): void {
    const now = this.#now()
    this.#credit = Math.min(BURST, this.#credit + (now - this.#counted) / this.#interval)
    this.#counted = now
  }
}

/** So many commits in a row an idle database makes without waiting: a login or a registration has a few dependent writes. */
const BURST = 8
/** While waiting is in vain it is tried with one commit in so many. */
const TRIED_ONE_IN = 50
