import type { Connection } from '../driver.ts'
import { type JobsMessage, UNAVAILABLE } from '../wire.ts'
import type { Answers } from './answers.ts'
import { backUp } from './backup.ts'
import { Batch } from './batch.ts'
import { CommitPace } from './commit-pace.ts'
import { answerWork, JobRunner, type VerbJob, type Work } from './job.ts'
import { StepError } from './statements.ts'
import type { WalKeeper } from './wal-keeper.ts'

/** First and longest pause between attempts to commit while in trouble, in milliseconds. */
const RETRY_FIRST = 50
const RETRY_LONGEST = 1000
/** What is in the queue already joins a full batch, up to so many times its size: on a slow disk that saves whole commits. */
const QUEUED = 10

interface WriterOptions {
  connection: Connection
  answers: Answers
  wal: WalKeeper
  flushInterval: number
  flushRows: number
}

/**
 * The thread that everything of a database passes through, in order. Reads are answered at once (and see the open batch),
 * writes after the commit of their batch. In trouble nothing that was accepted is dropped: the batch is rolled back, run again
 * and committed again until that succeeds. As long as it can at least be run, reads and writes go on in the open transaction;
 * when not even that is possible (it is "stuck"), jobs wait in order, reads until the next attempt only.
 */
export class Writer {
  readonly #connection: Connection
  readonly #answers: Answers
  readonly #wal: WalKeeper
  readonly #runner: JobRunner
  readonly #batch: Batch
  readonly #pace: CommitPace
  readonly #flushRows: number
  #flushTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #retryPause = RETRY_FIRST
  #isTroubled = false
  #isStuck = false
  #isExclusive = false
  /** How often something came for the open batch. */
  #turns = 0
  #waiting: Work[] = []

  constructor({ connection, answers, wal, flushInterval, flushRows }: WriterOptions) {
    this.#connection = connection
    this.#answers = answers
    this.#wal = wal
    this.#runner = new JobRunner(connection)
    this.#batch = new Batch(connection, this.#runner, answers)
    this.#pace = new CommitPace(flushInterval, () => performance.now())
    this.#flushRows = flushRows
  }

  /** Takes the jobs of a message. */
  receive({ jobs, blobs, forget }: JobsMessage): void {
    const before = this.#batch.size
    for (const message of jobs) {
      const job = this.#runner.read(message, blobs)
      if ('verb' in job) this.#obey(job)
      else if (this.#isExclusive) this.#performAlone(job)
      else this.#take(job)
    }
    if (this.#batch.size > before) this.#turns++
    this.#runner.forget(forget)
  }

  /** Nothing waits in the queue at the moment. */
  idle(): void {
    if (this.#batch.size > 0 && !this.#isTroubled) {
      const delay = this.#batch.size >= this.#flushRows ? 0 : this.#pace.delay()
      if (delay === 0) this.#commit()
      else this.#flushTimer ??= setTimeout(() => this.#flush(), delay)
    }
    this.#finish()
  }

  #flush(): void {
    if (!this.#isTroubled) this.#commit()
    this.#flushTimer = undefined
    this.#finish()
  }

  #finish(): void {
    this.#answers.send()
    if (!this.#isTroubled && !this.#isExclusive) this.#wal.tidy(this.#batch.size === 0)
  }

  #take(work: Work): void {
    if (this.#isStuck) {
      this.#waiting.push(work)
      return
    }
    try {
      this.#batch.take(work)
    } catch (error) {
      this.#waiting.push(work)
      this.#getStuck(error)
    }
    if (this.#batch.size >= this.#flushRows * QUEUED && !this.#isTroubled) this.#commit()
  }

  #commit(): void {
    const hasWaited = this.#flushTimer !== undefined
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    const { size } = this.#batch
    const turns = this.#turns
    this.#turns = 0
    try {
      this.#batch.commit()
      this.#pace.committed(turns, hasWaited)
      this.#wal.committed(size)
    } catch (error) {
      this.#report(error)
      this.#reopen()
    }
  }

  /** Runs the batch again after its commit failed, so that reads go on seeing it. */
  #reopen(): void {
    try {
      this.#batch.replay()
      this.#isStuck = false
    } catch (error) {
      this.#getStuck(error)
    }
  }

