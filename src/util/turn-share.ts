import type { Eventually } from './settled.ts'

/**
 * Divides work that comes in crowds among turns of the event loop, so that others get theirs in between. Once so much has been
 * done, jobs wait for the next turn, in their order; until then they run at once, with no promise made.
 */
export class TurnShare {
  readonly #most: number
  #spent = 0
  #waiting: (() => void)[] = []

  /** `most`: what may be spent before others have a turn, in whatever unit {@link spend} counts. */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether a job would run at once. */
  get isFree(): boolean {
    return this.#spent < this.#most && this.#waiting.length === 0
  }

  /** Counts what a job has cost. */
  spend(cost: number): void {
    this.#spent += cost
  }

  run<T>(job: () => Eventually<T>): Eventually<T> {
    if (this.isFree) return job()
    return new Promise((resolve, reject) => {
      const isFirst = this.#waiting.length === 0
      this.#waiting.push(() => {
        try {
          resolve(job())
        } catch (error) {
          reject(error)
        }
      })
      if (isFirst) setImmediate(() => this.#turn())
    })
  }

  #turn(): void {
    this.#spent = 0
    let next = 0
    while (next < this.#waiting.length && this.#spent < this.#most) this.#waiting[next++]?.()
    this.#waiting = this.#waiting.slice(next)
    if (this.#waiting.length > 0) setImmediate(() => this.#turn())
  }
}
