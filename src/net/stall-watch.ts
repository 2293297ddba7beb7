import type { Clock } from '../util/clock.ts'

/** A connection whose peer may have stopped reading. */
export interface Stallable {
  /** True while bytes wait for the peer, or while its FIN is awaited. */
  readonly isWaitingForPeer: boolean
  /** A number that changes whenever the peer takes something. */
  readonly progress: number
  /** The peer took nothing for the whole limit. */
  stalled(): void
}

interface Watched {
  progress: number
  since: number
}

const sweepEvery = 1_000

/**
 * Finds peers that take nothing for `limit` milliseconds. One timer for all, which runs only while somebody is watched.
 */
export class StallWatch {
  readonly #clock: Clock
  readonly #limit: number
  readonly #watched = new Map<Stallable, Watched>()
  #isRunning = false

  constructor(clock: Clock, limit = 15_000) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Begins to watch; goes on until the connection waits no longer. */
  watch(one: Stallable): void {
    if (this.#watched.has(one)) return
    this.#watched.set(one, { progress: one.progress, since: this.#clock.now() })
    this.#schedule()
  }

  forget(one: Stallable): void {
    this.#watched.delete(one)
  }

  #schedule(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#clock.after(sweepEvery, () => {
      this.#isRunning = false
      this.#sweep()
      if (this.#watched.size > 0) this.#schedule()
    })
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const [one, seen] of this.#watched) {
      if (!one.isWaitingForPeer) {
        this.#watched.delete(one)
      } else if (one.progress !== seen.progress) {
        seen.progress = one.progress
        seen.since = now
      } else if (now - seen.since >= this.#limit) {
        this.#watched.delete(one)
        one.stalled()
      }
    }
  }
}
