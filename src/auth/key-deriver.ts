import { availableParallelism } from 'node:os'
import { type ScramHash, saltPassword } from '../protocol/scram/keys.ts'
import { AuthUnavailable } from './method.ts'

/** Derives a key; by default the real thing, in tests something quick. */
export type Derive = typeof saltPassword

export interface KeyDeriverOptions {
  /** How many derivations run at once. They share the thread pool with files and DNS, so not more than cores. */
  readonly concurrency?: number
  /** How many log-ins may wait; beyond it the server is too busy to tell. */
  readonly maxWaiting?: number
  readonly derive?: Derive
}

interface Job {
  run(): void
}

// The thread pool of Node has four threads; with all of them deriving, reading a file would wait.
const mostThreads = 3

/** Runs key derivations a few at a time. Log-ins go before registrations; an import cannot keep people out. */
export class KeyDeriver {
  readonly #concurrency: number
  readonly #maxWaiting: number
  readonly #derive: Derive
  readonly #checks: Job[] = []
  readonly #makings: Job[] = []
  #running = 0
  #count = 0

  constructor(options: KeyDeriverOptions = {}) {
    this.#concurrency = options.concurrency ?? Math.min(mostThreads, Math.max(1, availableParallelism()))
    this.#maxWaiting = options.maxWaiting ?? 1000
    this.#derive = options.derive ?? saltPassword
  }

  /** Derivations begun so far. */
  get count(): number {
    return this.#count
  }

  /** For a log-in: rejects with AuthUnavailable when too many are waiting. */
  check(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
    if (this.#checks.length >= this.#maxWaiting) return Promise.reject(new AuthUnavailable('too many log-ins at once'))
    return this.#enqueue(this.#checks, () => this.#derive(hash, password, salt, iterations))
  }

  /** For a new password: waits however long. */
  make(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
    return this.#enqueue(this.#makings, () => this.#derive(hash, password, salt, iterations))
  }

  #enqueue(queue: Job[], derive: () => Promise<Buffer>): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      queue.push({
        run: () => {
          derive()
            .then(resolve, reject)
            .finally(() => {
              this.#running--
              this.#next()
            })
        },
      })
      this.#next()
    })
  }

  #next(): void {
    if (this.#running >= this.#concurrency) return
    const job = this.#checks.shift() ?? this.#makings.shift()
    if (job === undefined) return
    this.#running++
    this.#count++
    job.run()
  }
}
