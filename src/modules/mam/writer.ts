import type { BulkInsert } from '../../storage/bulk-insert.ts'
import type { Database } from '../../storage/database.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import { type Wire, wireBytes } from '../../xml/wire.ts'
import type { Addresses } from './addresses.ts'
import { EntryPlacer } from './placer.ts'
import type { MamTables } from './tables.ts'

/** A message on its way to the disk; entries of several archives may share it as long as it is in the open batch. */
export interface NewMessage {
  readonly id: number
  readonly text: Wire
  /** By which it is found, with a blank between them. */
  readonly words: string
  readonly origin: string | undefined
  /** Entries that have it. */
  copies: number
  /** It can be shared no more. */
  isSent: boolean
}

/** A row of an archive on its way to the disk. */
export interface NewEntry {
  readonly id: number
  /** Bare address of whose archive it is. */
  readonly owner: string
  /** Bare address of whom the message was exchanged with, or in a room of who sent it. */
  readonly remote: string
  readonly resource: string
  readonly flags: number
  readonly message: NewMessage
}

/** A message that is on disk, with the archives and accounts that it concerns. */
export interface WrittenMessage {
  readonly message: NewMessage
  /** Numbers of the addresses. */
  readonly addresses: ReadonlySet<number>
}

export interface WriterOptions {
  /** Tells this writer from others on the same database; the same after a restart. */
  readonly name: string
  readonly clock: Clock
  /** Milliseconds that an entry may wait for others. */
  readonly flushInterval: number
  /** Entries with which a batch does not wait. */
  readonly batchSize: number
  /** Told of messages that have been written. */
  readonly onWritten: (messages: readonly WrittenMessage[]) => void
  /** Told of a batch that sets out, whether its time was up or it was full. */
  readonly onBatch?: (entries: number, why: 'timed' | 'batch') => void
  /** Told of a batch that has been written: how many entries, in how many microseconds. */
  readonly onFlushed: (entries: number, micros: number) => void
  /** Told of a message that the database refuses for what it is. */
  readonly onDropped: (entries: number, error: unknown) => void
  /** Told that entries could not be put into their archives yet. */
  readonly onNotPlaced: (error: unknown) => void
}

interface Batch {
  readonly entries: NewEntry[]
  readonly written: Promise<void>
  settle(outcome: Promise<void> | undefined): void
}

type Numbers = (address: string) => number

/**
 * Writes archives in batches: everything that comes within a few milliseconds is one group of statements, all or nothing. What is
 * added in an order is on disk in that order.
 */
export class ArchiveWriter {
  readonly #db: Database<MamTables>
  readonly #addresses: Addresses
  readonly #options: WriterOptions
  readonly #stanzas: BulkInsert
  readonly #entries: BulkInsert
  readonly #placer: EntryPlacer
  #number = 0
  readonly #underWay = new Set<Promise<void>>()
  #open: Batch | undefined
  #timer: Timer | undefined
  /** Ends when the numbers of all addresses of earlier batches are there. */
  #numbering: Promise<void> | undefined

  constructor(db: Database<MamTables>, addresses: Addresses, options: WriterOptions) {
    this.#db = db
    this.#addresses = addresses
    this.#options = options
    this.#stanzas = db.bulkInsert('mod_mam_stanza', stanzaColumns)
    this.#placer = new EntryPlacer(db, { ...options, onFailure: options.onNotPlaced })
    this.#entries = db.bulkInsert('mod_mam_entry', ['archive', 'id', 'remote', 'resource', 'flags', 'stanza'])
  }

  /** To be called before anything is added: puts what an earlier process has written into the archives. */
  async open(): Promise<void> {
    const { name } = this.#options
    this.#number = (await this.#addresses.ensure([name])).get(name) ?? 0
    await this.#placer.open(this.#number)
  }

