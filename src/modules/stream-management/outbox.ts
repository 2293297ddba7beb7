import { OutboundQueue } from '../../protocol/sm/outbound-queue.ts'
import { meant } from '../../protocol/sm/sequence.ts'
import type { ClientLink, Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { TicketWatcher } from '../../stanza/ticket.ts'
import { KeptStanza, toFile } from './kept-stanza.ts'
import { request } from './nonza.ts'
import { asksAfter, keepsStanzas, type StreamOptions } from './options.ts'

export interface OutboxParts {
  readonly session: Session
  readonly options: StreamOptions
  /** Told when what a message waits for has come to its end. */
  readonly watcher: TicketWatcher
  /** Whether messages are on disk soon, so that clients can wait for that. */
  holds(): boolean
  /** A message is kept, and is to be kept safely. */
  kept(): void
  /** So many bytes more are kept, or less. */
  grew(bytes: number): void
}

/** What goes to the client: kept until it is acknowledged, written as fast as the client reads. */
export class Outbox {
  readonly #parts: OutboxParts
  readonly #keeps: boolean
  #queue: OutboundQueue<KeptStanza>
  /** Messages that are not on disk, and may have to be. */
  #fresh: KeptStanza[] = []
  /** Numbers of the last one with a row of its own, and of the last one whose row has been removed. */
  #filed = 0
  #removed = 0
  #isHeld = false
  /** What others were last known to be, among what has come since the connection was lost. */
  readonly #statuses = new Map<string, KeptStanza>()
  /** The number after which the client was asked last. */
  #asked = 0
  bytes = 0
  /** What is on disk has to go before anything else is written there. */
  mustReplace = false

  constructor(parts: OutboxParts, queue = new OutboundQueue<KeptStanza>()) {
    this.#parts = parts
    this.#keeps = keepsStanzas(parts.options)
    this.#queue = queue
    for (const { byteLength } of queue.items()) this.bytes += byteLength
    this.#filed = queue.items().at(-1)?.number ?? 0
  }

  get size(): number {
    return this.#queue.size
  }

  /** Those that count against the limit: not how many others come and go while the client is away. */
  get counted(): number {
    return this.#queue.size - this.#statuses.size
  }

  /** Whether the client has been asked, and has not acknowledged what it was asked about. */
  get isAsked(): boolean {
    return this.#asked > this.#queue.acknowledged
  }

  get acknowledged(): number {
    return this.#queue.acknowledged
  }

  /** Whether so much can have been received. */
  hasWritten(h: number): boolean {
    return this.#queue.isRestored || meant(h, this.#queue.acknowledged) <= this.#queue.written
  }

  /** Whether the server has been started since the client was last there. */
  get isRestored(): boolean {
    return this.#queue.isRestored
  }

  get written(): number {
    return this.#queue.written
  }

  items(): readonly KeptStanza[] {
    return this.#queue.items()
  }

  /** Whether messages wait to be written to disk. */
  get isWaiting(): boolean {
    return this.#fresh.length > 0
  }

  /** What has been acknowledged and has a row yet: the last number, undefined when there is none. */
  get removable(): number | undefined {
    const last = Math.min(this.#queue.acknowledged, this.#filed)
    return last > this.#removed ? last : undefined
  }

  add(stanza: Stanza): KeptStanza | undefined {
    const { session } = this.#parts
    if (!this.#keeps) {
      session.link.send(stanza.toWire(session.link.form), stanza)
      this.#ask(this.#queue.skip())
      return undefined
    }
    if (this.#isHeld && this.#takesPlace(stanza)) return undefined
    const kept = KeptStanza.of(stanza, session.link.form, session.host.clock.now())
    this.#queue.add(kept)
    this.#grow(kept.byteLength)
    if (this.#isHeld && isStatus(stanza)) this.#statuses.set(addressOf(stanza), kept)
    if (kept.kind === 'message') {
      stanza.ticket?.keep()
      kept.ticket = stanza.ticket
      kept.isHeld = stanza.type !== 'error' && stanza.ticket?.origin !== undefined && this.#parts.holds()
      this.#fresh.push(kept)
      this.#parts.kept()
    }
    this.#write()
    return kept
  }

  /** False when the client says to have got more than it was sent. */
  acknowledge(h: number): boolean {
    const gone = this.#queue.acknowledge(h)
    if (gone === undefined) return false
    this.#let(gone)
    return true
  }

  /**
   * The client goes on over another connection, having got so much: the rest is sent there, without what it is not to have any
   * more. That is returned.
   */
  resume(h: number, unwanted: ReadonlySet<KeptStanza>): readonly KeptStanza[] {
    const wasRestored = this.#queue.isRestored
    this.#let(this.#queue.resume(h) ?? [])
    const withdrawn = this.#queue.withdraw((kept) => unwanted.has(kept))
    this.#withdrawn(withdrawn)
    if (wasRestored || withdrawn.length > 0) this.#writeAnew()
    const { session } = this.#parts
    const { domain } = session.jid
    for (const kept of this.#queue.items()) if (kept.kind === 'message') kept.replace(kept.delayed(domain))
    this.#isHeld = false
    this.#statuses.clear()
    this.#write(true)
    return withdrawn
  }

  /** The connection is lost: nothing is written until there is another. */
  hold(): void {
    this.#isHeld = true
  }

  /** The disk takes nothing now: clients get what they have been waiting for. */
  release(): void {
    for (const kept of this.#queue.items()) kept.isHeld = false
    this.#write()
  }

  /** The messages that may be written to disk now; they are taken to be on their way there. */
  takeFresh(): readonly KeptStanza[] {
    const fresh = this.#fresh
    const taken: KeptStanza[] = []
    if (fresh.length === 0) return taken
    this.#fresh = []
    for (const kept of fresh) {
      if (kept.number <= this.#queue.acknowledged) continue
      if (kept.ticket?.mayBeKept === false) {
        kept.ticket.watch(this.#parts.watcher)
        this.#fresh.push(kept)
        continue
      }
      kept.place = 'writing'
      taken.push(kept)
    }
    return taken
  }

  /** These are on disk. */
  onDisk(taken: readonly KeptStanza[]): void {
    for (const kept of taken) {
      kept.place = 'disk'
      kept.isHeld = false
      kept.release()
    }
    this.#write()
  }

  /** What is in the journal and has not been acknowledged; it is taken to have rows of its own. */
  takeUnfiled(): KeptStanza[] {
    const taken = toFile(this.#queue.items())
    this.#filed = Math.max(this.#filed, taken.at(-1)?.number ?? 0)
    return taken
  }

  /** These are not. */
  notOnDisk(taken: readonly KeptStanza[]): void {
    // What has been numbered anew meanwhile waits already.
    const lost = taken.filter(({ place }) => place === 'writing')
    for (const kept of lost) kept.place = 'memory'
    this.#fresh = [...lost, ...this.#fresh]
  }

  /** What is on disk up to this number has been removed. */
  wasRemoved(number: number): void {
    this.#removed = Math.max(this.#removed, number)
  }

  /** Everything that has not been acknowledged, to go elsewhere. */
  clear(): readonly KeptStanza[] {
    this.#grow(-this.bytes)
    this.#fresh = []
    this.#statuses.clear()
    return this.#queue.clear()
  }

  #let(gone: readonly KeptStanza[]): void {
    for (const kept of gone) {
      this.#grow(-kept.byteLength)
      if (kept.place === 'memory') kept.release()
    }
  }

  #withdrawn(gone: readonly KeptStanza[]): void {
    if (gone.length === 0) return
    for (const kept of gone) kept.place = 'memory'
    this.#let(gone)
    this.#fresh = this.#fresh.filter((kept) => !gone.includes(kept))
  }

  /** The numbers are others than before: all that is on disk is replaced. */
  #writeAnew(): void {
    this.mustReplace = true
    for (const kept of this.#queue.items()) {
      if (kept.place === 'memory') continue
      kept.place = 'memory'
      kept.isFiled = false
      this.#fresh.push(kept)
    }
    this.#filed = 0
    this.#removed = 0
  }

  #write(isResent = false): void {
    const { link } = this.#parts.session
    let last = 0
    for (let kept = this.#next(link); kept !== undefined; kept = this.#next(link)) {
      this.#queue.wrote()
      link.send(kept.wire(link.form))
      if (!isResent) this.#ask(kept.number)
      last = kept.number
    }
    const { options } = this.#parts
    if (isResent && last > 0 && asksAfter(0, options)) this.#askFor(last)
  }

  /** What can be written now. A client that does not read is not written to; it goes on when it has caught up. */
  #next(link: ClientLink): KeptStanza | undefined {
    const { next } = this.#queue
    if (this.#isHeld || next === undefined || next.isHeld) return undefined
    const read = link.whenRead()
    if (read === undefined) return next
    void read.then(() => this.#write())
    return undefined
  }

  #ask(number: number): void {
    if (asksAfter(number, this.#parts.options)) this.#askFor(number)
  }

  #askFor(number: number): void {
    this.#asked = number
    this.#parts.session.link.send(request)
  }

  /** While nobody reads, what somebody is now takes the place of what he was before. */
  #takesPlace(stanza: Stanza): boolean {
    const before = isStatus(stanza) ? this.#statuses.get(addressOf(stanza)) : undefined
    if (before === undefined) return false
    const { byteLength } = before
    before.renew(stanza)
    this.#grow(before.byteLength - byteLength)
    return true
  }

  #grow(bytes: number): void {
    this.bytes += bytes
    this.#parts.grew(bytes)
  }
}

/** Whether it says no more than whether somebody is there, and how. */
function isStatus({ kind, type }: Stanza): boolean {
  return kind === 'presence' && (type === '' || type === 'unavailable')
}

function addressOf({ from }: Stanza): string {
  return from?.full ?? ''
}
