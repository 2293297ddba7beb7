import type { TicketWatcher } from '../../stanza/ticket.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { Statement, StreamStore } from './store.ts'

/** What is acknowledged within this time, in milliseconds, is never written. */
const interval = 5
/** After a failure that ought not to be. */
const retryInterval = 1000

/** What one session has to write, and what follows when it is written or is not. */
export interface SpoolPart {
  readonly statements: readonly Statement[]
  written(): void
  /** It is to be written again. */
  failed(): void
}

/** A session that may have something to write. */
export interface Spooled {
  /** Undefined when there is nothing. */
  collect(): SpoolPart | undefined
  /** Whether it has something that cannot be written yet. */
  readonly isWaiting: boolean
}

/**
 * Writes what the sessions of all hosts on one database have to keep, all of it together every few milliseconds: what is kept
 * for a recipient and the count that tells its sender so are on disk together, or neither is.
 */
export class Spool implements TicketWatcher {
  readonly #store: StreamStore
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  readonly #touched = new Set<Spooled>()
  #timer: Timer | undefined

  constructor(store: StreamStore, clock: Clock, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#onFailure = onFailure
  }

  /** This one has something to write. */
  touch(one: Spooled): void {
    this.#touched.add(one)
    this.#arm(interval)
  }

  /** A stanza that somebody waits for has come to its end. */
  ticketMoved(): void {
    if (this.#touched.size > 0) this.#arm(interval)
  }

  /** Writes now. Settles when it is written, or has failed and will be tried again. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const parts = this.#collect()
    const statements = parts.flatMap((part) => part.statements)
    try {
      if (statements.length > 0) await this.#store.run(statements)
    } catch (error) {
      this.#onFailure(error)
      for (const part of parts) part.failed()
      this.#arm(retryInterval)
      return
    }
    for (const part of parts) part.written()
  }

  #collect(): SpoolPart[] {
    const parts: SpoolPart[] = []
    for (const one of [...this.#touched]) {
      const part = one.collect()
      if (part !== undefined) parts.push(part)
      if (!one.isWaiting) this.#touched.delete(one)
    }
    return parts
  }

  #arm(ms: number): void {
    this.#timer ??= this.#clock.after(ms, () => void this.flush())
  }
}
