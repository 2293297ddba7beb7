import { StanzaError } from '../../stanza/stanza-error.ts'
import { noLaterId } from './message-id.ts'
import type { Positions } from './positions.ts'
import type { ArchivedMessage, ArchiveReader, Filter } from './reader.ts'

/** Which messages of an archive are asked for, in terms of its store. */
export interface Lookup {
  readonly filter: Filter
  /** Exactly these messages, in this order. */
  readonly ids?: readonly number[] | undefined
  /** Messages that must be in the archive for the question to make sense. */
  readonly mustExist: readonly number[]
  readonly max: number
  /** The page after this message (XEP-0059 §2.2). */
  readonly after?: number | undefined
  /** The page before this message; `'end'`: the last page. */
  readonly before?: number | 'end' | undefined
  /** The page that begins at this place. */
  readonly index?: number | undefined
  /** Nothing is counted. */
  readonly isSimple: boolean
}

/** A page of an archive, in chronological order. */
export interface ArchivePage {
  readonly messages: readonly ArchivedMessage[]
  /** Nothing lies beyond the page in the direction of paging. */
  readonly isComplete: boolean
  readonly count?: number | undefined
  /** Place of the first message among all that were asked for. */
  readonly index?: number | undefined
}

/** Finds pages of archives (XEP-0313 §4). */
export class ArchiveLookup {
  readonly #reader: ArchiveReader
  readonly #positions: Positions
  /** The id before which nothing is added to any archive any more. */
  readonly #grownUntil: () => number

  constructor(reader: ArchiveReader, positions: Positions, grownUntil: () => number) {
    this.#reader = reader
    this.#positions = positions
    this.#grownUntil = grownUntil
  }

  /** Throws `item-not-found` where a message that is named is not there. */
  async page(lookup: Lookup): Promise<ArchivePage> {
    await this.#checkNamed(lookup)
    return lookup.ids === undefined ? this.#slice(lookup) : this.#chosen(lookup, lookup.ids)
  }

  async #checkNamed({ filter, mustExist, after, before }: Lookup): Promise<void> {
    const named = [...new Set(mustExist)]
    if (named.length > 0 && (await this.#reader.byIds(filter.archive, named)).length < named.length) throw notFound()
    // The message that a page begins at must be one of those that are asked for.
    for (const id of [after, before]) {
      if (typeof id !== 'number') continue
      const isWithin = id >= filter.from && id <= filter.to
      if (!isWithin || (await this.#reader.count({ ...filter, from: id, to: id })) === 0) throw notFound()
    }
  }

  async #chosen({ filter, isSimple }: Lookup, ids: readonly number[]): Promise<ArchivePage> {
    const found = new Map((await this.#reader.byIds(filter.archive, ids)).map((message) => [message.id, message]))
    const messages = ids.map((id) => found.get(id))
    if (messages.includes(undefined)) throw notFound()
    const counted = isSimple ? {} : { count: ids.length, index: 0 }
    return { messages: messages as ArchivedMessage[], isComplete: true, ...counted }
  }

  async #slice(lookup: Lookup): Promise<ArchivePage> {
    const { filter, max, after, before, index = 0, isSimple } = lookup
    const isBackward = before !== undefined
    const part: Filter = {
      ...filter,
      from: after === undefined ? filter.from : Math.max(filter.from, after + 1),
      to: typeof before === 'number' ? Math.min(filter.to, before - 1) : filter.to,
    }
    // One more than asked for tells whether there are more.
    const found = await this.#reader.slice(part, isBackward ? 'desc' : 'asc', max + 1, isBackward ? 0 : index)
    const messages = found.slice(0, max)
    if (isBackward) messages.reverse()
    const isComplete = found.length <= max
    if (isSimple) return { messages, isComplete }
    const [first] = messages
    const count = await this.#countBefore(filter, filter.to + 1)
    return {
      messages,
      isComplete,
      count,
      index: first === undefined ? undefined : await this.#countBefore(filter, first.id),
    }
  }

  /** How many of the messages asked for stand before an id. */
  async #countBefore(filter: Filter, id: number): Promise<number> {
    const between = (from: number, before: number) => this.#reader.count({ ...filter, from, to: before - 1 })
    if (filter.words !== undefined) return between(filter.from, id)
    const { archive, remote, resource, withoutGroupchat } = filter
    const list = JSON.stringify([archive, remote, resource, withoutGroupchat])
    const place = (at: number) => this.#positions.before(list, at, this.#grownUntil(), between)
    const before = await place(Math.min(id, noLaterId))
    return filter.from === 0 ? before : before - (await place(Math.min(filter.from, id)))
  }
}

function notFound(): StanzaError {
  return new StanzaError('item-not-found', { text: 'Message with specified ID is not found' })
}