  /** Adds an entry. The promise resolves when it is on disk; many entries share it. */
  add(entry: NewEntry): Promise<void> {
    entry.message.copies++
    let batch = this.#open
    if (batch === undefined) {
      batch = newBatch()
      this.#open = batch
      this.#timer = this.#options.clock.after(this.#options.flushInterval, () => this.#flush('timed'))
    }
    batch.entries.push(entry)
    if (batch.entries.length >= this.#options.batchSize) this.#flush('batch')
    return batch.written
  }

  /** How many entries wait for their batch. */
  get waiting(): number {
    return this.#open?.entries.length ?? 0
  }

  /** Resolves when everything that has been added so far is on disk, in its archives. */
  async settled(): Promise<void> {
    this.#flush('timed')
    await Promise.allSettled(this.#underWay)
    await this.#placer.settled()
  }

  #flush(why: 'timed' | 'batch'): void {
    const batch = this.#open
    if (batch === undefined) return
    this.#open = undefined
    this.#timer?.cancel()
    this.#options.onBatch?.(batch.entries.length, why)
    for (const { message } of batch.entries) message.isSent = true
    const written = batch.written.catch(() => {})
    this.#underWay.add(written)
    written.then(() => this.#underWay.delete(written))
    if (this.#numbering === undefined && this.#areKnown(batch)) {
      batch.settle(this.#write(batch.entries, (address) => this.#addresses.known(address) ?? 0))
    } else this.#writeNumbered(batch)
  }

  #areKnown({ entries }: Batch): boolean {
    return entries.every(
      ({ owner, remote }) => this.#addresses.known(owner) !== undefined && this.#addresses.known(remote) !== undefined,
    )
  }

  /** Gives numbers to new addresses first; later batches wait for that, so that their order is kept. */
  #writeNumbered(batch: Batch): void {
    const needed = batch.entries.flatMap(({ owner, remote }) => [owner, remote])
    const numbered = (this.#numbering ?? Promise.resolve()).then(() => this.#addresses.ensure(needed))
    const sent = numbered.then(
      (ids) => batch.settle(this.#write(batch.entries, (address) => ids.get(address) ?? 0)),
      (error: unknown) => batch.settle(Promise.reject(error)),
    )
    this.#numbering = sent
    sent.then(() => {
      if (this.#numbering === sent) this.#numbering = undefined
    })
  }

  async #write(entries: readonly NewEntry[], numberOf: Numbers): Promise<void> {
    const began = performance.now()
    const messages = messagesOf(entries, numberOf)
    try {
      await this.#insert(messages)
      this.#options.onFlushed(entries.length, Math.round((performance.now() - began) * 1000))
    } catch (error) {
      if (error instanceof StorageUnavailable) throw error
      await this.#writeEach(messages)
    }
  }

  /** A message that the database does not take must not take others with it. Those that it takes are out of their order now. */
  async #writeEach(messages: readonly WaitingMessage[]): Promise<void> {
    for (const each of messages) {
      try {
        await this.#insert([each], true)
      } catch (error) {
        if (error instanceof StorageUnavailable) throw error
        this.#options.onDropped(each.entries.length, error)
      }
    }
  }

  /** `inPlace`: the entries are written at once, too, so that nobody has to follow. */
  async #insert(messages: readonly WaitingMessage[], inPlace = false): Promise<void> {
    const following = inPlace ? 0 : followingEntries
    const rows = messages.map((each) => rowOf(each, inPlace ? null : this.#number, following))
    const more = messages.flatMap(({ message, entries }) =>
      entries.slice(following).map((entry) => [...entry, message.id]),
    )
    await this.#db.atomic([...this.#stanzas.of(rows), ...this.#entries.of(more)])
    this.#options.onWritten(messages.map(({ message, addresses }) => ({ message, addresses })))
    if (!inPlace) this.#placer.add(messages.at(-1)?.message.id ?? 0, messages.length)
  }
}

/** Entries that are put into their archives later; what has more than these is for many, and rare. */
const followingEntries = 2
const stanzaColumns = [
  ...(['id', 'copies', 'stanza', 'origin', 'writer'] as const),
  ...(['first_archive', 'first_id', 'first_remote', 'first_resource', 'first_flags'] as const),
  ...(['second_archive', 'second_id', 'second_remote', 'second_resource', 'second_flags'] as const),
]
const noEntry = [null, null, null, null, null]

function rowOf({ message, entries }: WaitingMessage, writer: number | null, following: number): unknown[] {
  const row: unknown[] = [message.id, message.copies, wireBytes(message.text), message.origin ?? null, writer]
  for (let at = 0; at < followingEntries; at++) row.push(...((at < following && entries[at]) || noEntry))
  return row
}

/** A message with its entries, as they are written: archive, id, remote address, resource, flags. */
interface WaitingMessage extends WrittenMessage {
  readonly addresses: Set<number>
  readonly entries: (readonly [number, number, number, string, number])[]
}

function messagesOf(entries: readonly NewEntry[], numberOf: Numbers): WaitingMessage[] {
  const messages = new Map<NewMessage, WaitingMessage>()
  for (const { id, owner, remote, resource, flags, message } of entries) {
    let waiting = messages.get(message)
    if (waiting === undefined) {
      waiting = { message, addresses: new Set(), entries: [] }
      messages.set(message, waiting)
    }
    const [archive, other] = [numberOf(owner), numberOf(remote)]
    waiting.addresses.add(archive).add(other)
    waiting.entries.push([archive, id, other, resource, flags])
  }
  return [...messages.values()]
}

function newBatch(): Batch {
  let settle: Batch['settle'] = () => {}
  const written = new Promise<void>((resolve) => {
    settle = resolve as Batch['settle']
  })
  return { entries: [], written, settle }
}