  #getStuck(error: unknown): void {
    this.#isStuck = true
    this.#batch.rollback()
    this.#report(error)
  }

  #report(error: unknown): void {
    if (!this.#isTroubled) this.#answers.trouble(error)
    this.#isTroubled = true
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    this.#retryTimer ??= setTimeout(() => this.#retry(), this.#retryPause)
  }

  #retry(): void {
    this.#retryTimer = undefined
    this.#retryPause = Math.min(RETRY_LONGEST, this.#retryPause * 2)
    if (this.#settle()) {
      this.#retryPause = RETRY_FIRST
      this.#answers.trouble(undefined)
    } else {
      this.#refuseReads()
      this.#retryTimer ??= setTimeout(() => this.#retry(), this.#retryPause)
    }
    this.idle()
  }

  /** One attempt to commit what is kept and to run what waits. Whether all is well again. */
  #settle(): boolean {
    if (this.#isStuck) this.#reopen()
    if (this.#isStuck) return false
    try {
      this.#batch.commit()
    } catch {
      this.#reopen()
    }
    const isCommitted = this.#batch.size === 0
    if (!this.#isStuck) {
      const waiting = this.#waiting
      this.#waiting = []
      for (const work of waiting) this.#take(work)
    }
    this.#isTroubled = this.#isStuck || !isCommitted
    return !this.#isTroubled
  }

  /** A read is worth waiting for an attempt or two; somebody stands at its other end. */
  #refuseReads(): void {
    this.#waiting = this.#waiting.filter((work) => {
      if (!this.#reads(work)) return true
      this.#answers.error(work.id, unavailable('the database is in trouble'))
      return false
    })
  }

  #reads(work: Work): boolean {
    try {
      return this.#runner.isRead(work)
    } catch {
      return false
    }
  }

  /** A statement of an exclusive transaction. */
  #performAlone(work: Work): void {
    try {
      answerWork(this.#answers, work, this.#runner.perform(work))
    } catch (error) {
      this.#answers.error(work.id, error)
    }
  }

  #obey(job: VerbJob): void {
    if (job.verb === 'backup') {
      this.#backUp(job)
      return
    }
    try {
      if (job.verb === 'begin') this.#beginAlone()
      else if (job.verb === 'end') this.#endAlone(() => this.#connection.exec('commit'))
      else if (job.verb === 'undo') this.#endAlone(() => this.#batch.rollback())
      else this.#close()
      this.#answers.done(job.id)
    } catch (error) {
      this.#answers.error(job.id, error)
    }
  }

  #beginAlone(): void {
    if (this.#batch.size > 0 && !this.#isTroubled) this.#commit()
    if (this.#isTroubled) throw unavailable('the database is in trouble')
    this.#batch.begin()
    this.#isExclusive = true
  }

  #endAlone(finish: () => void): void {
    this.#isExclusive = false
    try {
      finish()
    } finally {
      this.#batch.rollback()
    }
  }

  /** Only a database in memory is backed up from here: nobody else can see it. */
  #backUp({ id, argument }: VerbJob): void {
    if (!this.#isTroubled) this.#commit()
    backUp(this.#connection, argument)
      .then(() => this.#answers.done(id))
      .catch((error: unknown) => this.#answers.error(id, error))
      .finally(() => this.#answers.send())
  }

  #close(): void {
    clearTimeout(this.#flushTimer)
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    if (this.#isTroubled) this.#settle()
    else this.#commit()
    if (this.#batch.size > 0 && !this.#isTroubled) this.#commit()
    clearTimeout(this.#retryTimer)
    const lost = unavailable('the database was closed while in trouble')
    this.#batch.abandon(lost)
    for (const work of this.#waiting) this.#answers.error(work.id, lost)
    this.#waiting = []
    this.#connection.close()
  }
}

function unavailable(text: string): Error {
  return new StepError(UNAVAILABLE, text)
}
