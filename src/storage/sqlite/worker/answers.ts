import { BlobPack } from '../blob-pack.ts'
import type { AnswersMessage } from '../wire.ts'
import { type Outcome, outcomeMessage } from './statements.ts'
import { codeOf, GroupFailure, textOf } from './trouble.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer V)[] ? V[] : T[K] }

/** Collects answers and sends those that became known together in one message. */
export class Answers {
  readonly #post: (message: AnswersMessage, transfer: ArrayBuffer[]) => void
  readonly #pack = new BlobPack()
  #next = empty()
  #isEmpty = true

  constructor(post: (message: AnswersMessage, transfer: ArrayBuffer[]) => void) {
    this.#post = post
  }

  /** Answers a query. */
  query(id: number, outcome: Outcome): void {
    this.#isEmpty = false
    if (outcome.rows === undefined) {
      this.#next.writes.push(id, outcome.changes, outcome.insertId ?? -1)
      return
    }
    this.group(id, [outcome])
  }

  /** Answers an atomic group. */
  group(id: number, outcomes: readonly Outcome[]): void {
    this.#isEmpty = false
    try {
      this.#next.results.push([id, outcomes.map((outcome) => outcomeMessage(outcome, this.#pack))])
    } catch (error) {
      this.error(id, error)
    }
  }

  /** Answers with an error. */
  error(id: number, error: unknown): void {
    this.#isEmpty = false
    this.#next.errors.push([id, codeOf(error), textOf(error), error instanceof GroupFailure ? error.index : 0])
  }

  /** Says that a verb is done. */
  done(id: number): void {
    this.#isEmpty = false
    this.#next.done.push(id)
  }

  /** Reports trouble, or with `undefined` its end. */
  trouble(error: unknown): void {
    this.#isEmpty = false
    this.#next.trouble = error === undefined ? [false, '', ''] : [true, codeOf(error), textOf(error)]
  }

  /** Sends what was collected. */
  send(): void {
    if (this.#isEmpty) return
    const message = this.#next
    message.blobs = this.#pack.take()
    this.#next = empty()
    this.#isEmpty = true
    this.#post(message, message.blobs ? [message.blobs] : [])
  }
}

function empty(): Writable<AnswersMessage> {
  return { writes: [], results: [], errors: [], done: [], blobs: undefined, trouble: undefined }
}
