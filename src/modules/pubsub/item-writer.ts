import type { Eventually } from '../../util/settled.ts'
import type { Item, PubsubNode } from './core/node.ts'
import type { PubsubStore } from './store.ts'

/** What there was before an item was written. */
export interface Written {
  /** When the item was first published. */
  readonly born: number
  readonly isNew: boolean
  /** Ids of items that had to go. */
  readonly gone: readonly string[]
}

/**
 * Writes an item of a node that keeps so many, within the job of the node. Most need no question before: what is there is known,
 * or comes with the answer to the write. Only a full node is asked what it has, once.
 */
export async function writeItem(store: PubsubStore, node: PubsubNode, fresh: Item, limit: number): Promise<Written> {
  const { id, born } = fresh
  const known = knownBefore(node, id)
  if (known === 'unknown' && node.itemCount < limit) {
    const before = await store.replace(node.id, fresh)
    return { born: before ?? born, isNew: before === undefined, gone: [] }
  }
  const isFull = known === 'unknown' || countWith(node, known) > limit
  const [old, surplus] = await Promise.all([
    known === 'unknown' ? store.item(node.id, id) : known,
    isFull ? surplusOf(store, node, { kept: limit - 1, spared: id }) : [],
  ])
  const gone = countWith(node, old) > limit ? surplus : []
  await store.put(node.id, fresh, gone)
  return { born: old?.born ?? born, isNew: old === undefined, gone }
}

/** The item that one with this id replaces, as far as it need not be read: where the last one is all there is, or that one. */
function knownBefore({ itemCount, last }: PubsubNode, id: string): Item | undefined | 'unknown' {
  if (itemCount === 0) return undefined
  if (last?.id === id) return last
  return itemCount === 1 && last !== undefined ? undefined : 'unknown'
}

/** How many items there are with one that replaces this. */
function countWith({ itemCount }: PubsubNode, replaced: Item | undefined): number {
  return replaced === undefined ? itemCount + 1 : itemCount
}

function surplusOf(
  store: PubsubStore,
  { id, itemCount, last }: PubsubNode,
  { kept, spared }: { kept: number; spared: string },
): Eventually<readonly string[]> {
  if (kept === 0 && itemCount === 1 && last !== undefined && last.id !== spared) return [last.id]
  return store.surplus(id, kept, spared)
}
