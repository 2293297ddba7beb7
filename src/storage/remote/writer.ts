import { StorageUnavailable } from '../errors.ts'
import { BackOff } from './back-off.ts'
import { type Alone, isWork, type Outcome, refusalOf, type Work } from './job.ts'
import { Line, type LineOptions } from './line.ts'
import { type Link, LinkFailure, type Reply, type Statement } from './link.ts'
import { Marks } from './marks.ts'
import { plain, runJobs, runOneByOne } from './transaction.ts'
import { WorkQueue } from './work-queue.ts'

export interface WriterOptions extends LineOptions {
  /** Most statements that share a commit. */
  batchRows: number
  /** Milliseconds that a read may wait for its turn. */
  callTimeout: number
  /** Longest pause between two attempts to reach the database, in milliseconds. */
  maxStartInterval: number
  /** Milliseconds since the epoch. */
  now: () => number
  /** Trouble began (with the error) or ended. */
  onTrouble: (error: LinkFailure | undefined) => void
}

const COMMIT = plain('commit')
const ROLLBACK = plain('rollback')
const TROUBLE = 'the database is in trouble'
/** So many deadlocks in a row are taken for trouble. */
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
  readonly #line: Line
  readonly #backOff: BackOff
  readonly #queue = new WorkQueue()
  /** A batch whose commit was asked for and not answered. Its jobs are still the first of the queue. */
  #doubtful: { number: number; outcomes: readonly Outcome[]; jobs: readonly Work[] } | undefined
  #isRunning = false
  #isTroubled = false
  #failures = 0
  /** So many jobs get a commit of their own, since one of them cannot be committed. */
  #apart = 0
  #closing: (() => void) | undefined
  #isClosed = false

  constructor(options: WriterOptions) {
    this.#options = options
    this.#marks = new Marks(options.driver.words, options.now)
    this.#line = new Line(options, this.#marks, () => this.#wake())
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
    return this.#queue.bytes
  }

  /** Jobs that have not been answered. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Runs a query or a group, in its turn. In trouble a read is refused at once: somebody stands at its other end. */
  add(work: Work): void {
    if (work.isRead && this.#isTroubled) work.reject(unavailable(TROUBLE))
    else this.#push(work)
  }

  /** Runs work that nobody else's statements come between, in a transaction. */
  alone(job: Alone): void {
    if (this.#isTroubled) job.reject(unavailable(TROUBLE))
    else this.#push(job)
  }

  /** Commits what waits, if that is possible now, and closes. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#closing = resolve
      this.#backOff.hurry()
      this.#wake()
    })
  }

  #push(job: Work | Alone): void {
    this.#queue.push(job)
    this.#wake()
  }

  #wake(): void {
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    // Everything of this turn of the event loop leaves together.
    setImmediate(() => void this.#run())
  }

  async #run(): Promise<void> {
    this.#line.busy()
    while (!this.#isClosed) {
      try {
        const link = await this.#connect()
        if (this.#queue.isEmpty) break
        await this.#step(link)
        this.#recovered()
      } catch (error) {
        await this.#cope(asFailure(error))
      }
    }
    this.#isRunning = false
    if (this.#isClosed) return
    this.#recovered()
    if (this.#closing) await this.#finish(this.#closing)
    else this.#line.idle()
  }

  async #connect(): Promise<Link> {
    return this.#line.link ?? this.#line.connect((link) => this.#clearDoubt(link))
  }

  /** Finds out whether the commit took place that nobody answered. */
  async #clearDoubt(link: Link): Promise<void> {
    if (this.#doubtful === undefined) return
    const { number, jobs, outcomes } = this.#doubtful
    const isCommitted = await this.#marks.isCommitted(link, number)
    this.#doubtful = undefined
    if (isCommitted) this.#settle(jobs, outcomes)
  }

  /** Does one portion of what waits. */
  async #step(link: Link): Promise<void> {
    const { first } = this.#queue
    if (first === undefined) return
    if (!isWork(first)) {
      await this.#runAlone(this.#line.unhurried ?? link, first)
      return
    }
    const { batchRows } = this.#options
    const reads = this.#queue.leading(batchRows, (job) => job.isRead)
    if (this.#refuseLate(reads)) return
    if (reads.length > 0) await this.#runReads(link, reads)
    else if (first.isApart || this.#apart > 0) await this.#runWrites(link, [first])
    else
      await this.#runWrites(
        link,
        this.#queue.leading(batchRows, (job) => !job.isApart),
      )
  }

  /** Whether there were reads that had waited too long. */
  #refuseLate(reads: readonly Work[]): boolean {
    const expired = performance.now() - this.#options.callTimeout
    const late = reads.filter((job) => job.since < expired)
    const error = unavailable('the database took too long')
    this.#settle(
      late,
      late.map(() => error),
    )
    return late.length > 0
  }

  async #runReads(link: Link, jobs: readonly Work[]): Promise<void> {
    const { endOfReads } = this.#options.driver.words
    const ending = endOfReads === undefined ? [] : [plain(endOfReads)]
    try {
      const replies = await link.batch([...jobs.flatMap((job) => job.steps), ...ending])
      this.#settle(
        jobs,
        jobs.map((_, i) => replies.slice(i, i + 1)),
      )
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      if (ending.length > 0) await link.batch(ending)
      if (jobs.length === 1) this.#settle(jobs, [refusal])
      else for (const job of jobs) await this.#runReads(link, [job])
    }
  }

  async #runWrites(link: Link, jobs: readonly Work[]): Promise<void> {
    const { driver } = this.#options
    const { number, statement } = this.#marks.next()
    const run = this.#failures > 0 ? runOneByOne : runJobs
    const outcomes = await run(link, driver.words, jobs, statement)
    this.#doubtful = { number, jobs, outcomes }
    try {
      await link.batch([COMMIT])
    } catch (error) {
      const refusal = driver.words.refusesCommits ? refusalOf(error) : undefined
      if (refusal === undefined) throw error
      // A deferred constraint: the database has rolled back. Each job gets a commit of its own, so that the guilty one fails.
      this.#doubtful = undefined
      if (jobs.length === 1) this.#settle(jobs, [refusal])
      else this.#apart = jobs.length
      return
    }
    this.#doubtful = undefined
    this.#settle(jobs, outcomes)
    if (jobs.some((job) => job.isApart)) await driver.learnSchema(link)
  }

  #settle(jobs: readonly Work[], outcomes: readonly Outcome[]): void {
    this.#apart = Math.max(0, this.#apart - jobs.length)
    this.#queue.settle(jobs, outcomes)
  }

  async #runAlone(link: Link, job: Alone): Promise<void> {
    const { driver } = this.#options
    const { begin, lock, unlock } = driver.words
    this.#queue.shiftAlone()
    try {
      await link.batch([...(begin === undefined ? [] : [plain(begin)]), ...lock.map(plain)])
      await job.work(({ sql, parameters }) => runPlain(link, { sql, values: parameters }))
      await link.batch([COMMIT])
      job.resolve()
    } catch (error) {
      job.reject(refusalOf(error) ?? (error instanceof LinkFailure ? unavailable(error.message, error) : error))
      if (error instanceof LinkFailure && error.kind === 'trouble') throw error
      await link.batch([ROLLBACK])
    }
    await link.batch(unlock.map(plain))
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
  async #cope(failure: LinkFailure): Promise<void> {
    this.#failures++
    const { link } = this.#line
    if (failure.kind === 'again' && this.#failures < AGAIN && link !== undefined) {
      this.#doubtful = undefined
      await link.batch([ROLLBACK]).catch(() => this.#line.drop())
      return
    }
    this.#line.drop()
    // A connection that was merely cut is there again at once: no alarm for that.
    if (this.#failures === 1) return
    if (this.#closing) {
      this.#isClosed = true
      this.#queue.refuseAll(unavailable('the database was closed while in trouble'))
      this.#closing()
      return
    }
    if (!this.#isTroubled) {
      this.#isTroubled = true
      this.#options.onTrouble(failure)
    }
    this.#queue.refuseReads(unavailable(TROUBLE), this.#doubtful?.jobs ?? [])
    await this.#backOff.pause()
  }

  async #finish(done: () => void): Promise<void> {
    this.#isClosed = true
    await this.#line.close()
    done()
  }
}

async function runPlain(link: Link, statement: Statement): Promise<Reply> {
  try {
    const [reply] = await link.batch([statement])
    return reply ?? { rows: [], changes: 0, insertId: undefined }
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

function asFailure(error: unknown): LinkFailure {
  if (error instanceof LinkFailure) return error
  return new LinkFailure(String(error), { kind: 'trouble', code: 'MEERKAT_INTERNAL' })
}

function unavailable(text: string, cause?: unknown): StorageUnavailable {
  return new StorageUnavailable(text, { cause })
}
