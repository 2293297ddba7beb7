import { StorageUnavailable } from '../errors.ts'
import { BackOff } from './back-off.ts'
import { type Alone, isWork, type Job, type Outcome, refusalOf, settle, type Work } from './job.ts'
import { type Driver, type Link, LinkFailure } from './link.ts'
import { Marks } from './marks.ts'
import { timed } from './timed-link.ts'
import { plain, runJobs, runOneByOne } from './transaction.ts'

export interface WriterOptions {
  driver: Driver
  /** Most statements that share a commit. */
  batchRows: number
  /** Milliseconds that a statement may take. */
  queryTimeout: number
  /** Milliseconds that a read may wait for its turn. */
  callTimeout: number
  /** Longest pause between two attempts to reach the database, in milliseconds. */
  maxStartInterval: number
  /** Milliseconds between two signs of life on an idle connection; undefined: none. */
  keepalive: number | undefined
  /** Milliseconds since the epoch. */
  now: () => number
  /** Trouble began (with the error) or ended. */
  onTrouble: (error: LinkFailure | undefined) => void
}

const COMMIT = plain('commit')
const TROUBLE = 'the database is in trouble'
/** So many failures of another kind than the server's in a row are taken for trouble. */
const AGAIN = 20

/**
 * The connection that everything of a database passes through, in order. Reads with no write before them run at once; writes,
 * and the reads behind them, share a transaction with whatever else is waiting when the connection is free, and are answered
 * after its commit. So the database sets the pace: the longer a commit takes, the more share the next one.
 *
 * A batch whose connection broke is kept and run again, unless its commit turns out to have taken place (see `Marks`).
 */
export class OrderedWriter {
  readonly #options: WriterOptions
  readonly #marks: Marks
  readonly #backOff: BackOff
  readonly #queue: Job[] = []
  #link: Link | undefined
  /** The same without a limit of time: migrations may take long. */
  #unhurried: Link | undefined
  /** A batch whose commit was asked for and not answered. Its jobs are still in the queue. */
  #doubtful: { number: number; outcomes: readonly Outcome[]; jobs: readonly Work[] } | undefined
  #outstanding = 0
  #isRunning = false
  #isTroubled = false
  #failures = 0
  /** So many jobs get a commit of their own, since one of them cannot be committed. */
  #apart = 0
  #closing: { resolve(): void } | undefined
  #isClosed = false
  #keepalive: NodeJS.Timeout | undefined

  constructor(options: WriterOptions) {
    this.#options = options
    this.#marks = new Marks(options.driver.words, options.now)
    this.#backOff = new BackOff(options.maxStartInterval)
  }

  /** Connects for the first time. Rejects with the `LinkFailure` if that is not possible. */
  async open(): Promise<void> {
    try {
      await this.#connect()
    } catch (error) {
      this.#isClosed = true
      throw error
    }
  }

  /** Bytes of jobs that have not been answered. */
  get outstanding(): number {
    return this.#outstanding
  }

  add(work: Work): void {
    if (work.isRead && this.#isTroubled) {
      work.reject(unavailable(TROUBLE))
      return
    }
    this.#outstanding += work.bytes
    this.#queue.push(work)
    this.#wake()
  }

  /** Runs work that nobody else's statements come between, in a transaction. */
  alone(job: Alone): void {
    if (this.#isTroubled) {
      job.reject(unavailable(TROUBLE))
      return
    }
    this.#queue.push(job)
    this.#wake()
  }

