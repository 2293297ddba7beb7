import type { Result } from '../database.ts'
import type { RunQuery } from '../engine.ts'
import { ConditionFailed, QueryError } from '../errors.ts'
import { LinkFailure, type Reply, type Statement } from './link.ts'

/** A statement of a job. */
export interface Step extends Statement {
  readonly mustChange: boolean
}

/** A query or an atomic group that waits for its turn or for its commit. */
export interface Work {
  readonly steps: readonly Step[]
  /** Answered with the list of its results. */
  readonly isGroup: boolean
  readonly isRead: boolean
  /** Must have a transaction of its own. */
  readonly isApart: boolean
  readonly bytes: number
  /** When it was asked for, on the clock of `performance.now()`. */
  readonly since: number
  resolve(value: Result | Result[]): void
  reject(error: Error): void
}

/** Work that has the connection for itself: a migration. */
export interface Alone {
  readonly work: (run: RunQuery) => Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export type Job = Work | Alone

export function isWork(job: Job): job is Work {
  return 'steps' in job
}

/** What became of a job, to be told once it is committed. */
export type Outcome = readonly Reply[] | Error

/** Tells a job what became of it. */
export function settle(work: Work, outcome: Outcome): void {
  const [first] = outcome instanceof Error ? [] : outcome
  if (outcome instanceof Error) work.reject(outcome)
  else if (work.isGroup || first === undefined) work.resolve([...outcome])
  else work.resolve(first)
}

/** Splits the replies of a batch by job; a `ConditionFailed` for a job of which a step changed nothing. */
export function outcomesOf(jobs: readonly Work[], replies: readonly Reply[]): Outcome[] {
  let at = 0
  return jobs.map((job) => {
    const own = replies.slice(at, at + job.steps.length)
    at += job.steps.length
    const idle = job.steps.findIndex((step, i) => step.mustChange && own[i]?.changes === 0)
    return idle < 0 ? own : new ConditionFailed(idle)
  })
}

/** The error that the caller of a statement gets, or undefined if the failure is not the statement's. */
export function refusalOf(error: unknown): Error | undefined {
  if (error instanceof ConditionFailed) return error
  if (!(error instanceof LinkFailure) || error.kind !== 'statement') return undefined
  return new QueryError(error.message, { kind: error.refusal, code: error.code, sql: error.sql })
}
