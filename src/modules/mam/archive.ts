import { Jid } from '../../jid/jid.ts'
import type { Logger } from '../../observe/logger.ts'
import { Stanza } from '../../stanza/stanza.ts'
import type { Database } from '../../storage/database.ts'
import type { Clock } from '../../util/clock.ts'
import { type MomentIds, momentIds } from '../../util/moment-ids.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { Addresses } from './addresses.ts'
import type { NewMessage } from './batch.ts'
import { ArchiveEditor } from './editor.ts'
import { Indexer, referencesOf } from './indexer.ts'
import { ArchiveLookup, type ArchivePage, type Lookup } from './lookup.ts'
import { noLaterId, parseMessageId } from './message-id.ts'
import type { Appended, NewEntryParts, RetractionPlace } from './parts.ts'
import { Positions } from './positions.ts'
import { type ArchivedMessage, ArchiveReader } from './reader.ts'
import { Repeats } from './repeats.ts'
import { isTombstone, type Retraction, retractedElement, tombstoneOf } from './retraction.ts'
import { flags, type MamTables } from './tables.ts'
import { addressWord, referenceWord } from './words.ts'
import { ArchiveWriter, type WriterOptions } from './writer.ts'

type WriterSettings = Pick<
  WriterOptions,
  'name' | 'flushInterval' | 'batchSize' | 'onBatch' | 'onFlushed' | 'onDropped'
>

export interface ArchiveOptions extends WriterSettings {
  readonly db: Database<MamTables>
  readonly clock: Clock
  readonly log: Logger
  readonly hasFullText: boolean
  readonly hasReferences: boolean
}

/** The id of an entry is at most so much later than that of the message that it shares, in microseconds. */
const longestShared = 1_000_000
/** Some entries become visible to readers a little later than others with greater ids, in milliseconds. */
const longestWay = 60_000

/** All archives of a host: accounts and rooms alike. */
export class Archive {
  readonly addresses: Addresses
  readonly ids: MomentIds
  readonly #db: Database<MamTables>
  readonly #clock: Clock
  readonly #writer: ArchiveWriter
  readonly #indexer: Indexer
  readonly #reader: ArchiveReader
  readonly #editor: ArchiveEditor
  readonly #lookup: ArchiveLookup
  readonly #positions = new Positions()
  readonly #repeats: Repeats
  /** Under way. */
  readonly #retractions = new Set<Promise<boolean>>()

