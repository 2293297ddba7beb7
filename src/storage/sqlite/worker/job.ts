import { JOB_ATOMIC, JOB_QUERY, type JobMessage, type Verb } from '../wire.ts'
import type { Answers } from './answers.ts'
import type { Connection } from '../driver.ts'
import type { Outcome, Statements, Step } from './statements.ts'
import { GroupFailure } from './trouble.ts'

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

/** Reads a job from a message. */
export function readJob(message: JobMessage, blobs: ArrayBuffer | undefined, statements: Statements): Work | VerbJob {
  if (message[0] === JOB_QUERY) {
    return { id: message[1], isGroup: false, steps: [statements.step([message[2], message[3], false], blobs)] }
  }
  if (message[0] === JOB_ATOMIC) {
    return { id: message[1], isGroup: true, steps: message[2].map((step) => statements.step(step, blobs)) }
  }
  return { id: message[1], verb: message[2], argument: message[3] }
}

/** Runs the steps of a job; of a group either all take effect or none. */
export function perform(work: Work, connection: Connection, statements: Statements): Outcome[] {
  if (!work.isGroup) return work.steps.map((step) => statements.run(step))
  connection.exec('savepoint job')
  let index = 0
  try {
    const outcomes = work.steps.map((step, i) => {
      index = i
      return statements.run(step)
    })
    connection.exec('release job')
    return outcomes
  } catch (error) {
    // Some errors of SQLite end the whole transaction, the savepoint with it.
    if (connection.inTransaction) connection.exec('rollback to job; release job')
    throw new GroupFailure(index, error)
  }
}

/** Answers a job that is done. */
export function answerWork(answers: Answers, work: Work, outcomes: readonly Outcome[]): void {
  const [first] = outcomes
  if (work.isGroup || first === undefined) answers.group(work.id, outcomes)
  else answers.query(work.id, first)
}
