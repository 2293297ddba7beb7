import { sessionKey } from '../../router/keys.ts'
import type { Session } from '../../router/session.ts'
import type { SessionKeeper } from '../../router/session-keeper.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Ticket, TicketSource } from '../../stanza/ticket.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import type { Timer } from '../../util/clock.ts'
import { type KeptStanza, toFile } from './kept-stanza.ts'
import { answer, HandledTooHigh } from './nonza.ts'
import { overflowPatience, startPatience } from './options.ts'
import { Outbox } from './outbox.ts'
import { Receipts } from './receipts.ts'
import type { KeeperParts, Registry } from './registry.ts'
import { type RestoredStream, sessionRow } from './saved-session.ts'
import { type Collected, type Filed, type PartOwner, SessionFiling, SessionPart } from './session-part.ts'
import type { FilingPart, Spooled, SpoolPart } from './spool.ts'
import type { Statement } from './store.ts'
import { tellUnacknowledged } from './unacknowledged.ts'

/** The keeper of a session, where it has one. */
export const keeperOf = sessionKey<Keeper>('stream_management.keeper')

/** Accounts for the stanzas of one session, and keeps it when its connection is lost. */
export class Keeper implements SessionKeeper, Spooled, PartOwner, TicketSource {
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
  /** The count on its way to the journal, or there; the one that stands in the row of the session. */
  #counted = 0
  #filedCount = 0
  #overflow: Timer | undefined
  /** What had not been acknowledged when the session ended, until it is safe elsewhere. */
  #left: readonly KeptStanza[] = []
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
    this.changed()
    await this.#parts.spool.flush()
    this.#isOver = true
    this.#registry.remove(this)
  }

  // From the client

  /** `<a/>`. Throws StreamError. */
  acknowledged(h: number): void {
    if (!this.outbox.acknowledge(h)) throw new HandledTooHigh(h, this.outbox.written)
    if (this.outbox.removable !== undefined) this.#parts.spool.fileLater(this)
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
    this.#left = this.outbox.clear()
    return this.#left
  }

  /** What was kept is safe elsewhere. */
  forget(): void {
    this.#left = []
    this.#parts.spool.touch({ collect: () => this.#forgetting(), file: () => undefined, isWaiting: false })
  }

  // For the spool

  get isWaiting(): boolean {
    return !this.#isOver && this.outbox.isWaiting
  }

  collect(): SpoolPart | undefined {
    if (this.#isOver) return undefined
    const taken = this.outbox.takeFresh()
    const { ready } = this.receipts
    const isNew = !this.#isSaved && (this.isResumable || taken.length > 0)
    const isSaving = isNew || (this.#isSaved && this.#hasChanged)
    const counts = !isSaving && this.isResumable && ready > this.#counted
    if (!isSaving && !counts && taken.length === 0) return undefined
    const replaces = this.outbox.mustReplace
    this.outbox.mustReplace = false
    this.#isSaved = true
    this.#hasChanged = false
    this.#counted = ready
    if (isSaving) this.#filedCount = ready
    const statements = this.#statements(isSaving, replaces, ready)
    return new SessionPart(this, { received: ready, taken, replaces }, statements)
  }

  /** Stands in the journal. */
  written({ received, taken }: Collected): void {
    this.outbox.onDisk(taken)
    this.receipts.written(received)
    this.#parts.spool.fileLater(this)
  }

  notWritten({ taken, replaces }: Collected): void {
    this.#isSaved = false
    this.#hasChanged = true
    this.#counted = 0
    if (replaces) this.outbox.mustReplace = true
    this.outbox.notOnDisk(taken)
    this.#touch()
  }

  file(): FilingPart | undefined {
    const { store } = this.#parts
    const statements: Statement[] = []
    const { onDisk: count } = this.receipts
    const { removable } = this.outbox
    const isNews = this.isResumable && count !== this.#filedCount
    if (!this.#isOver && isNews) statements.push(store.counted(this.id, count))
    if (!this.#isOver && removable !== undefined) statements.push(store.acknowledged(this.id, removable))
    const taken = this.#isOver ? toFile(this.#left) : this.outbox.takeUnfiled()
    if (statements.length === 0 && taken.length === 0) return undefined
    return new SessionFiling(this, { count, removable, taken }, statements)
  }

  /** Stands where it is looked for. */
  filed({ count, removable }: Filed): void {
    this.#filedCount = count
    if (removable !== undefined) this.outbox.wasRemoved(removable)
  }

  get domain(): string {
    return this.session.jid.domain
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

  #statements(isSaving: boolean, replaces: boolean, received: number): Statement[] {
    const statements = isSaving ? [this.#parts.store.saved(sessionRow(this, received, undefined))] : []
    if (replaces) statements.push(this.#parts.store.acknowledged(this.id, Number.MAX_SAFE_INTEGER))
    return statements
  }

  #forgetting(): SpoolPart | undefined {
    if (!this.#isSaved) return undefined
    const { store, options, clock } = this.#parts
    const [spool, session] = store.forgotten(this.id) as [Statement, Statement]
    const isStale = options.stale_h.enabled && this.isResumable
    const left = isStale ? store.saved(sessionRow(this, this.receipts.acknowledged, clock.now())) : session
    const part = { domain: this.domain, statements: [spool, left], failed: () => this.forget() }
    return { ...part, journal: () => {}, written: () => {} }
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
