import { Jid } from '../../jid/jid.ts'
import type { Clock } from '../../util/clock.ts'
import type { Broadcast } from './api.ts'
import type { Position } from './store.ts'

/** Seconds of sending that one batch holds. */
const batchSeconds = 10

export interface WorkerParts {
  readonly clock: Clock
  /** The next recipients after a name, in ascending order. */
  recipients(after: string, limit: number): Promise<readonly string[]>
  /** Writes down how far the job is; false where it is not ours any more. */
  move(at: Position): Promise<boolean>
  /** Sends one message. Never rejects. */
  send(to: Jid): Promise<void>
}

/** How a worker came to its end: through, or halted by somebody. */
export type WorkerOutcome = 'finished' | 'halted'

/**
 * Goes through the recipients of a job, batch by batch, at its rate. How far it is, is on disk before a batch is read: a crash
 * repeats one batch at most, and leaves out nobody.
 */
export class BroadcastWorker {
  readonly #job: Broadcast
  readonly #parts: WorkerParts
  #isHalted = false
  #isPaused = false
  /** Ends the wait that is going on. */
  #wake: () => void = () => {}

  constructor(job: Broadcast, parts: WorkerParts) {
    this.#job = job
    this.#parts = parts
  }

  get id(): number {
    return this.#job.id
  }

  get domain(): string {
    return this.#job.domain
  }

  /** Stops before the next message. */
  halt(): void {
    this.#isHalted = true
    this.#wake()
  }

  /** Waits before the next message until {@link resume}. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#wake()
  }

  /** Rejects with what kept it from reading or writing. */
  async run(from: Position): Promise<WorkerOutcome> {
    let at = from
    for (;;) {
      if (!(await this.#isOurs(at))) return 'halted'
      const names = await this.#parts.recipients(at.cursor, this.#job.rate * batchSeconds)
      const last = names.at(-1)
      if (last === undefined) return 'finished'
      if (!(await this.#sendAll(names))) return 'halted'
      at = { cursor: last, processed: at.processed + names.length }
    }
  }

  async #isOurs(at: Position): Promise<boolean> {
    await this.#whilePaused()
    return !this.#isHalted && (await this.#parts.move(at))
  }

  /** False when it was halted in between. */
  async #sendAll(names: readonly string[]): Promise<boolean> {
    const { clock, send } = this.#parts
    const begun = clock.now()
    const sent: Promise<void>[] = []
    for (const [index, name] of names.entries()) {
      await this.#waitUntil(begun + (index * 1000) / this.#job.rate)
      await this.#whilePaused()
      if (this.#isHalted) return false
      sent.push(send(Jid.ofStored(name, this.#job.domain)))
    }
    // What comes of a message may take longer than the next is to wait, but the batch is not through before.
    await Promise.all(sent)
    // The next batch begins when this one's time is over.
    await this.#waitUntil(begun + (names.length * 1000) / this.#job.rate)
    return !this.#isHalted
  }

  async #waitUntil(due: number): Promise<void> {
    const { clock } = this.#parts
    const ms = due - clock.now()
    if (ms <= 0 || this.#isHalted) return
    let timer = { cancel() {} }
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = clock.after(ms, resolve)
    })
    timer.cancel()
  }

  async #whilePaused(): Promise<void> {
    while (this.#isPaused && !this.#isHalted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
