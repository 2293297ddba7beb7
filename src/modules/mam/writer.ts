import type { Database } from '../../storage/database.ts'
import { StorageUnavailable } from '../../storage/errors.ts'
import { type PackedInsert, rowsOf } from '../../storage/packed-insert.ts'
import type { RowPack } from '../../storage/row-pack.ts'
import type { WordIndex } from '../../storage/word-index.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import type { Addresses } from './addresses.ts'
import {
  Batch,
  entryColumns,
  type MessageParts,
  type NewEntry,
  type NewMessage,
  type Packs,
  place,
  stanzaColumns,
} from './batch.ts'
import { EntryPlacer } from './placer.ts'
import type { MamTables } from './tables.ts'

export interface WriterOptions {
  /** Tells this writer from others on the same database; the same after a restart. */
  readonly name: string
  readonly clock: Clock
  /** Milliseconds that an entry may wait for others. */
  readonly flushInterval: number
  /** Entries with which a batch does not wait. */
  readonly batchSize: number
  /** Told of the words of messages that have been written. */
  readonly onWritten: (words: RowPack) => void
  /** Told of a batch that sets out, whether its time was up or it was full. */
  readonly onBatch?: (entries: number, why: 'timed' | 'batch') => void
  /** Told of a batch that has been written: how many entries, in how many microseconds. */
  readonly onFlushed: (entries: number, micros: number) => void
  /** Told of a message that the database refuses for what it is. */
  readonly onDropped: (entries: number, error: unknown) => void
  /** Told that entries could not be put into their archives yet. */
  readonly onNotPlaced: (error: unknown) => void
}

/**
 * Writes archives in batches: everything that comes within a few milliseconds is one group of statements, all or nothing. What is
 * added in an order is on disk in that order.
 */
