import { AsyncLocalStorage } from 'node:async_hooks'

const held = new AsyncLocalStorage<true>()
let isWatched = false

/** For tests: from now on a job that enters another mailbox, or its own again, throws. It could wait for itself. */
export function forbidNestedMailboxes(): void {
  isWatched = true
}

/** Begins something that the job of a mailbox, if one runs, does not wait for: it may enter mailboxes. */
export function notWaitedFor<T>(begin: () => T): T {
  return isWatched ? held.exit(begin) : begin()
}

/**
 * Runs jobs of one key one after another, jobs of different keys side by side. A job that is synchronous and finds its key
 * idle runs at once, with no promise made. Rule: a job reads, decides, commits, leaves; what it causes elsewhere is posted
 * after it has left, and it never waits for another mailbox.
 */
export class KeyedMailbox {
  readonly #tails = new Map<string, Promise<unknown>>()
  readonly #kind: 'mailbox' | 'lane'

  /** A `lane` only orders requests: its jobs may enter mailboxes, whose jobs never enter a lane. */
  constructor(kind: 'mailbox' | 'lane' = 'mailbox') {
    this.#kind = kind
  }

  /** Keys with work under way. */
  get size(): number {
    return this.#tails.size
  }

  run<T>(key: string, job: () => T | Promise<T>): T | Promise<T> {
    return isWatched ? this.#run(key, watched(job, this.#kind)) : this.#run(key, job)
  }

  #run<T>(key: string, job: () => T | Promise<T>): T | Promise<T> {
    const tail = this.#tails.get(key)
    if (tail !== undefined) return this.#enqueue(key, tail.then(job, job))
    const outcome = job()
    return outcome instanceof Promise ? this.#enqueue(key, outcome) : outcome
  }

  /** Resolves when everything posted so far has been done. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.allSettled(this.#tails.values())
  }

  #enqueue<T>(key: string, outcome: Promise<T>): Promise<T> {
    const clear = () => {
      if (this.#tails.get(key) === settled) this.#tails.delete(key)
    }
    const settled: Promise<void> = outcome.then(clear, clear)
    this.#tails.set(key, settled)
    return outcome
  }
}

function watched<T>(job: () => T, kind: 'mailbox' | 'lane'): () => T {
  if (held.getStore()) throw new Error(`a job of a mailbox may not enter a ${kind}`)
  return kind === 'lane' ? job : () => held.run(true, job)
}
