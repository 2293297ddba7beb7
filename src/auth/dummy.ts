import type { Clock } from '../util/clock.ts'
import type { AuthMethod } from './method.ts'

export interface DummyOptions {
  /** Least delay of an answer, in milliseconds. */
  readonly baseTime: number
  /** Most milliseconds more. */
  readonly variance: number
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random?: () => number
}

/** The method `dummy`, for load tests: everybody is let in, after as long as a slow store might take. */
export class DummyAccounts implements AuthMethod {
  readonly name = 'dummy'
  readonly #options: DummyOptions

  constructor(options: DummyOptions) {
    this.#options = options
  }

  exists(): Promise<boolean> {
    return Promise.resolve(true)
  }

  checkPassword(): Promise<boolean> {
    const { baseTime, variance, clock, random = Math.random } = this.#options
    return new Promise((resolve) => {
      clock.after(baseTime + Math.floor(random() * variance), () => resolve(true))
    })
  }

  register(): Promise<'created'> {
    return Promise.resolve('created')
  }

  setPassword(): Promise<boolean> {
    return Promise.resolve(true)
  }

  remove(): Promise<boolean> {
    return Promise.resolve(true)
  }
}