export class ArchiveWriter {
  readonly #db: Database<MamTables>
  readonly #addresses: Addresses
  readonly #options: WriterOptions
  readonly #stanzas: PackedInsert
  readonly #entries: PackedInsert
  readonly #words: WordIndex
  readonly #placer: EntryPlacer
  readonly #numberOf: (address: string) => number | undefined
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
    this.#stanzas = db.packedInsert('mod_mam_stanza', stanzaColumns)
    this.#entries = db.packedInsert('mod_mam_entry', entryColumns)
    this.#words = db.words('mod_mam_words')
    this.#placer = new EntryPlacer(db, { ...options, onFailure: options.onNotPlaced })
    this.#numberOf = (address) => addresses.known(address)
  }

  /** To be called before anything is added: puts what an earlier process has written into the archives. */
  async open(): Promise<void> {
    const { name } = this.#options
    this.#number = (await this.#addresses.ensure([name])).get(name) ?? 0
    await this.#placer.open(this.#number)
  }

  /** Begins a message, to which entries are added at once. */
  begin(parts: MessageParts): NewMessage {
    let batch = this.#open
    if (batch === undefined) {
      batch = new Batch(this.#emptyPacks(), this.#number)
      this.#open = batch
      this.#timer = this.#options.clock.after(this.#options.flushInterval, () => this.#flush('timed'))
    }
    return batch.begin(parts)
  }

  /** Whether another entry can have a message: what another host has begun, or what has left, is written anew. */
  canShare(message: NewMessage): boolean {
    return this.#open?.holds(message) === true
  }

  /** Adds an entry of a message that can be shared. The promise resolves when it is on disk; many entries have the same. */
  add(message: NewMessage, entry: NewEntry): Promise<void> {
    const batch = this.#open
    if (batch?.holds(message) !== true) throw new RangeError('the message is on its way already')
    batch.add(message, entry, this.#numberOf)
    // What else comes in this turn of the event loop goes along: the database commits it no later.
    if (batch.entries === this.#options.batchSize) setImmediate(() => this.#leave(batch))
    return batch.written
  }

  /** How many entries wait for their batch. */
  get waiting(): number {
    return this.#open?.entries ?? 0
  }

  /** Resolves when everything that has been added so far is on disk, in its archives. */
  async settled(): Promise<void> {
    this.#flush('timed')
    await Promise.allSettled(this.#underWay)
    await this.#placer.settled()
  }

  #emptyPacks(): Packs {
    return { stanzas: this.#stanzas.pack(), entries: this.#entries.pack(), words: this.#words.pack() }
  }

  #leave(batch: Batch): void {
    if (batch === this.#open) this.#flush('batch')
  }

  #flush(why: 'timed' | 'batch'): void {
    const batch = this.#open
    if (batch === undefined) return
    this.#open = undefined
    this.#timer?.cancel()
    this.#options.onBatch?.(batch.entries, why)
    batch.close()
    const written = batch.written.catch(() => {})
    this.#underWay.add(written)
    written.then(() => this.#underWay.delete(written))
    const unnumbered = batch.unnumbered
    if (this.#numbering === undefined && unnumbered.length === 0) batch.settle(this.#write(batch))
    else this.#writeNumbered(batch, unnumbered)
  }

  /** Gives numbers to new addresses first; later batches wait for that, so that their order is kept. */
  #writeNumbered(batch: Batch, addresses: readonly string[]): void {
    const numbered = (this.#numbering ?? Promise.resolve()).then(() => this.#addresses.ensure(addresses))
    const sent = numbered.then(
      (ids) => {
        batch.number((address) => ids.get(address))
        batch.settle(this.#write(batch))
      },
      (error: unknown) => batch.settle(Promise.reject(error)),
    )
    this.#numbering = sent
    sent.then(() => {
      if (this.#numbering === sent) this.#numbering = undefined
    })
  }

  async #write({ packs, entries, lastId }: Batch): Promise<void> {
    const began = performance.now()
    try {
      await this.#db.atomic([...this.#stanzas.of(packs.stanzas), ...this.#entries.of(packs.entries)])
    } catch (error) {
      if (error instanceof StorageUnavailable) throw error
      await this.#writeEach(packs)
      return
    }
    this.#options.onWritten(packs.words)
    this.#placer.add(lastId, packs.stanzas.rows)
    this.#options.onFlushed(entries, Math.round((performance.now() - began) * 1000))
  }

  /**
   * A message that the database does not take must not take others with it. Those that it takes are out of their order now, so that
   * nobody has to follow: their entries are written at once, too.
   */
  async #writeEach({ stanzas, entries, words }: Packs): Promise<void> {
    const others = rowsOf(entries)
    const found = new Map(rowsOf(words).map(([id, text]) => [id as number, text as string]))
    for (const row of rowsOf(stanzas)) {
      const id = row[place.id] as number
      const own = [...inRow(row), ...others.filter((entry) => entry.at(-1) === id)]
      try {
        await this.#writeAlone(row, own, found.get(id))
      } catch (error) {
        if (error instanceof StorageUnavailable) throw error
        this.#options.onDropped(own.length, error)
      }
    }
  }

  async #writeAlone(row: readonly unknown[], entries: readonly unknown[][], words: string | undefined): Promise<void> {
    const { id, copies, stanza, origin } = place
    const message = {
      id: row[id],
      copies: row[copies],
      stanza: row[stanza],
      origin: row[origin],
      writer: null,
    } as const
    const { q } = this.#db
    const values = entries.map((entry) => Object.fromEntries(entryNames.map((name, at) => [name, entry[at]])))
    await this.#db.atomic([
      q.insertInto('mod_mam_stanza').values(message as never),
      q.insertInto('mod_mam_entry').values(values as never),
    ])
    if (words === undefined) return
    const pack = this.#words.pack()
    pack.add()
    pack.number(0, 0, row[id] as number)
    pack.text(0, 1, words)
    this.#options.onWritten(pack)
  }
}

const entryNames = Object.keys(entryColumns)

/** The entries that stand in the row of their message, as rows of their own. */
function inRow(row: readonly unknown[]): unknown[][] {
  const own = place.entries.map((first) => row.slice(first, first + entryNames.length - 1))
  return own.filter(([archive]) => archive !== null).map((entry) => [...entry, row[place.id]])
}
