import type { TicketWatcher } from '../../stanza/ticket.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { SpooledStanza, Statement, StreamStore } from './store.ts'

/** What is acknowledged within this time, in milliseconds, is never written. */
const interval = 5
/** What is acknowledged is removed after this time, in milliseconds: much at once costs little. */
const tidyInterval = 1000
/** After a failure that ought not to be. */
const retryInterval = 1000

/** What one session has to write, and what follows when it is written or is not. */
export interface SpoolPart {
  readonly statements: readonly Statement[]
  /** What is to be kept, after those. */
  readonly stanzas: readonly SpooledStanza[]
  written(): void
  /** It is to be written again. */
  failed(): void
}

/** A session that may have something to write. */
export interface Spooled {
  /** Undefined when there is nothing. `tidies`: what is of no use any more is removed, too. */
  collect(tidies: boolean): SpoolPart | undefined
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
  readonly #untidy = new Set<Spooled>()
  #tidyTimer: Timer | undefined
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

  /** This one has something to remove, which is in no hurry. */
  tidyLater(one: Spooled): void {
    this.#untidy.add(one)
    this.#tidyTimer ??= this.#clock.after(tidyInterval, () => void this.#tidy())
  }

  /** A stanza that somebody waits for has come to its end. */
  ticketMoved(): void {
    if (this.#touched.size > 0) this.#arm(interval)
  }

  /** Writes now, and removes. Settles when that is done, or has failed and will be tried again. */
  async flush(): Promise<void> {
    await this.#tidy()
    await this.#write()
  }

  /** Removes what has been acknowledged. */
  #tidy(): Promise<void> {
    this.#tidyTimer?.cancel()
    this.#tidyTimer = undefined
    const untidy = [...this.#untidy]
    this.#untidy.clear()
    return this.#run(untidy.flatMap((one) => one.collect(true) ?? []))
  }

  #write(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    return this.#run(this.#collect())
  }

  async #run(parts: readonly SpoolPart[]): Promise<void> {
    const statements = parts.flatMap((part) => part.statements)
    const stanzas = parts.flatMap((part) => part.stanzas)
    try {
      if (parts.length > 0) await this.#store.run(statements, stanzas)
    } catch (error) {
      this.#onFailure(error)
      this.#arm(retryInterval)
      for (const part of parts) part.failed()
      return
    }
    for (const part of parts) part.written()
  }

  #collect(): SpoolPart[] {
    const parts: SpoolPart[] = []
    for (const one of [...this.#touched]) {
      const part = one.collect(false)
      if (part !== undefined) parts.push(part)
      if (!one.isWaiting) this.#touched.delete(one)
    }
    return parts
  }

  #arm(ms: number): void {
    this.#timer ??= this.#clock.after(ms, () => void this.#write())
  }
}
