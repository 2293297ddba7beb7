import type { Connection, Prepared } from '../driver.ts'
import { JOB_ATOMIC, JOB_QUERY, type JobMessage, type Verb } from '../wire.ts'
import type { Answers } from './answers.ts'
import { type Outcome, Statements, type Step } from './statements.ts'
import { groupFailure } from './trouble.ts'

/** A query or an atomic group. */
export interface Work {
  readonly id: number
  readonly isGroup: boolean
  readonly steps: readonly Step[]
}

export interface VerbJob {
  readonly id: number
  readonly verb: Verb
  readonly argument: string
}

/** Reads jobs from messages and runs them. */
export class JobRunner {
  readonly #connection: Connection
  readonly #statements: Statements
  readonly #savepoint: Prepared
  readonly #release: Prepared
  readonly #undo: Prepared

  constructor(connection: Connection) {
    this.#connection = connection
    this.#statements = new Statements(connection)
    this.#savepoint = connection.prepare('savepoint job')
    this.#release = connection.prepare('release job')
    this.#undo = connection.prepare('rollback to job')
  }

  /** Reads a job from a message. */
  read(message: JobMessage, blobs: ArrayBuffer | undefined): Work | VerbJob {
    if (message[0] === JOB_QUERY) {
      return {
        id: message[1],
        isGroup: false,
        steps: [this.#statements.step([message[2], message[3], false, false], blobs)],
      }
    }
    if (message[0] === JOB_ATOMIC) {
      return { id: message[1], isGroup: true, steps: message[2].map((step) => this.#statements.step(step, blobs)) }
    }
    return { id: message[1], verb: message[2], argument: message[3] }
  }

  /** Whether a job only reads. Throws if SQLite cannot prepare it. */
  isRead(work: Work): boolean {
    return work.steps.every((step) => this.#statements.isRead(step))
  }

  /** Runs the steps of a job; of a group either all take effect or none. */
  perform(work: Work): Outcome[] {
    if (!work.isGroup) return work.steps.map((step) => this.#statements.run(step))
    this.#savepoint.run()
    let index = 0
    try {
      const outcomes = work.steps.map((step, i) => {
        index = i
        return this.#statements.run(step)
      })
      this.#release.run()
      return outcomes
    } catch (error) {
      // Some errors of SQLite end the whole transaction, the savepoint with it.
      if (this.#connection.inTransaction) {
        this.#undo.run()
        this.#release.run()
      }
      throw groupFailure(index, error)
    }
  }

  /** Forgets statements up to a number. */
  forget(last: number): void {
    if (last > 0) this.#statements.forget(last)
  }
}

/** Answers a job that is done. */
export function answerWork(answers: Answers, work: Work, outcomes: readonly Outcome[]): void {
  const [first] = outcomes
  if (work.isGroup || first === undefined) answers.group(work.id, outcomes)
  else answers.query(work.id, first)
}
