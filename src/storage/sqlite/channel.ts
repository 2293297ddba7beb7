import { Worker } from 'node:worker_threads'
import type { Result } from '../database.ts'
import type { Query, Step } from '../engine.ts'
import { StorageUnavailable } from '../errors.ts'
import { BlobPack } from './blob-pack.ts'
import { errorFrom } from './query-errors.ts'
import { type BookedStatement, StatementBook } from './statement-book.ts'
import { decodeRows, encodeValues, weigh } from './values.ts'
import {
  type AnswersMessage,
  JOB_ATOMIC,
  JOB_QUERY,
  JOB_VERB,
  type JobMessage,
  type OutcomeMessage,
  type StepMessage,
  type ThreadOptions,
  type Verb,
} from './wire.ts'
import { workerLocation } from './worker-location.ts'

interface Pending {
  readonly statements: readonly BookedStatement[]
  readonly bytes: number
  readonly isGroup: boolean
  resolve(value: unknown): void
  reject(error: Error): void
}

const NO_ROWS: never[] = []
const NO_STATEMENTS: readonly BookedStatement[] = []

/**
 * The main thread's end of a database thread. Jobs of one turn of the event loop leave in one message, which is written when
 * the turn's input has been handled.
 */
export class Channel {
  readonly #worker: Worker
  readonly #book = new StatementBook()
  readonly #pack = new BlobPack()
  readonly #pending = new Map<number, Pending>()
  readonly #onTrouble: (isTroubled: boolean, code: string, text: string) => void
  readonly #ended: Promise<void>
  #outbox: JobMessage[] = []
  #lastId = 0
  #outstanding = 0
  #failure: StorageUnavailable | undefined

  constructor(options: ThreadOptions, onTrouble: (isTroubled: boolean, code: string, text: string) => void) {
    this.#onTrouble = onTrouble
    this.#worker = new Worker(workerLocation(), { workerData: options, name: `database ${options.role}` })
    this.#worker.on('message', (answers: AnswersMessage) => this.#receive(answers))
    this.#worker.on('error', (error) => this.#fail(new StorageUnavailable(error.message, { cause: error })))
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new StorageUnavailable('the database thread has ended'))
        resolve()
      })
    })
    this.#worker.unref()
  }

  /** Bytes of the jobs that have not been answered. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** Why nothing can be asked any more, once the thread is gone. */
  get failure(): StorageUnavailable | undefined {
    return this.#failure
  }

  /** Sends a query. */
  query({ sql, parameters }: Query): Promise<Result> {
    return new Promise((resolve, reject) => {
      const statement = this.#book.find(sql)
      const cells = encodeValues(parameters, this.#pack)
      const job: JobMessage = [JOB_QUERY, ++this.#lastId, this.#book.refer(statement), cells]
      const bytes = weigh(cells)
      this.#send(job, {
        statements: [statement],
        bytes,
        isGroup: false,
        resolve: resolve as Pending['resolve'],
        reject,
      })
    })
  }

  /** Sends a group of which all takes effect or nothing. */
  atomic(steps: readonly Step[]): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      const statements = steps.map(({ sql }) => this.#book.find(sql))
      const values = steps.map(({ parameters }) => encodeValues(parameters, this.#pack))
      const messages = steps.map(({ mustChange, isPacked }, i): StepMessage => {
        const statement = statements[i] as BookedStatement
        return [this.#book.refer(statement), values[i] ?? [], mustChange, isPacked]
      })
      const bytes = values.reduce((sum, cells) => sum + weigh(cells), 0)
      const job: JobMessage = [JOB_ATOMIC, ++this.#lastId, messages]
      this.#send(job, { statements, bytes, isGroup: true, resolve: resolve as Pending['resolve'], reject })
    })
  }

  /** Sends a verb. */
  tell(verb: Verb, argument = ''): Promise<void> {
    return new Promise((resolve, reject) => {
      const job: JobMessage = [JOB_VERB, ++this.#lastId, verb, argument]
      this.#send(job, { statements: NO_STATEMENTS, bytes: 0, isGroup: false, resolve: () => resolve(), reject })
    })
  }

  /**
   * Waits until everything has been answered, the file is closed and the thread has ended. It ends by itself: a thread that is
   * terminated within a call of the driver takes the process along.
   */
  async close(): Promise<void> {
    if (!this.#failure) await this.tell('close')
    this.#worker.ref()
    await this.#ended
  }

  #send(job: JobMessage, pending: Pending): void {
    if (this.#failure) {
      pending.reject(this.#failure)
      return
    }
    if (this.#pending.size === 0) this.#worker.ref()
    this.#pending.set(job[1], pending)
    this.#outstanding += pending.bytes
    if (this.#outbox.push(job) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const jobs = this.#outbox
    this.#outbox = []
    const blobs = this.#pack.take()
    this.#worker.postMessage({ jobs, blobs, forget: this.#book.takeForget() }, blobs ? [blobs] : [])
  }

  #receive({ writes, results, errors, done, blobs, trouble }: AnswersMessage): void {
    if (trouble) this.#onTrouble(...trouble)
    for (let i = 0; i < writes.length; i += 3) {
      const pending = this.#take(writes[i] as number)
      const [statement] = pending?.statements ?? NO_STATEMENTS
      if (statement)
        pending?.resolve(resultOf(statement, [writes[i + 1] as number, writes[i + 2], undefined, undefined], blobs))
    }
    for (const [id, outcomes] of results) this.#answer(id, outcomes, blobs)
    for (const message of errors) {
      const pending = this.#take(message[0])
      pending?.reject(errorFrom(message, pending.statements[message[3]]?.sql ?? ''))
    }
    for (const id of done) this.#take(id)?.resolve(undefined)
  }

  #answer(id: number, outcomes: readonly OutcomeMessage[], blobs: ArrayBuffer | undefined): void {
    const pending = this.#take(id)
    if (!pending) return
    const given = outcomes.map((outcome, i) => resultOf(pending.statements[i] as BookedStatement, outcome, blobs))
    pending.resolve(pending.isGroup ? given : given[0])
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (!pending) return undefined
    this.#pending.delete(id)
    this.#outstanding -= pending.bytes
    if (this.#pending.size === 0) this.#worker.unref()
    return pending
  }

  #fail(failure: StorageUnavailable): void {
    if (this.#failure) return
    this.#failure = failure
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    this.#outstanding = 0
    for (const { reject } of pending) reject(failure)
    this.#onTrouble(true, 'THREAD', failure.message)
  }
}

function resultOf(
  statement: BookedStatement,
  [changes, insertId, columns, rows]: OutcomeMessage,
  blobs: ArrayBuffer | undefined,
): Result {
  if (columns) statement.columns = columns
  const key = statement.isInsert && changes > 0 && insertId !== undefined && insertId >= 0 ? insertId : undefined
  return { rows: rows ? decodeRows(statement.columns, rows, blobs) : NO_ROWS, changes, insertId: key }
}
