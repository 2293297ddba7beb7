import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { type Item, PubsubNode } from './core/node.ts'
import { plugins } from './core/plugin.ts'
import { writeItem } from './item-writer.ts'
import type { PubsubStore } from './store.ts'

const alice = Jid.parse('alice@example.org')

function emptyNode(): PubsubNode {
  const { defaults } = plugins.pep
  return new PubsubNode({
    id: 'n',
    service: alice,
    name: 'n',
    type: 'pep',
    config: defaults,
    affiliations: new Map(),
    subscriptions: [],
    itemCount: 0,
    last: undefined,
  })
}

/** Items in memory, and how often the database would have been asked, or told. */
class Shelf {
  readonly items = new Map<string, Item>()
  turns = 0

  get store(): PubsubStore {
    const asked = <T>(answer: T): Promise<T> => {
      this.turns++
      return Promise.resolve(answer)
    }
    const newestFirst = () => [...this.items.values()].sort((a, b) => b.place - a.place).map(({ id }) => id)
    const put = (item: Item) => this.items.set(item.id, { ...item, born: this.items.get(item.id)?.born ?? item.born })
    const store: Partial<PubsubStore> = {
      item: (_, id) => asked(this.items.get(id)),
      surplus: (_, kept, spared) =>
        Promise.resolve(
          newestFirst()
            .filter((id) => id !== spared)
            .slice(kept)
            .reverse(),
        ),
      put: (_, item, dropped) => {
        put(item)
        for (const id of dropped) this.items.delete(id)
        return asked(undefined)
      },
      replace: (_, item) => {
        const born = this.items.get(item.id)?.born
        put(item)
        return asked(born)
      },
    }
    return store as PubsubStore
  }
}

const publications = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 30 })

describe('an item that is written', () => {
  it('takes the place of the one with its id, and the oldest go beyond the limit', async () => {
    await fc.assert(
      fc.asyncProperty(publications, fc.integer({ min: 1, max: 4 }), async (ids, limit) => {
        const [node, shelf] = [emptyNode(), new Shelf()]
        const born = new Map<string, number>()
        let kept: string[] = []
        for (const [index, id] of ids.entries()) {
          const place = index + 1
          const fresh: Item = { id, place, born: place, publisher: alice, payload: '' }
          const { isNew, gone, born: wasBorn } = await writeItem(shelf.store, node, fresh, limit)
          expect(isNew).toBe(!kept.includes(id))
          if (isNew) born.set(id, place)
          expect(wasBorn).toBe(born.get(id))
          node.itemCount += (isNew ? 1 : 0) - gone.length
          node.last = { ...fresh, born: wasBorn }
          kept = [...kept.filter((other) => other !== id), id]
          expect(gone).toEqual(kept.slice(0, -limit))
          kept = kept.slice(-limit)
          expect([...shelf.items.keys()].sort()).toEqual([...kept].sort())
          expect(node.itemCount).toBe(kept.length)
        }
      }),
    )
  })

  it('asks nothing before where the node is not full', async () => {
    const [node, shelf] = [emptyNode(), new Shelf()]
    for (const [index, id] of ['a', 'b', 'a', 'c', 'c'].entries()) {
      const fresh: Item = { id, place: index + 1, born: index + 1, publisher: alice, payload: '' }
      const { isNew, born } = await writeItem(shelf.store, node, fresh, 10)
      node.itemCount += isNew ? 1 : 0
      node.last = { ...fresh, born }
      expect(shelf.turns).toBe(index + 1)
    }
  })
})