  /** Commits what waits, if that is possible now, and closes. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closing = { resolve }
      this.#backOff.hurry()
      this.#wake()
    })
  }

  #wake(): void {
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    // Everything of this turn of the event loop leaves together.
    setImmediate(() => void this.#run())
  }

  async #run(): Promise<void> {
    clearTimeout(this.#keepalive)
    while (!this.#isClosed) {
      try {
        const link = await this.#connect()
        if (this.#queue.length === 0) break
        await this.#step(link)
        this.#recovered()
      } catch (error) {
        await this.#cope(error)
      }
    }
    this.#isRunning = false
    if (this.#isClosed) return
    this.#recovered()
    if (this.#closing) await this.#finish()
    else if (this.#queue.length > 0) this.#wake()
    else this.#watch()
  }

  async #connect(): Promise<Link> {
    if (this.#link && !this.#link.isLost) return this.#link
    const { driver, queryTimeout } = this.#options
    const slow = await driver.connect('writer')
    const link = timed(slow, queryTimeout * 2 + 1000)
    try {
      await this.#marks.register(link)
      await driver.learnSchema(link)
      await this.#clearDoubt(link)
    } catch (error) {
      link.destroy()
      throw error
    }
    slow.onLost = () => this.#wake()
    this.#unhurried = slow
    this.#link = link
    return link
  }

  /** Finds out whether the commit took place that nobody answered. */
  async #clearDoubt(link: Link): Promise<void> {
    if (this.#doubtful === undefined) return
    const { number, jobs, outcomes } = this.#doubtful
    const isCommitted = await this.#marks.isCommitted(link, number)
    this.#doubtful = undefined
    if (isCommitted) this.#settleAll(jobs, outcomes)
  }

