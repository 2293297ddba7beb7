import type { BulkInsert } from '../../storage/bulk-insert.ts'
import type { Database } from '../../storage/database.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import { type Wire, wireBytes } from '../../xml/wire.ts'
import type { Addresses } from './addresses.ts'
import type { MamTables } from './tables.ts'

/** A message on its way to the disk; entries of several archives may share it as long as it is in the open batch. */
export interface NewMessage {
  readonly id: number
  readonly text: Wire
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
  readonly clock: Clock
  /** Milliseconds that an entry may wait for others. */
  readonly flushInterval: number
  /** Entries with which a batch does not wait. */
  readonly batchSize: number
  /** Told of messages that have been written. */
  readonly onWritten: (messages: readonly WrittenMessage[]) => void
  /** Told of a batch that has been written: how many entries, in how many microseconds. */
  readonly onFlushed: (entries: number, micros: number) => void
  /** Told of a message that the database refuses for what it is. */
  readonly onDropped: (entries: number, error: unknown) => void
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
  readonly #underWay = new Set<Promise<void>>()
  #open: Batch | undefined
  #timer: Timer | undefined
  /** Ends when the numbers of all addresses of earlier batches are there. */
  #numbering: Promise<void> | undefined

  constructor(db: Database<MamTables>, addresses: Addresses, options: WriterOptions) {
    this.#db = db
    this.#addresses = addresses
    this.#options = options
    this.#stanzas = db.bulkInsert('mod_mam_stanza', ['id', 'copies', 'stanza', 'origin'])
    this.#entries = db.bulkInsert('mod_mam_entry', ['archive', 'id', 'remote', 'resource', 'flags', 'stanza'])
  }

  /** Adds an entry. The promise resolves when it is on disk; many entries share it. */
  add(entry: NewEntry): Promise<void> {
    entry.message.copies++
    let batch = this.#open
    if (batch === undefined) {
      batch = newBatch()
      this.#open = batch
      this.#timer = this.#options.clock.after(this.#options.flushInterval, () => this.#flush())
    }
    batch.entries.push(entry)
    if (batch.entries.length >= this.#options.batchSize) this.#flush()
    return batch.written
  }

  /** Resolves when everything that has been added so far is on disk. */
  async settled(): Promise<void> {
    this.#flush()
    await Promise.allSettled(this.#underWay)
  }

  #flush(): void {
    const batch = this.#open
    if (batch === undefined) return
    this.#open = undefined
    this.#timer?.cancel()
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
    try {
      await this.#insert(entries, numberOf)
      this.#options.onFlushed(entries.length, Math.round((performance.now() - began) * 1000))
    } catch (error) {
      if (error instanceof StorageUnavailable) throw error
      await this.#writeEach(entries, numberOf)
    }
  }

  /** A message that the database does not take must not take others with it. */
  async #writeEach(entries: readonly NewEntry[], numberOf: Numbers): Promise<void> {
    for (const message of new Set(entries.map((entry) => entry.message))) {
      const own = entries.filter((entry) => entry.message === message)
      try {
        await this.#insert(own, numberOf)
      } catch (error) {
        if (error instanceof StorageUnavailable) throw error
        this.#options.onDropped(own.length, error)
      }
    }
  }

  async #insert(entries: readonly NewEntry[], numberOf: Numbers): Promise<void> {
    const messages = new Map<NewMessage, Set<number>>()
    const rows: unknown[][] = []
    for (const { id, owner, remote, resource, flags, message } of entries) {
      const [archive, other] = [numberOf(owner), numberOf(remote)]
      rows.push([archive, id, other, resource, flags, message.id])
      const concerned = messages.get(message)
      if (concerned === undefined) messages.set(message, new Set([archive, other]))
      else concerned.add(archive).add(other)
    }
    const stanzas = [...messages.keys()].map(({ id, copies, text, origin }) => [
      id,
      copies,
      wireBytes(text),
      origin ?? null,
    ])
    await this.#db.atomic([...this.#stanzas.of(stanzas), ...this.#entries.of(rows)])
    this.#options.onWritten([...messages].map(([message, addresses]) => ({ message, addresses })))
  }
}

function newBatch(): Batch {
  let settle: Batch['settle'] = () => {}
  const written = new Promise<void>((resolve) => {
    settle = resolve as Batch['settle']
  })
  return { entries: [], written, settle }
}
