import { StorageUnavailable } from '../errors.ts'
import { isWork, type Job, type Outcome, settle, type Work } from './job.ts'

/** Jobs in the order in which they were asked for, until they are answered. */
export class WorkQueue {
  readonly #jobs: Job[] = []
  #bytes = 0

  /** Bytes of the work that has not been answered. */
  get bytes(): number {
    return this.#bytes
  }

  get first(): Job | undefined {
    return this.#jobs[0]
  }

  get length(): number {
    return this.#jobs.length
  }

  get isEmpty(): boolean {
    return this.#jobs.length === 0
  }

  push(job: Job): void {
    if (isWork(job)) this.#bytes += job.bytes
    this.#jobs.push(job)
  }

  /** Takes out the first job, if it is not work. */
  shiftAlone(): void {
    if (this.first && !isWork(this.first)) this.#jobs.shift()
  }

  /** The first jobs that fit, with at most so many statements in all; at least one if the first fits. */
  leading(rows: number, fits: (work: Work) => boolean): Work[] {
    const found: Work[] = []
    let count = 0
    for (const job of this.#jobs) {
      if (!isWork(job) || !fits(job) || (count > 0 && count + job.steps.length > rows)) break
      found.push(job)
      count += job.steps.length
    }
    return found
  }

  /** Takes out jobs, of which they are the first, and answers them. */
  settle(jobs: readonly Work[], outcomes: readonly Outcome[]): void {
    this.#jobs.splice(0, jobs.length)
    for (const [i, job] of jobs.entries()) {
      this.#bytes -= job.bytes
      settle(job, outcomes[i] ?? new StorageUnavailable('the database gave no answer'))
    }
  }

  /** Refuses what is not worth keeping while nothing can be done: all but writes, and what `kept` has. */
  refuseReads(error: Error, kept: readonly Work[]): void {
    const spared = new Set<Job>(kept)
    this.#refuse(error, (job) => !isWork(job) || (job.isRead && !spared.has(job)))
  }

  refuseAll(error: Error): void {
    this.#refuse(error, () => true)
  }

  #refuse(error: Error, isRefused: (job: Job) => boolean): void {
    for (const job of this.#jobs.splice(0)) {
      if (!isRefused(job)) {
        this.#jobs.push(job)
        continue
      }
      if (isWork(job)) this.#bytes -= job.bytes
      job.reject(error)
    }
  }
}
