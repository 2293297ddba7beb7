import type { TicketWatcher } from '../../stanza/ticket.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import { Entries } from './entries.ts'
import type { JournalWriter, SpooledStanza } from './journal.ts'
import type { Statement, StreamStore } from './store.ts'

/** What is acknowledged within this time, in milliseconds, is never written. */
const interval = 5
/** What is in the journal so long, in milliseconds, gets a row of its own, unless it has been acknowledged. */
const filingInterval = 1000
/** Sessions whose part of the journal is filed in one go: others wait meanwhile. */
const filedAtOnce = 200
/** After a failure that ought not to be. */
const retryInterval = 1000

/** Something to write, and what follows when it is written or is not. */
interface Part {
  readonly statements: readonly Statement[]
  written(): void
  /** It is to be written again. */
  failed(): void
}

/** What one session has to write at once. */
export interface SpoolPart extends Part {
  readonly domain: string
  /** Writes the rest to the journal of its domain. */
  journal(writer: JournalWriter): void
}

/** What one session has in the journal, to be moved to where it is looked for. */
export interface FilingPart extends Part {
  /** What is to be kept, after the statements. */
  readonly stanzas: readonly SpooledStanza[]
}

/** A session that may have something to write. */
export interface Spooled {
  /** Undefined when there is nothing. */
  collect(): SpoolPart | undefined
  /** What is still of use of all that has been written, and what is not any more. Undefined when there is nothing. */
  file(): FilingPart | undefined
  /** Whether it has something that cannot be written yet. */
  readonly isWaiting: boolean
}

/**
 * Writes what the sessions of all hosts on one database have to keep, all of it together every few milliseconds: what is kept
 * for a recipient and the count that tells its sender so are on disk together, or neither is. It goes to a journal first, which is
 * a row for many stanzas; a second later most of them have been acknowledged, and the others get rows of their own.
 */
export class Spool implements TicketWatcher {
  readonly #store: StreamStore
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  readonly #touched = new Set<Spooled>()
  readonly #entries: Entries
  /** Those with something in the journal, or to remove. */
  readonly #unfiled = new Set<Spooled>()
  /** Those whose turn it is. */
  readonly #filing = new Set<Spooled>()
  #isFiling = false
  #filingTimer: Timer | undefined
  #timer: Timer | undefined
  #written = Promise.resolve()
  #flushed = Promise.resolve()
  #nextFlush: Promise<void> | undefined

  constructor(store: StreamStore, clock: Clock, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#onFailure = onFailure
    this.#entries = new Entries(store, clock)
  }

  /** This one has something to write. */
  touch(one: Spooled): void {
    this.#touched.add(one)
    this.#arm(interval)
  }

  /** This one has something in the journal, or to remove, which is in no hurry. */
  fileLater(one: Spooled): void {
    this.#unfiled.add(one)
    this.#filingTimer ??= this.#clock.after(filingInterval, () => this.#beginFiling())
  }

  /** A stanza that somebody waits for has come to its end. */
  ticketMoved(): void {
    if (this.#touched.size > 0) this.#arm(interval)
  }

  /** Writes now, and leaves nothing in the journal. Settles when that is done, or has failed and will be tried again. */
  flush(): Promise<void> {
    if (this.#nextFlush === undefined) {
      this.#nextFlush = this.#flushed.then(() => this.#flush())
      this.#flushed = this.#nextFlush
    }
    return this.#nextFlush
  }

  async #flush(): Promise<void> {
    this.#nextFlush = undefined
    await this.#write()
    this.#beginFiling()
    for (let left = Number.POSITIVE_INFINITY; this.#filing.size < left; ) {
      left = this.#filing.size
      await this.#write()
    }
  }

  #beginFiling(): void {
    this.#filingTimer?.cancel()
    this.#filingTimer = undefined
    for (const one of this.#unfiled) this.#filing.add(one)
    this.#unfiled.clear()
    this.#entries.mark()
    this.#arm(interval)
  }

  /** Settles when this and all writes before it are on disk or have failed. */
  #write(): Promise<void> {
    const write = this.#writeNow()
    this.#written = this.#written.then(() => write)
    return this.#written
  }

  async #writeNow(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const fresh = this.#collect()
    const filing = this.#takeFiling()
    const filed = filing.flatMap((one) => one.file() ?? [])
    const parts: Part[] = [...fresh, ...filed]
    const entries = this.#entries.of(fresh)
    const old = this.#entries.dropMarked(filing.length > 0 && this.#filing.size === 0)
    const statements = [...parts.flatMap((part) => part.statements), ...entries.statements, ...old.statements]
    const stanzas = filed.flatMap((part) => part.stanzas)
    try {
      if (statements.length + stanzas.length > 0) await this.#store.run(statements, stanzas)
    } catch (error) {
      this.#failed(error, parts, filing)
      return
    } finally {
      entries.settled()
      if (filing.length > 0) this.#isFiling = false
    }
    old.dropped()
    for (const part of parts) part.written()
    if (this.#filing.size > 0) this.#arm(interval)
  }

  #failed(error: unknown, parts: readonly Part[], filing: readonly Spooled[]): void {
    this.#onFailure(error)
    this.#arm(retryInterval)
    // These are in the journal yet, which stays until all of them have been filed.
    for (const one of filing) this.#filing.add(one)
    for (const part of parts) part.failed()
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

  /** Some of those whose turn it is, while no others are under way: the journal goes when the last of them are filed. */
  #takeFiling(): Spooled[] {
    const taken: Spooled[] = []
    if (this.#isFiling) return taken
    for (const one of this.#filing) {
      if (taken.push(one) === filedAtOnce) break
    }
    for (const one of taken) this.#filing.delete(one)
    this.#isFiling = taken.length > 0
    return taken
  }

  #arm(ms: number): void {
    this.#timer ??= this.#clock.after(ms, () => void this.#write())
  }
}
