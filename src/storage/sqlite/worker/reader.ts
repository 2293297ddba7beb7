import type { Connection } from '../driver.ts'
import type { JobsMessage } from '../wire.ts'
import type { Answers } from './answers.ts'
import { backUp } from './backup.ts'
import { answerWork, JobRunner, type VerbJob } from './job.ts'

/** The thread for long reads, which see what has been committed. */
export class Reader {
  readonly #connection: Connection
  readonly #answers: Answers
  readonly #runner: JobRunner

  constructor(connection: Connection, answers: Answers) {
    this.#connection = connection
    this.#answers = answers
    this.#runner = new JobRunner(connection)
  }

  /** Takes the jobs of a message, each answered as soon as it is done. */
  receive({ jobs, blobs, forget }: JobsMessage): void {
    for (const message of jobs) {
      const job = this.#runner.read(message, blobs)
      try {
        if ('verb' in job) this.#obey(job)
        else answerWork(this.#answers, job, this.#runner.perform(job))
      } catch (error) {
        this.#answers.error(job.id, error)
      }
      this.#answers.send()
    }
    this.#runner.forget(forget)
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
