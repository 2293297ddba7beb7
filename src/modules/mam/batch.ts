import type { Stanza } from '../../stanza/stanza.ts'
import type { CellKind, RowPack } from '../../storage/row-pack.ts'
import type { Wire } from '../../xml/wire.ts'
import { areNone, type Words, writeWords } from './words.ts'

/** A message on its way to the disk; entries of several archives may share it while it is among the newest of the open batch. */
export interface NewMessage {
  readonly id: number
  readonly words: Words
  /** As it is kept; undefined when it can be shared no more. */
  stanza: Stanza | undefined
  /** Entries that have it. */
  copies: number
  /** Its place in the pack of messages, and in that of words once it is there. */
  readonly row: number
  wordRow: number | undefined
  /** Numbers of the addresses that it concerns. */
  readonly addresses: number[]
}

/** What is kept of a message. */
export interface MessageParts {
  readonly id: number
  readonly stanza: Stanza
  readonly text: Wire
  readonly words: Words
  readonly origin: string | undefined
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
}

/** The number of an address; undefined where it is not known yet. */
type NumberOf = (address: string) => number | undefined

/** Columns of a message; those of its entries are put into their archives later. What has more than two is for many, and rare. */
export const stanzaColumns = {
  ...{ id: 'number', copies: 'number', stanza: 'bytes', origin: 'text', writer: 'number' },
  ...{
    first_archive: 'number',
    first_id: 'number',
    first_remote: 'number',
    first_flags: 'number',
    first_resource: 'text',
  },
  ...{ second_archive: 'number', second_id: 'number', second_remote: 'number' },
  ...{ second_flags: 'number', second_resource: 'text' },
} as const satisfies Record<string, CellKind>
export const entryColumns = {
  ...{ archive: 'number', id: 'number', remote: 'number', flags: 'number', resource: 'text', stanza: 'number' },
} as const satisfies Record<string, CellKind>

/** Where in the row of a message what stands. */
export const place = { id: 0, copies: 1, stanza: 2, origin: 3, writer: 4, entries: [5, 10] } as const
const [archiveAt, idAt, remoteAt, flagsAt, resourceAt, stanzaAt] = [0, 1, 2, 3, 4, 5]
/** Messages that can be shared: mostly it is the last one. */
const mostShared = 32

/** Empty packs for what is in a batch. */
export interface Packs {
  /** Messages, in the order of their ids. */
  readonly stanzas: RowPack
  /** Entries that do not stand in the row of their message. */
  readonly entries: RowPack
  readonly words: RowPack
}

interface Pair {
  readonly owner: string
  readonly remote: string
  readonly archive: number
  readonly other: number
}

interface Late {
  readonly message: NewMessage
  readonly copy: number
  readonly entry: NewEntry
}

/** What goes to the disk together. Nothing of it is an object but what waits for the number of an address that is new. */
export class Batch {
  readonly packs: Packs
  readonly written: Promise<void>
  settle: (outcome: Promise<void>) => void = () => {}
  lastId = 0
  #entries = 0
  readonly #shared: NewMessage[] = []
  readonly #writer: number
  readonly #late: Late[] = []
  /** The addresses of the last entry, with their numbers. */
  #last: Pair | undefined

  constructor(packs: Packs, writer: number) {
    this.packs = packs
    this.#writer = writer
    this.written = new Promise<void>((resolve) => {
      this.settle = resolve
    })
  }

  /** How many entries there are. */
  get entries(): number {
    return this.#entries
  }

  /** Addresses that need numbers. */
  get unnumbered(): string[] {
    return this.#late.flatMap(({ entry: { owner, remote } }) => [owner, remote])
  }

  begin({ id, stanza, text, words, origin }: MessageParts): NewMessage {
    const { stanzas } = this.packs
    const row = stanzas.add()
    stanzas.number(row, place.id, id)
    stanzas.latin1(row, place.stanza, text)
    if (origin !== undefined) stanzas.text(row, place.origin, origin)
    stanzas.number(row, place.writer, this.#writer)
    this.lastId = id
    const message = { id, words, stanza, copies: 0, row, wordRow: undefined, addresses: [] }
    const at = row % mostShared
    const oldest = this.#shared[at]
    if (oldest !== undefined) oldest.stanza = undefined
    this.#shared[at] = message
    return message
  }

  /** Adds an entry that has a message of this batch. */
  add(message: NewMessage, entry: NewEntry, numberOf: NumberOf): void {
    this.#entries++
    const copy = message.copies++
    this.packs.stanzas.number(message.row, place.copies, message.copies)
    if (!this.#fill(message, copy, entry, numberOf)) this.#late.push({ message, copy, entry })
  }

  /** Whether a message is among those of this batch that can be shared. */
  holds(message: NewMessage): boolean {
    return this.#shared[message.row % mostShared] === message
  }

  /** Nothing is added any more. */
  close(): void {
    for (const message of this.#shared) message.stanza = undefined
  }

  /** Numbers all addresses that had none. */
  number(numberOf: NumberOf): void {
    for (const { message, copy, entry } of this.#late) this.#fill(message, copy, entry, numberOf)
  }

  #fill(message: NewMessage, copy: number, entry: NewEntry, numberOf: NumberOf): boolean {
    const last = this.#last
    // Mostly the recipient's entry follows that of the sender.
    const isAnswer = last !== undefined && last.owner === entry.remote && last.remote === entry.owner
    const archive = isAnswer ? last.other : numberOf(entry.owner)
    const remote = isAnswer ? last.archive : numberOf(entry.remote)
    if (archive === undefined || remote === undefined) return false
    this.#last = isAnswer ? undefined : { owner: entry.owner, remote: entry.remote, archive, other: remote }
    const first = place.entries[copy]
    if (first === undefined)
      this.#write(this.packs.entries, this.packs.entries.add(), 0, { archive, remote, entry, message })
    else this.#write(this.packs.stanzas, message.row, first, { archive, remote, entry })
    if (!areNone(message.words)) this.#index(message, archive, remote)
    return true
  }

  #write(pack: RowPack, row: number, first: number, { archive, remote, entry, message }: Written): void {
    pack.number(row, first + archiveAt, archive)
    pack.number(row, first + idAt, entry.id)
    pack.number(row, first + remoteAt, remote)
    pack.number(row, first + flagsAt, entry.flags)
    pack.text(row, first + resourceAt, entry.resource)
    if (message !== undefined) pack.number(row, first + stanzaAt, message.id)
  }

  #index(message: NewMessage, archive: number, remote: number): void {
    const { addresses } = message
    const before = addresses.length
    if (!addresses.includes(archive)) addresses.push(archive)
    if (!addresses.includes(remote)) addresses.push(remote)
    if (addresses.length === before) return
    const { words } = this.packs
    if (message.wordRow === undefined) {
      message.wordRow = words.add()
      words.number(message.wordRow, 0, message.id)
    }
    writeWords(words, message.wordRow, addresses, message.words)
  }
}

interface Written {
  readonly archive: number
  readonly remote: number
  readonly entry: NewEntry
  /** Where it does not stand in the row of its message. */
  readonly message?: NewMessage
}
