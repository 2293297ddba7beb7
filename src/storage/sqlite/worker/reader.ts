import type { JobsMessage } from '../wire.ts'
import type { Answers } from './answers.ts'
import { backUp } from './backup.ts'
import type { Connection } from '../driver.ts'
import { answerWork, perform, readJob, type VerbJob } from './job.ts'
import { Statements } from './statements.ts'

/** The thread for long reads, which see what has been committed. */
export class Reader {
  readonly #connection: Connection
  readonly #answers: Answers
  readonly #statements: Statements

  constructor(connection: Connection, answers: Answers) {
    this.#connection = connection
    this.#answers = answers
    this.#statements = new Statements(connection)
  }

  /** Takes the jobs of a message, each answered as soon as it is done. */
  receive({ jobs, blobs, forget }: JobsMessage): void {
    for (const message of jobs) {
      const job = readJob(message, blobs, this.#statements)
      try {
        if ('verb' in job) this.#obey(job)
        else answerWork(this.#answers, job, perform(job, this.#connection, this.#statements))
      } catch (error) {
        this.#answers.error(job.id, error)
      }
      this.#answers.send()
    }
    if (forget > 0) this.#statements.forget(forget)
  }

  #obey({ id, verb, argument }: VerbJob): void {
    if (verb === 'backup') this.#backUp(id, argument)
    else {
      this.#connection.close()
      this.#answers.done(id)
    }
  }

  /** A read transaction keeps the copy consistent: without it every commit would make the copying begin anew. */
  #backUp(id: number, file: string): void {
    const isOuter = !this.#connection.inTransaction
    if (isOuter) {
      this.#connection.exec('begin')
      this.#connection.prepare('select count(*) from sqlite_master').get()
    }
    backUp(this.#connection, file)
      .then(() => this.#answers.done(id))
      .catch((error: unknown) => this.#answers.error(id, error))
      .finally(() => {
        if (isOuter && this.#connection.open) this.#connection.exec('commit')
        this.#answers.send()
      })
  }
}
