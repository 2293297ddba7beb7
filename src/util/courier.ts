import type { Clock, Timer } from './clock.ts'

export interface CourierOptions<J> {
  /** How many are under way at a time, in each lane. */
  readonly workers: number
  /** How many are held, waiting or under way; what comes beyond that is lost. */
  readonly mostHeld: number
  /** How many one lane may hold of these; all of them unless given. */
  readonly mostInLane?: number
  /** Milliseconds for which what could not be delivered is tried again; 0: nothing is. */
  readonly retryFor: number
  readonly clock: Clock
  /** A number from 0 up to 1, so that those who wait for the same thing do not all come back at once. */
  readonly random?: () => number
  deliver(job: J): Promise<unknown>
  /** Whether a failure says that the other side cannot be reached, and not that it does not want this one. */
  mayRetry?(error: unknown): boolean
  /** Told of each that is given up; `error` where it was tried. */
  onLost(loss: Loss<J>): void
}

/** Something that will not be delivered. */
export interface Loss<J> {
  readonly job: J
  readonly reason: 'full' | 'failed' | 'closed'
  readonly error?: unknown
}

interface Held<J> {
  readonly job: J
  readonly number: number
  readonly since: number
}

interface Lane<J> {
  readonly name: string
  readonly waiting: Held<J>[]
  underWay: number
  /** Failures since the last success. */
  failures: number
  /** Set while the lane waits for the other side to come back. */
  pause: Timer | undefined
}

const firstPause = 1000
const longestPause = 60_000

/**
 * Delivers jobs to somebody who may be slow or away, without anybody waiting for it: a few at a time, in their order as far as
 * they are delivered one by one, holding no more than so many. Lanes keep one that does not answer from holding up the others.
 * While the other side is away a lane sends one job at a time, at growing intervals.
 */
export class Courier<J> {
  readonly #options: CourierOptions<J>
  readonly #lanes = new Map<string, Lane<J>>()
  #held = 0
  #count = 0
  #isClosed = false
  readonly #idle = new Set<() => void>()

  constructor(options: CourierOptions<J>) {
    this.#options = options
  }

  /** How many are waiting or under way. */
  get held(): number {
    return this.#held
  }

  /** Takes a job, or loses it when there are too many. Never throws. */
  put(job: J, laneName = ''): void {
    const { mostHeld, mostInLane = mostHeld, onLost, clock } = this.#options
    const lane = this.#lanes.get(laneName) ?? {
      name: laneName,
      waiting: [],
      underWay: 0,
      failures: 0,
      pause: undefined,
    }
    const isFull = this.#held >= mostHeld || lane.waiting.length + lane.underWay >= mostInLane
    if (this.#isClosed || isFull) {
      onLost({ job, reason: this.#isClosed ? 'closed' : 'full' })
      return
    }
    this.#lanes.set(laneName, lane)
    this.#held++
    lane.waiting.push({ job, number: this.#count++, since: clock.now() })
    this.#pump(lane)
  }

  /** Takes nothing any more. Resolves when what can be delivered has been, or time is up; the rest is lost. */
  async close(limit: number): Promise<void> {
    this.#isClosed = true
    for (const lane of this.#lanes.values()) if (lane.failures > 0) this.#giveUp(lane, 0, 'closed')
    if (this.#held > 0) await this.#idleWithin(limit)
    for (const lane of this.#lanes.values()) this.#giveUp(lane, 0, 'closed')
  }

  #idleWithin(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel()
        this.#idle.delete(done)
        resolve()
      }
      const timer = this.#options.clock.after(limit, done)
      this.#idle.add(done)
    })
  }

  #pump(lane: Lane<J>): void {
    const workers = lane.failures > 0 ? 1 : this.#options.workers
    while (lane.pause === undefined && lane.underWay < workers) {
      const next = lane.waiting.shift()
      if (next === undefined) break
      void this.#deliver(lane, next)
    }
    if (lane.waiting.length === 0 && lane.underWay === 0) {
      lane.pause?.cancel()
      this.#lanes.delete(lane.name)
    }
    if (this.#held === 0) for (const done of this.#idle) done()
  }

  async #deliver(lane: Lane<J>, held: Held<J>): Promise<void> {
    lane.underWay++
    try {
      await this.#options.deliver(held.job)
      lane.failures = 0
      this.#held--
    } catch (error) {
      this.#failed(lane, held, error)
    }
    lane.underWay--
    this.#pump(lane)
  }

  #failed(lane: Lane<J>, held: Held<J>, error: unknown): void {
    const { clock, retryFor, mayRetry, onLost } = this.#options
    if (retryFor === 0 || this.#isClosed || mayRetry?.(error) !== true) {
      this.#held--
      onLost({ job: held.job, reason: 'failed', error })
      return
    }
    const place = lane.waiting.findIndex(({ number }) => number > held.number)
    lane.waiting.splice(place < 0 ? lane.waiting.length : place, 0, held)
    const old = clock.now() - retryFor
    const kept = lane.waiting.findIndex(({ since }) => since > old)
    this.#giveUp(lane, kept < 0 ? 0 : lane.waiting.length - kept, 'failed', error)
    this.#rest(lane)
  }

  /** Loses the oldest, so that the youngest `left` stay. */
  #giveUp(lane: Lane<J>, left: number, reason: Loss<J>['reason'], error?: unknown): void {
    const gone = lane.waiting.splice(0, lane.waiting.length - left)
    this.#held -= gone.length
    for (const { job } of gone) this.#options.onLost({ job, reason, error })
    if (left > 0) return
    lane.pause?.cancel()
    lane.pause = undefined
  }

  #rest(lane: Lane<J>): void {
    if (lane.pause !== undefined || lane.waiting.length === 0) return
    const { clock, random = Math.random } = this.#options
    const longest = Math.min(longestPause, firstPause * 2 ** Math.min(lane.failures, 10))
    lane.failures++
    lane.pause = clock.after(longest * (0.5 + random() / 2), () => {
      lane.pause = undefined
      this.#pump(lane)
    })
  }
}
