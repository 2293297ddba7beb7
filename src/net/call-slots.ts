import type { Clock } from '../util/clock.ts'

export interface CallSlotsOptions {
  /** How many calls run at a time. */
  readonly workers: number
  /** Milliseconds that a call may take, waiting for its turn included. */
  readonly callTimeout: number
  /** How many calls may wait; no limit without it. */
  readonly maxWaiting?: number | undefined
  readonly clock: Clock
}

/** A call to another service could not be made or was not answered. */
export class CallFailed extends Error {
  override readonly name: string = 'CallFailed'
}

/** The service has understood a call and does not want it: the same again would fare no better. */
export class CallRefused extends CallFailed {
  override readonly name = 'CallRefused'
}

/**
 * Runs calls to another service a few at a time, each within its time. A call that is out of time fails at once; its slot
 * is free when what it runs has ended, which the signal asks it to do.
 */
export class CallSlots {
  readonly #options: CallSlotsOptions
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(options: CallSlotsOptions) {
    this.#options = options
  }

  /** Rejects with CallFailed when too many wait or time is up, else with what the call rejects with. */
  run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { workers, maxWaiting = Number.POSITIVE_INFINITY, callTimeout, clock } = this.#options
    const mustWait = this.#running >= workers
    if (mustWait && this.#waiting.size >= maxWaiting)
      return Promise.reject(new CallFailed('too many calls are waiting'))
    const stop = new AbortController()
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#running++
        call(stop.signal)
          .then(resolve, reject)
          .finally(() => {
            timer.cancel()
            this.#leave()
          })
      }
      const timer = clock.after(callTimeout, () => {
        const failure = new CallFailed('the call took too long')
        this.#waiting.delete(start)
        reject(failure)
        stop.abort(failure)
      })
      if (mustWait) this.#waiting.add(start)
      else start()
    })
  }

  #leave(): void {
    this.#running--
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    next()
  }
}
