import { ConditionFailed } from '../errors.ts'
import { type Outcome, outcomesOf, refusalOf, type Work } from './job.ts'
import { type Link, LinkFailure, type Reply, type Statement, type Words } from './link.ts'

/** A statement without values. */
export function plain(sql: string): Statement {
  return { sql, values: [] }
}

const SAVEPOINT = plain('savepoint job')
const RELEASE = plain('release savepoint job')
const UNDO = plain('rollback to savepoint job')
const ROLLBACK = plain('rollback')

/**
 * Runs jobs in a transaction that is left open, ending with `mark`. All are sent at once, without savepoints, since a statement
 * rarely fails. When one does, everything is rolled back and run again one by one, each job in a savepoint, so that only that
 * one's outcome is an error.
 */
export async function runJobs(link: Link, words: Words, jobs: readonly Work[], mark: Statement): Promise<Outcome[]> {
  const begin = words.begin === undefined ? [] : [plain(words.begin)]
  try {
    const replies = await link.batch([...begin, ...jobs.flatMap((job) => job.steps), mark])
    checkMark(replies.at(-1))
    const outcomes = outcomesOf(jobs, replies.slice(begin.length))
    if (!outcomes.some((outcome) => outcome instanceof Error)) return outcomes
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
  }
  await link.batch([ROLLBACK])
  return runOneByOne(link, words, jobs, mark)
}

/** The same, each job in a savepoint from the beginning. */
export async function runOneByOne(
  link: Link,
  words: Words,
  jobs: readonly Work[],
  mark: Statement,
): Promise<Outcome[]> {
  if (words.begin !== undefined) await link.batch([plain(words.begin)])
  const outcomes: Outcome[] = []
  for (const job of jobs) outcomes.push(await runInSavepoint(link, job))
  checkMark((await link.batch([mark]))[0])
  return outcomes
}

async function runInSavepoint(link: Link, job: Work): Promise<Outcome> {
  // The database ends the transaction of a change of the schema by itself, and its savepoints.
  if (job.isApart) return run(link, job)
  await link.batch([SAVEPOINT])
  const outcome = await run(link, job)
  await link.batch(outcome instanceof Error ? [UNDO, RELEASE] : [RELEASE])
  return outcome
}

async function run(link: Link, job: Work): Promise<Outcome> {
  try {
    const replies: Reply[] = []
    for (const [index, step] of job.steps.entries()) {
      const [reply] = await link.batch([step])
      if (reply === undefined || (step.mustChange && reply.changes === 0)) return new ConditionFailed(index)
      replies.push(reply)
    }
    return replies
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return refusal
  }
}

/** Without the mark nobody could tell later whether the batch was committed. */
function checkMark(reply: Reply | undefined): void {
  if (reply?.changes === 1) return
  throw new LinkFailure('the mark of this server is missing from the database', {
    kind: 'trouble',
    code: 'MEERKAT_MARK',
  })
}
