import type { Eventually } from './settled.ts'

/** Runs jobs side by side, but no more than `most` at a time; further ones wait in line. */
export class Gate {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(most: number) {
    this.#most = most
  }

  /** How many are under way. */
  get inside(): number {
    return this.#inside
  }

  /** A job that is synchronous runs at once, with no promise made, where there is room. */
  run<T>(job: () => Eventually<T>): Eventually<T> {
    if (this.#inside >= this.#most) return this.#wait(job)
    const outcome = job()
    return outcome instanceof Promise ? this.#count(outcome) : outcome
  }

  async #wait<T>(job: () => Eventually<T>): Promise<T> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.run(job)
  }

  #count<T>(outcome: Promise<T>): Promise<T> {
    this.#inside++
    const leave = () => {
      this.#inside--
      this.#waiting.shift()?.()
    }
    outcome.then(leave, leave)
    return outcome
  }
}
