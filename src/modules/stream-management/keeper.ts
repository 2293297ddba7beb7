import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import type { SessionKeeper } from '../../router/session-keeper.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Ticket, TicketSource } from '../../stanza/ticket.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { Timer } from '../../util/clock.ts'
import type { KeptStanza } from './kept-stanza.ts'
import { answer, HandledTooHigh } from './nonza.ts'
import { overflowPatience, startPatience } from './options.ts'
import { Outbox } from './outbox.ts'
import { Receipts } from './receipts.ts'
import type { KeeperParts, Registry } from './registry.ts'
import { encodeSession, type RestoredStream } from './saved-session.ts'
import type { Spooled, SpoolPart } from './spool.ts'
import type { SpooledStanza, Statement } from './store.ts'
import { tellUnacknowledged } from './unacknowledged.ts'

/** The keeper of a session, where it has one. */
export const keeperOf = sessionKey<Keeper>('stream_management.keeper')

/** Accounts for the stanzas of one session, and keeps it when its connection is lost. */
export class Keeper implements SessionKeeper, Spooled, TicketSource {
  readonly session: Session
  /** Names the stream; told to the client where it may resume it. */
  readonly id: string
  readonly isResumable: boolean
  readonly receipts: Receipts
  readonly outbox: Outbox
  readonly #parts: KeeperParts
  readonly #registry: Registry
  readonly #isRestored: boolean
  #isSaved: boolean
  #hasChanged = true
  #isOver = false
  /** The count on its way to disk, or there. */
  #counted = 0
  #overflow: Timer | undefined
  /** Runs while the session waits for a connection. */
  #waiting: Timer | undefined
  waitsSince: number | undefined

  constructor(
    registry: Registry,
    session: Session,
    { id, isResumable }: Pick<Keeper, 'id' | 'isResumable'>,
    restored?: RestoredStream,
  ) {
    this.session = session
    this.id = id
    this.isResumable = isResumable
    this.#registry = registry
    this.#parts = registry.parts
    const { clock, options } = this.#parts
    this.#isSaved = restored !== undefined
    this.#isRestored = restored !== undefined
    this.#counted = restored?.received ?? 0
    this.receipts = new Receipts(
      {
        clock,
        source: isResumable ? this : undefined,
        moved: () => this.#touch(),
        tell: (count) => session.link.send(answer(count)),
        // The client sends it again on its next connection.
        failed: () => this.breakOff(new StreamError('internal-server-error', 'Not everything could be kept')),
      },
      this.#counted,
    )
    this.outbox = new Outbox(
      {
        session,
        options,
        watcher: this.#parts.spool,
        holds: () => this.#parts.db.canAccept(),
        kept: () => this.#touch(),
        grew: (bytes) => registry.grew(this, bytes),
      },
      restored?.queue,
    )
    if (isResumable && restored === undefined) this.#touch()
  }

  // For the session

