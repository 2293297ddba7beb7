import type { RsmRequest, RsmResult } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { longestList } from '../disco/api.ts'
import type { ItemPart } from './catalogue.ts'
import type { Item, PubsubNode } from './core/node.ts'
import type { Engine } from './engine.ts'

/** Most items of one answer where there is no other limit: a longer list is read page by page. */
export const longestAnswer = longestList

/** In which order items are given. */
export type ItemOrder = Pick<ItemPart, 'by' | 'newestFirst'>

/** The page of the items of a node that is asked for (XEP-0059), and where it stands among them. */
export async function pageOfItems(
  { catalogue, store }: Engine,
  node: PubsubNode,
  order: ItemOrder,
  rsm: RsmRequest = {},
): Promise<{ readonly items: readonly Item[]; readonly where: RsmResult }> {
  /** XEP-0059 §2.2: an item that is not there cannot be paged from. */
  const anchor = async (id: string): Promise<Item> => {
    const item = await store.item(node.id, id)
    if (item === undefined) throw new StanzaError('item-not-found')
    return item
  }
  const items = await catalogue.items(node.id, {
    ...order,
    max: Math.min(rsm.max ?? longestAnswer, longestAnswer),
    index: rsm.index,
    after: rsm.after === undefined ? undefined : await anchor(rsm.after),
    before: rsm.before === '' ? 'end' : rsm.before === undefined ? undefined : await anchor(rsm.before),
  })
  const [first] = items
  const index = first === undefined ? undefined : await catalogue.placeOf(node.id, first, order)
  return { items, where: { ...edgesOf(items), index, count: node.itemCount } }
}

/** The ids of the first and the last of some items. */
export function edgesOf(items: readonly Item[]): Pick<RsmResult, 'first' | 'last'> {
  return { first: items[0]?.id, last: items.at(-1)?.id }
}
