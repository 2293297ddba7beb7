import type { Connection } from '../driver.ts'
import type { Answers } from './answers.ts'
import { answerWork, type JobRunner, type Work } from './job.ts'
import type { Outcome } from './statements.ts'
import { isTrouble } from './trouble.ts'

interface Held {
  readonly work: Work
  readonly outcomes: readonly Outcome[]
}

/**
 * The open batch: jobs that have run in the open transaction and wait for its commit. It can be run again from the beginning,
 * which is what keeps it over failed commits and over errors that end the transaction.
 */
export class Batch {
  readonly #connection: Connection
  readonly #runner: JobRunner
  readonly #answers: Answers
  readonly #begin
  readonly #commit
  readonly #rollback
  #held: Held[] = []
  #size = 0

  constructor(connection: Connection, runner: JobRunner, answers: Answers) {
    this.#connection = connection
    this.#runner = runner
    this.#answers = answers
    this.#begin = connection.prepare('begin immediate')
    this.#commit = connection.prepare('commit')
    this.#rollback = connection.prepare('rollback')
  }

  /** Number of statements that wait for the commit. */
  get size(): number {
    return this.#size
  }

  /** Runs a job and, if it writes, keeps it for the commit; answers it otherwise. Throws only what `isTrouble`. */
  take(work: Work): void {
    try {
      if (this.#runner.isRead(work)) {
        answerWork(this.#answers, work, this.#runner.perform(work))
        return
      }
      this.begin()
      this.#keep({ work, outcomes: this.#runner.perform(work) })
    } catch (error) {
      if (isTrouble(error)) throw error
      this.#answers.error(work.id, error)
      // A trigger's `raise(rollback)` undoes everybody's work.
      if (this.#size > 0 && !this.#connection.inTransaction) this.replay()
    }
  }

  /** Commits and answers what was waiting. Throws what `isTrouble`; the batch is then kept, its transaction gone. */
  commit(): void {
    if (!this.#connection.inTransaction) return
    if (this.#size === 0) {
      this.rollback()
      return
    }
    try {
      this.#commit.run()
    } catch (error) {
      this.rollback()
      if (isTrouble(error)) throw error
      this.#commitEach()
      return
    }
    for (const { work, outcomes } of this.#takeHeld()) answerWork(this.#answers, work, outcomes)
  }

  /** Runs the kept jobs again, in order, in a new transaction. Throws what `isTrouble`, with no transaction left. */
  replay(): void {
    let jobs = this.#takeHeld().map(({ work }) => work)
    while (jobs.length > 0) {
      const failed = this.#runAll(jobs)
      if (failed === undefined) return
      this.rollback()
      this.#takeHeld()
      if (isTrouble(failed.error)) {
        for (const work of jobs) this.#keep({ work, outcomes: [] })
        throw failed.error
      }
      this.#answers.error(failed.work.id, failed.error)
      jobs = jobs.filter((work) => work !== failed.work)
    }
  }

  begin(): void {
    if (!this.#connection.inTransaction) this.#begin.run()
  }

  rollback(): void {
    if (this.#connection.inTransaction) this.#rollback.run()
  }

  /** Gives up what is kept: every job is answered with the error. */
  abandon(error: Error): void {
    this.rollback()
    for (const { work } of this.#takeHeld()) this.#answers.error(work.id, error)
  }

  #keep(held: Held): void {
    this.#held.push(held)
    this.#size += held.work.steps.length
  }

  #takeHeld(): Held[] {
    const held = this.#held
    this.#held = []
    this.#size = 0
    return held
  }

  #runAll(jobs: readonly Work[]): { work: Work; error: unknown } | undefined {
    for (const work of jobs) {
      try {
        this.begin()
        this.#keep({ work, outcomes: this.#runner.perform(work) })
      } catch (error) {
        return { work, error }
      }
    }
    return undefined
  }

  /** The commit broke a deferred constraint: each job gets a commit of its own, so that only the guilty one fails. */
  #commitEach(): void {
    const held = this.#takeHeld()
    for (const [index, one] of held.entries()) {
      try {
        this.begin()
        const outcomes = this.#runner.perform(one.work)
        this.#commit.run()
        answerWork(this.#answers, one.work, outcomes)
      } catch (error) {
        this.rollback()
        if (isTrouble(error)) {
          for (const rest of held.slice(index)) this.#keep(rest)
          throw error
        }
        this.#answers.error(one.work.id, error)
      }
    }
  }
}