  get repeats(): number {
    return this.receipts.repeats + Number(this.#isRestored)
  }

  get startedAt(): number {
    return this.session.startedAt
  }

  count(): Ticket {
    return this.receipts.count()
  }

  mustAccept(): void {
    mustAccept(this.#parts.db)
  }

  deliver(stanza: Stanza): void {
    if (this.#isOver) return
    const kept = this.outbox.add(stanza)
    if (kept === undefined) return
    if (this.isDetached) tellUnacknowledged(this.session, kept)
    if (this.#isTooMuch && this.#overflow === undefined) {
      this.#overflow = this.#parts.clock.after(overflowPatience, () => this.#overflown())
    }
  }

  changed(): void {
    if (!this.isResumable) return
    this.#hasChanged = true
    this.#touch()
  }

  /** Everything that outlives the process is on disk. */
  async suspend(): Promise<void> {
    this.#stopTimers()
    await this.receipts.settle()
    this.#hasChanged = true
    this.#parts.spool.tidyLater(this)
    await this.#parts.spool.flush()
    this.#isOver = true
    this.#registry.remove(this)
  }

  // From the client

  /** `<a/>`. Throws StreamError. */
  acknowledged(h: number): void {
    if (!this.outbox.acknowledge(h)) throw new HandledTooHigh(h, this.outbox.written)
    if (this.outbox.removable !== undefined) this.#parts.spool.tidyLater(this)
    if (this.#overflow === undefined || this.#isTooMuch) return
    this.#overflow.cancel()
    this.#overflow = undefined
  }

  /** The client has gone on over the session's new connection, with so much of what it was sent. What it is not to have is returned. */
  resumed(h: number, unwanted: ReadonlySet<KeptStanza>): readonly KeptStanza[] {
    this.#waiting?.cancel()
    this.#waiting = undefined
    if (this.isDetached) this.#registry.attached(this)
    this.waitsSince = undefined
    const withdrawn = this.outbox.resume(h, unwanted)
    this.#touch()
    return withdrawn
  }

  // Without a connection

  /** Closes the connection, which is of no use any more, as if it had been lost. */
  breakOff(error: StreamError): void {
    const { link } = this.session
    link.close(error)
    void this.session.disconnect(link)
  }

  /** The connection is lost. `onTimeout`: nobody has come back for it. */
  wait(onTimeout: () => void): void {
    const { clock, options } = this.#parts
    this.waitsSince = clock.now()
    this.outbox.hold()
    this.#registry.detached(this)
    for (const kept of this.outbox.items()) if (!this.#isOver) tellUnacknowledged(this.session, kept)
    if (this.#isOver) return
    const patience = this.isResumable ? options.resume_timeout * 1000 : startPatience
    this.#waiting = clock.after(patience, onTimeout)
  }

  /** The session is over; what has not been acknowledged goes elsewhere, and is forgotten here once it is safe there. */
  end(): readonly KeptStanza[] {
    this.#isOver = true
    this.#stopTimers()
    this.receipts.end()
    if (this.isDetached) this.#registry.attached(this)
    this.#registry.remove(this)
    return this.outbox.clear()
  }

  /** What was kept is safe elsewhere. */
  forget(): void {
    this.#parts.spool.touch({ collect: () => this.#forgetting(), isWaiting: false })
  }

  // For the spool

  get isWaiting(): boolean {
    return !this.#isOver && this.outbox.isWaiting
  }

  collect(tidies: boolean): SpoolPart | undefined {
    if (this.#isOver) return undefined
    const statements: Statement[] = []
    const taken = this.outbox.takeFresh()
    const { ready } = this.receipts
    const isNew = !this.#isSaved && (this.isResumable || taken.length > 0)
    if (isNew || (this.#isSaved && this.#hasChanged)) statements.push(this.#saved(ready))
    else if (this.isResumable && ready > this.#counted) statements.push(this.#parts.store.counted(this.id, ready))
    const replaces = this.outbox.mustReplace
    const removed = this.#removed(statements, tidies)
    if (statements.length === 0 && taken.length === 0) return undefined
    this.#isSaved = true
    this.#hasChanged = false
    this.#counted = ready
    return {
      statements,
      stanzas: taken.map((kept) => this.#spooled(kept)),
      written: () => this.#written(ready, taken, removed),
      failed: () => this.#notWritten(taken, replaces),
    }
  }

  get isDetached(): boolean {
    return this.waitsSince !== undefined
  }

  get #isTooMuch(): boolean {
    const { options } = this.#parts
    return this.outbox.counted > options.buffer_max || this.outbox.bytes > options.max_detached_user_bytes
  }

  #touch(): void {
    if (!this.#isOver) this.#parts.spool.touch(this)
  }

  #saved(received: number): Statement {
    const { local: username, domain, resource } = this.session.jid
    const state = encodeSession(this.session, this)
    return this.#parts.store.saved({ id: this.id, domain, username, resource, received, ended_at: null, state })
  }

  #removed(statements: Statement[], tidies: boolean): number | undefined {
    const { store } = this.#parts
    if (this.outbox.mustReplace) {
      this.outbox.mustReplace = false
      statements.push(store.acknowledged(this.id, Number.MAX_SAFE_INTEGER))
      return undefined
    }
    const number = tidies ? this.outbox.removable : undefined
    if (number !== undefined) statements.push(store.acknowledged(this.id, number))
    return number
  }

  #spooled(kept: KeptStanza): SpooledStanza {
    const notes = kept.routedNotes
    return {
      session: this.id,
      number: kept.number,
      arrived_at: kept.at,
      stanza: kept.toBytes() as Buffer,
      notes: notes === undefined ? null : JSON.stringify(notes),
    }
  }

  #written(received: number, taken: readonly KeptStanza[], removed: number | undefined): void {
    if (removed !== undefined) this.outbox.wasRemoved(removed)
    this.outbox.onDisk(taken)
    this.receipts.written(received)
    if (this.outbox.removable !== undefined) this.#parts.spool.tidyLater(this)
  }

  #notWritten(taken: readonly KeptStanza[], replaces: boolean): void {
    if (replaces) this.outbox.mustReplace = true
    this.#isSaved = false
    this.#hasChanged = true
    this.#counted = 0
    this.outbox.notOnDisk(taken)
    this.#touch()
  }

  #forgetting(): SpoolPart | undefined {
    if (!this.#isSaved) return undefined
    const { store, options, clock } = this.#parts
    const { local: username, domain, resource } = this.session.jid
    const [spool, session] = store.forgotten(this.id) as [Statement, Statement]
    const received = this.receipts.acknowledged
    const isStale = options.stale_h.enabled && this.isResumable
    const left = isStale
      ? store.saved({ id: this.id, domain, username, resource, received, ended_at: clock.now(), state: '{}' })
      : session
    return { statements: [spool, left], stanzas: [], written: () => {}, failed: () => this.forget() }
  }

  #overflown(): void {
    this.#overflow = undefined
    if (!this.#isTooMuch || this.#isOver) return
    this.#registry.overflown(this)
  }

  #stopTimers(): void {
    this.#overflow?.cancel()
    this.#waiting?.cancel()
    this.#overflow = undefined
    this.#waiting = undefined
  }
}
