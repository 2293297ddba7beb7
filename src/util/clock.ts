/** Something that was scheduled and can be called off. */
export interface Timer {
  /** Calls it off; does nothing when it has already run. */
  cancel(): void
}

/** The only source of time in the server: injected, so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `run` once, `ms` milliseconds from now. A pending timer never keeps the process alive. */
  after(ms: number, run: () => void): Timer
}

/** The clock of the operating system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

interface Pending {
  due: number
  run: () => void
}

/** A clock for tests that stands still until it is told to advance. */
export class FakeClock implements Clock {
  #now: number
  #pending: Pending[] = []

  constructor(start = 1_700_000_000_000) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Timer {
    const entry = { due: this.#now + ms, run }
    this.#pending.push(entry)
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry)
      },
    }
  }

  /** Moves time on by `ms`, running what falls due in its order; timers set meanwhile run too if they fall due. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#pending.filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      this.#pending = this.#pending.filter((entry) => entry !== next)
      this.#now = Math.max(this.#now, next.due)
      next.run()
    }
    this.#now = end
  }
}
