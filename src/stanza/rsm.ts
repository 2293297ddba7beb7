import { type Element, el } from '../xml/element.ts'
import { NS } from './namespaces.ts'
import { StanzaError } from './stanza-error.ts'

/** Which part of a list is asked for (XEP-0059). */
export interface RsmRequest {
  /** At most so many items; 0 asks for the count alone (§2.7). */
  readonly max?: number
  /** The page after the item with this id. */
  readonly after?: string
  /** The page before it; `''` is the last page of all (§2.5). */
  readonly before?: string
  /** The page that begins at this position, counted from 0 (§2.6). */
  readonly index?: number
}

/** Reads the `<set/>` of a request, undefined when there is none. Throws `bad-request` for numbers that are none. */
export function readRsm(query: Element): RsmRequest | undefined {
  const set = query.child('set', NS.rsm)
  return set === undefined ? undefined : readRsmSet(set)
}

/** Reads a `<set/>`. `size`: the name of the child that limits the page. Throws `bad-request` for numbers that are none. */
export function readRsmSet(set: Element, size = 'max'): RsmRequest {
  const after = set.childText('after')
  const before = set.childText('before')
  const max = readCount(set, size)
  const index = readCount(set, 'index')
  return {
    ...(max === undefined ? {} : { max }),
    // Nothing comes before an empty id, so that an empty <after/> is the first page.
    ...(after === undefined || after === '' ? {} : { after }),
    ...(before === undefined ? {} : { before }),
    ...(index === undefined ? {} : { index }),
  }
}

function readCount(set: Element, name: string): number | undefined {
  const text = set.childText(name)?.trim()
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,15}$/.test(text)) throw new StanzaError('bad-request', { text: `<${name}/> is not a number` })
  return Number(text)
}

/** Where a page stands in its list. */
export interface RsmResult {
  /** Ids of the first and the last item of the page; absent for an empty page. */
  readonly first?: string | undefined
  readonly last?: string | undefined
  /** Position of the first item, from 0. */
  readonly index?: number | undefined
  /** Items in the whole list. */
  readonly count?: number | undefined
}

/** The `<set/>` of an answer. */
export function rsmElement({ first, last, index, count }: RsmResult): Element {
  const position = index === undefined ? undefined : { index: String(index) }
  return el(
    'set',
    NS.rsm,
    first === undefined ? undefined : el('first', NS.rsm, position, first),
    last === undefined ? undefined : el('last', NS.rsm, last),
    count === undefined ? undefined : el('count', NS.rsm, String(count)),
  )
}

/** A part of a list that is in memory, with its place in it. */
export interface ListPage<T> extends RsmResult {
  readonly items: readonly T[]
}

/**
 * Takes the page asked for out of a list sorted by id, in the order of code units. As the id itself tells where an item
 * stood, one that is gone is no error (XEP-0059 §2.8).
 */
export function pageOf<T>(sorted: readonly T[], idOf: (item: T) => string, request: RsmRequest = {}): ListPage<T> {
  const count = sorted.length
  const [start, end] = boundsOf(sorted.map(idOf), request)
  const items = sorted.slice(start, end)
  const [first] = items
  if (first === undefined) return { items, count }
  return { items, first: idOf(first), last: idOf(items.at(-1) as T), index: start, count }
}

function boundsOf(ids: readonly string[], { max, after, before, index = 0 }: RsmRequest): [start: number, end: number] {
  const size = max ?? ids.length
  if (before !== undefined) {
    const end = before === '' ? ids.length : placeOf(ids, (id) => id >= before)
    return [Math.max(0, end - size), end]
  }
  const start = after === undefined ? index : placeOf(ids, (id) => id > after)
  return [start, start + size]
}

function placeOf(ids: readonly string[], isThere: (id: string) => boolean): number {
  const place = ids.findIndex(isThere)
  return place < 0 ? ids.length : place
}