  /** Does one portion of what waits. */
  async #step(link: Link): Promise<void> {
    const [first] = this.#queue
    if (first === undefined) return
    if (!isWork(first)) return this.#runAlone(this.#unhurried ?? link, first)
    const reads = this.#waiting((job) => job.isRead)
    if (reads.length > 0) return this.#runReads(link, reads)
    if (first.isApart || this.#apart > 0) return this.#runWrites(link, [first])
    return this.#runWrites(
      link,
      this.#waiting((job) => !job.isApart),
    )
  }

  /** The first jobs of the queue that fit, as many as share a commit. */
  #waiting(fits: (job: Work) => boolean): Work[] {
    const jobs: Work[] = []
    let rows = 0
    for (const job of this.#queue) {
      if (!isWork(job) || !fits(job) || (rows > 0 && rows + job.steps.length > this.#options.batchRows)) break
      jobs.push(job)
      rows += job.steps.length
    }
    return jobs
  }

  async #runReads(link: Link, jobs: readonly Work[]): Promise<void> {
    const expired = performance.now() - this.#options.callTimeout
    const late = jobs.filter((job) => job.since < expired)
    if (late.length > 0)
      return this.#settleAll(
        late,
        late.map(() => unavailable('the database took too long')),
      )
    const { endOfReads } = this.#options.driver.words
    const ending = endOfReads === undefined ? [] : [plain(endOfReads)]
    try {
      const replies = await link.batch([...jobs.flatMap((job) => job.steps), ...ending])
      this.#settleAll(
        jobs,
        jobs.map((_, i) => replies.slice(i, i + 1)),
      )
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      if (ending.length > 0) await link.batch(ending)
      if (jobs.length === 1) return this.#settleAll(jobs, [refusal])
      for (const job of jobs) await this.#runReads(link, [job])
    }
  }

  async #runWrites(link: Link, jobs: readonly Work[]): Promise<void> {
    const { words } = this.#options.driver
    const { number, statement } = this.#marks.next()
    const run = this.#failures > 0 ? runOneByOne : runJobs
    const outcomes = await run(link, words, jobs, statement)
    this.#doubtful = { number, jobs, outcomes }
    try {
      await link.batch([COMMIT])
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      // A deferred constraint: the database has rolled back. Each job gets a commit of its own, so that the guilty one fails.
      this.#doubtful = undefined
      if (jobs.length === 1) this.#settleAll(jobs, [refusal])
      else this.#apart = jobs.length
      return
    }
    this.#doubtful = undefined
    this.#settleAll(jobs, outcomes)
    if (jobs.some((job) => job.isApart)) await this.#options.driver.learnSchema(link)
  }

  /** Takes jobs from the queue, of which they are the first, and answers them. */
  #settleAll(jobs: readonly Work[], outcomes: readonly Outcome[]): void {
    this.#queue.splice(0, jobs.length)
    this.#apart = Math.max(0, this.#apart - jobs.length)
    for (const [i, job] of jobs.entries()) {
      this.#outstanding -= job.bytes
      settle(job, outcomes[i] ?? unavailable('the database gave no answer'))
    }
  }

  async #runAlone(link: Link, job: Alone): Promise<void> {
    const { driver } = this.#options
    const { words } = driver
    this.#queue.shift()
    try {
      if (words.begin !== undefined) await link.batch([plain(words.begin)])
      await link.batch(words.lock.map(plain))
      await job.work(async ({ sql, parameters }) => {
        const [reply] = await link.batch([{ sql, values: parameters as never }])
        return reply ?? { rows: [], changes: 0, insertId: undefined }
      })
      await link.batch([COMMIT])
      job.resolve()
    } catch (error) {
      job.reject(refusalOf(error) ?? (error instanceof LinkFailure ? unavailable(error.message, error) : error))
      if (error instanceof LinkFailure && error.kind === 'trouble') throw error
      await link.batch([plain('rollback')])
    }
    if (words.unlock !== undefined) await link.batch([plain(words.unlock)])
    await driver.learnSchema(link)
  }

  #recovered(): void {
    this.#failures = 0
    this.#backOff.reset()
    if (!this.#isTroubled) return
    this.#isTroubled = false
    this.#options.onTrouble(undefined)
  }

  /** After a failure that was not a statement's: drops the connection and waits before the next attempt. */
  async #cope(error: unknown): Promise<void> {
    const failure = asFailure(error)
    this.#failures++
    if (failure.kind === 'again' && this.#failures < AGAIN && this.#link && !this.#link.isLost) {
      this.#doubtful = undefined
      await this.#link.batch([plain('rollback')]).catch(() => this.#link?.destroy())
      return
    }
    this.#link?.destroy()
    this.#link = undefined
    if (this.#closing && this.#failures > 1) return this.#giveUp()
    // A connection that was merely cut is there again at once: no alarm for that.
    if (this.#failures === 1) return
    if (!this.#isTroubled) {
      this.#isTroubled = true
      this.#options.onTrouble(failure)
    }
    this.#refuseReads()
    await this.#backOff.pause()
  }

  /** A read is worth waiting for an attempt or two; somebody stands at its other end. So does whoever starts a server. */
  #refuseReads(): void {
    const held = new Set<Job>(this.#doubtful?.jobs)
    const error = unavailable(TROUBLE)
    const kept: Job[] = []
    for (const job of this.#queue) {
      if (!isWork(job)) job.reject(error)
      else if (!job.isRead || held.has(job)) kept.push(job)
      else {
        this.#outstanding -= job.bytes
        job.reject(error)
      }
    }
    this.#queue.splice(0, this.#queue.length, ...kept)
  }

  #giveUp(): void {
    const lost = unavailable('the database was closed while in trouble')
    for (const job of this.#queue.splice(0)) job.reject(lost)
    this.#outstanding = 0
    this.#isClosed = true
    this.#closing?.resolve()
  }

  async #finish(): Promise<void> {
    this.#isClosed = true
    const link = this.#link
    try {
      if (link !== undefined) await this.#marks.drop(link)
      await link?.end()
    } catch {
      link?.destroy()
    }
    this.#closing?.resolve()
  }

  #watch(): void {
    const { keepalive } = this.#options
    if (keepalive === undefined) return
    this.#keepalive = setTimeout(() => {
      this.#link
        ?.batch([plain('select 1'), ...(this.#options.driver.words.endOfReads ? [COMMIT] : [])])
        .catch(() => this.#link?.destroy())
        .finally(() => !this.#isRunning && !this.#isClosed && this.#watch())
    }, keepalive)
    this.#keepalive.unref()
  }
}

function asFailure(error: unknown): LinkFailure {
  if (error instanceof LinkFailure) return error
  return new LinkFailure(String(error), { kind: 'trouble', code: 'MEERKAT_INTERNAL' })
}

function unavailable(text: string, cause?: unknown): StorageUnavailable {
  return new StorageUnavailable(text, { cause })
}