  constructor(options: ArchiveOptions) {
    const { db, clock, log } = options
    this.#db = db
    this.#clock = clock
    this.ids = momentIds(clock)
    this.addresses = new Addresses(db)
    this.#reader = new ArchiveReader(db)
    this.#repeats = new Repeats(db, this.addresses, () => this.settled(false))
    this.#editor = new ArchiveEditor(db, this.ids)
    this.#indexer = new Indexer(db, this.addresses, {
      clock,
      hasBodies: options.hasFullText,
      hasReferences: options.hasReferences,
      onFailure: (error) => log.error({ what: 'mam_indexing_failed', reason: error }),
    })
    this.#writer = new ArchiveWriter(db, this.addresses, {
      ...options,
      onWritten: (words) => this.#indexer.add(words),
      onNotPlaced: (error) => log.error({ what: 'mam_placing_failed', reason: error }),
    })
    const grownUntil = () => Math.max(0, clock.now() - longestWay) * 1000
    this.#lookup = new ArchiveLookup(this.#reader, this.#positions, grownUntil)
  }

  /** Makes sure that ids are greater than those of an earlier process, whatever the clock says, and that all it wrote is found. */
  async open(): Promise<void> {
    await this.#writer.open()
    const [last] = await this.#db.q.selectFrom('mod_mam_stanza').select('id').orderBy('id', 'desc').limit(1).execute()
    // An entry may have a later id than the message that it shares.
    if (last !== undefined) this.ids.raise(last.id + longestShared)
  }

  /** Puts what an earlier process has left into the index. */
  catchUp(isStopped: () => boolean): Promise<void> {
    return this.#indexer.catchUp(isStopped)
  }

  /** How many entries wait for their batch. */
  get waiting(): number {
    return this.#writer.waiting
  }

  append(parts: NewEntryParts): Appended {
    const id = parts.id ?? this.ids.next()
    const { shared, stanza, owner, remote, resource } = parts
    const isSame = shared?.stanza?.isWrittenAs(stanza) === true && this.#writer.canShare(shared)
    const message = isSame ? shared : this.#begin(parts, id)
    const entry = { id, owner: owner.bareString, remote: remote.bareString, resource, flags: parts.flags }
    return { id, message, written: this.#writer.add(message, entry) }
  }

  #begin({ id: given, stanza, origin }: NewEntryParts, id: number): NewMessage {
    return this.#writer.begin({
      id: given === undefined ? id : this.ids.next(),
      stanza,
      text: stanza.toWire('framed'),
      words: this.#indexer.wordsOf(stanza),
      origin,
    })
  }

  /** Appends what is older than what the archive has. Resolves when it is on disk, and counted where it stands. */
  async insert(parts: NewEntryParts & { readonly id: number }): Promise<void> {
    await this.append(parts).written
    this.#positions.clear()
  }

  /** The id that a message has in this archive since it was sent for the first time, where its sender may have sent it twice. */
  repeated(stanza: Stanza, owner: Jid, remote: Jid): Eventually<number | undefined> {
    const { origin, ticket } = stanza
    const source = ticket?.source
    if (origin === undefined || source === undefined || source.repeats === 0) return undefined
    return this.#repeats.find({ source, origin, owner, remote })
  }

  /** Everything that has been appended is on disk, and what was retracted is gone; to be found by words as well. */
  async settled(withWords = true): Promise<void> {
    await this.#written(withWords)
    if (this.#db.health === 'ok') await Promise.allSettled(this.#retractions)
  }

  async #written(withWords: boolean): Promise<void> {
    // In trouble nobody waits: what is not on disk has not been acknowledged either.
    if (this.#db.health !== 'ok') return
    await this.#writer.settled()
    if (withWords) await this.#indexer.settled()
  }

  page(lookup: Lookup): Promise<ArchivePage> {
    return this.#lookup.page(lookup)
  }

  /** A query for messages with all these words in an archive. */
  wordQuery(archive: number, words: readonly string[]): string {
    return this.#db.words('mod_mam_words').query([addressWord(archive)], words)
  }

  /** The ids of the first and the last message of an archive. */
  async ends(owner: Jid): Promise<{ first: number; last: number } | undefined> {
    await this.settled(false)
    const archive = await this.addresses.find(owner.bareString)
    if (archive === undefined) return undefined
    const [[first], [last]] = await Promise.all([
      this.#reader.slice(everythingOf(archive), 'asc', 1),
      this.#reader.slice(everythingOf(archive), 'desc', 1),
    ])
    return first === undefined || last === undefined ? undefined : { first: first.id, last: last.id }
  }

  async count(owner: Jid): Promise<number> {
    await this.settled(false)
    const archive = await this.addresses.find(owner.bareString)
    return archive === undefined ? 0 : this.#reader.count(everythingOf(archive))
  }

  /** One message of an archive. */
  async find(owner: Jid, id: number): Promise<ArchivedMessage | undefined> {
    await this.settled(false)
    const archive = await this.addresses.find(owner.bareString)
    return archive === undefined ? undefined : (await this.#reader.byIds(archive, [id]))[0]
  }

  /** Empties an archive, at most so many messages with one statement; resolves when that is on disk. */
  remove(owner: Jid, atOnce: number): Promise<number> {
    return this.removeOldest(owner, Number.POSITIVE_INFINITY, atOnce)
  }

  /** Removes the oldest messages of an archive and answers how many there were. */
  async removeOldest(owner: Jid, most: number, atOnce?: number): Promise<number> {
    await this.settled()
    const archive = await this.addresses.find(owner.bareString)
    if (archive === undefined) return 0
    return this.#editor.removeOldest(archive, most, atOnce).finally(() => this.#positions.clear())
  }

  /** Puts something else in the place of a message; false where it is not there. */
  async replace(owner: Jid, id: number, change: (original: Stanza) => Element): Promise<boolean> {
    const found = await this.find(owner, id)
    return found !== undefined && this.#bury(owner, found, change)
  }

  /**
   * Takes a message back in one archive: the newest that the sender of the retraction can have meant. Nothing happens where there
   * is none.
   */
  retract(retraction: Retraction, place: RetractionPlace, stanza: Stanza): Promise<boolean> {
    const done = this.#retract(retraction, place, stanza)
    this.#retractions.add(done)
    const forget = () => void this.#retractions.delete(done)
    done.then(forget, forget)
    return done
  }

  async #retract(retraction: Retraction, place: RetractionPlace, stanza: Stanza): Promise<boolean> {
    await this.#written(true)
    const original = await this.#retracted(retraction, place)
    if (original === undefined) return false
    const { owner: by } = place
    return this.#bury(by, original, (message) =>
      retractedElement(retraction, { by, at: this.#clock.now(), original: message, retraction: stanza }),
    )
  }

  /** All messages of rooms that an account has written. */
  async *writtenBy(account: Jid): AsyncGenerator<ArchivedMessage> {
    await this.settled(false)
    const number = await this.addresses.find(account.bareString)
    if (number === undefined) return
    for (let after: [number, number] = [0, 0]; ; ) {
      const page = await this.#reader.ofRemote(number, after, pageSize)
      for (const entry of page) if ((entry.flags & flags.room) !== 0) yield entry
      const last = page.at(-1)
      if (last === undefined || page.length < pageSize) return
      after = [last.archive, last.id]
    }
  }

  /** All messages of an archive. */
  async *all(owner: Jid): AsyncGenerator<ArchivedMessage> {
    await this.settled(false)
    yield* this.between(owner, 0, noLaterId - 1)
  }

  /** The messages of an archive with ids from one to another, those on the way to the disk left out. */
  async *between(owner: Jid, first: number, to: number): AsyncGenerator<ArchivedMessage> {
    const archive = await this.addresses.find(owner.bareString)
    if (archive === undefined) return
    for (let from = first; ; ) {
      const page = await this.#reader.slice({ ...everythingOf(archive), from, to }, 'asc', pageSize)
      yield* page
      const last = page.at(-1)
      if (last === undefined || page.length < pageSize) return
      from = last.id + 1
    }
  }

  async #bury(owner: Jid, original: ArchivedMessage, content: (message: Stanza) => Element): Promise<boolean> {
    const archive = await this.addresses.find(owner.bareString)
    const message = Stanza.fromBytes(original.bytes, Jid.parse)
    if (archive === undefined || isTombstone(message)) return false
    return this.#editor.replace(archive, original, tombstoneOf(message, content(message)).toBytes())
  }

  async #retracted({ names, id }: Retraction, place: RetractionPlace): Promise<ArchivedMessage | undefined> {
    const archive = await this.addresses.find(place.owner.bareString)
    const remote = await this.addresses.find(place.remote.bareString)
    if (archive === undefined || remote === undefined) return undefined
    const isMeant = (entry: ArchivedMessage) =>
      entry.id < place.id &&
      entry.remote === remote &&
      (entry.flags & flags.outgoing) === (place.flags & flags.outgoing)
    if (names === 'archive id') return (await this.#reader.byIds(archive, idsOf(id))).find(isMeant)
    const words = this.#db.words('mod_mam_words').query([addressWord(archive), referenceWord(id)])
    const filter = { ...everythingOf(archive), remote, words, to: place.id - 1 }
    const found = await this.#reader.slice(filter, 'desc', candidates)
    return found.find((entry) => isMeant(entry) && isNamed(entry, id))
  }
}

const pageSize = 200
/** Messages that are looked at to find the one that is meant: different ids may stand under one word of the index. */
const candidates = 20

function everythingOf(archive: number) {
  return { archive, withoutGroupchat: false, from: 0, to: noLaterId - 1 }
}

function isNamed(entry: ArchivedMessage, id: string): boolean {
  const message = Stanza.fromBytes(entry.bytes, Jid.parse)
  return !isTombstone(message) && referencesOf(message).includes(id)
}

function idsOf(text: string): number[] {
  try {
    return [parseMessageId(text)]
  } catch {
    return []
  }
}
