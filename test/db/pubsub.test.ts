import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { Catalogue } from '../../src/modules/pubsub/catalogue.ts'
import { type Item, PubsubNode } from '../../src/modules/pubsub/core/node.ts'
import type { NodeConfig } from '../../src/modules/pubsub/core/node-config.ts'
import { plugins } from '../../src/modules/pubsub/core/plugin.ts'
import { PubsubStore } from '../../src/modules/pubsub/store.ts'
import { migrations, type PubsubTables } from '../../src/modules/pubsub/tables.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const service = Jid.parse('pubsub.example.org')
const alice = Jid.parse('alice@example.org')
const bob = Jid.parse('bob@example.org/pc')

const item = (id: string, place: number, publisher = alice): Item => ({
  id,
  place,
  born: place,
  publisher,
  payload: `<x xmlns='urn:żółw'>🐢 ${id}</x>`,
})

function nodeOf(name: string, config: Partial<NodeConfig> = {}, at = service): PubsubNode {
  return new PubsubNode({
    id: `id-${at.local}-${name}`.slice(0, 32),
    service: at,
    name,
    type: 'flat',
    config: { ...plugins.flat.defaults, ...config },
    affiliations: new Map([[alice.full, 'owner']]),
    subscriptions: [],
    itemCount: 0,
    last: undefined,
  })
}

onEachDatabase('nodes of publish-subscribe', (kind) => {
  let db: Database
  let store: PubsubStore
  let catalogue: Catalogue
  beforeEach(async () => {
    db = await openDatabase({ ...(await freshDatabase(kind)), log: { error: () => {}, info: () => {} } })
    await db.migrate('mod_pubsub', migrations)
    store = new PubsubStore(db.of<PubsubTables>())
    catalogue = new Catalogue(db.of<PubsubTables>())
  })
  afterEach(() => db.close())

  it('come back as they were, by a name that is exact', async () => {
    const node = nodeOf('Tune', { title: 'Żółw 🐢', max_items: 'max' })
    await store.create(node, [])
    await store.create(nodeOf('tune '), [])
    await store.affiliate(node.id, new Map([[bob.bare, 'publisher']]))
    const subscription = { subid: 's1', jid: bob, state: 'pending', options: { deliver: false } } as const
    await store.subscribe(node.id, subscription)
    await store.subscribe(node.id, { ...subscription, state: 'subscribed' })
    await store.put(node.id, item('1', 5), [])
    await store.put(node.id, item('2', 7), [])
    const record = await store.load(service, 'Tune')
    expect(record).toMatchObject({ id: node.id, name: 'Tune', config: node.config, itemCount: 2 })
    expect(record?.affiliations).toEqual(
      new Map([
        [alice.full, 'owner'],
        [bob.bareString, 'publisher'],
      ]),
    )
    expect(record?.subscriptions).toEqual([{ ...subscription, state: 'subscribed' }])
    expect(record?.last).toEqual(item('2', 7))
    expect(await store.load(service, 'TUNE')).toBeUndefined()
    expect(await store.load(service, 'tune')).toBeUndefined()
    expect(await store.load(alice, 'Tune')).toBeUndefined()
    await expect(store.create(nodeOf('Tune'), [])).rejects.toThrow()
    await store.affiliate(node.id, new Map([[bob.bare, 'none']]))
    await store.unsubscribe(node.id, ['s1'])
    expect((await store.load(service, 'Tune'))?.subscriptions).toEqual([])
    await store.remove([node.id])
    expect(await store.load(service, 'Tune')).toBeUndefined()
    expect(await catalogue.namesOf(service)).toEqual(['tune '])
  })

  it('take an item and tell whether it was there', async () => {
    const node = nodeOf('seen')
    await store.create(node, [])
    expect(await store.replace(node.id, item('a', 5))).toBeUndefined()
    expect(await store.replace(node.id, item('b', 6))).toBeUndefined()
    expect(await store.replace(node.id, item('a', 7))).toBe(5)
    expect(await store.item(node.id, 'a')).toMatchObject({ born: 5, place: 7 })
  })

  it('give their items by place, by birth, by id, and in pages', async () => {
    const node = nodeOf('n')
    await store.create(node, [])
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) await store.put(node.id, item(id, index + 1), [])
    await store.put(node.id, { ...item('a', 9), born: 1 }, ['b'])
    const ids = async (part: Partial<Parameters<Catalogue['items']>[1]>) =>
      (await catalogue.items(node.id, { by: 'place', newestFirst: true, max: 10, ...part })).map(({ id }) => id)
    expect(await ids({})).toEqual(['a', 'd', 'c'])
    expect(await ids({ by: 'born' })).toEqual(['d', 'c', 'a'])
    expect(await ids({ newestFirst: false, max: 2 })).toEqual(['c', 'd'])
    expect(await ids({ after: item('d', 4) })).toEqual(['c'])
    expect(await ids({ before: item('c', 3), max: 1 })).toEqual(['d'])
    expect(await ids({ before: 'end', max: 1 })).toEqual(['c'])
    expect(await ids({ index: 1, max: 1 })).toEqual(['d'])
    expect(await ids({ max: 0 })).toEqual([])
    expect(await catalogue.placeOf(node.id, item('c', 3), { by: 'place', newestFirst: true })).toBe(2)
    expect(await store.surplus(node.id, 1, 'a')).toEqual(['c'])
    expect((await store.itemsOf(node.id, ['c', 'x'])).map(({ id }) => id)).toEqual(['c'])
    expect((await store.newest(node.id))?.id).toBe('a')
    await store.put(node.id, item('e', 20, bob), [])
    expect(await store.itemIdsBy(node.id, bob.bare)).toEqual(['e'])
    await store.purge(node.id)
    expect(await store.newest(node.id)).toBeUndefined()
  })

  it('are found by what they are in, and by whom they are of', async () => {
    const [top, leaf] = [nodeOf('top', { node_type: 'collection' }), nodeOf('leaf', { collection: ['top'] })]
    const tune = nodeOf('urn:tune', { send_last_published_item: 'on_sub_and_presence' }, alice)
    const [home, deeper] = [nodeOf('/home/x/y'), nodeOf('/home/x/y/z')]
    await store.create(top, [])
    await store.create(leaf, [top])
    for (const node of [tune, home, deeper, nodeOf('/home/x/yy')]) await store.create(node, [])
    expect(await catalogue.childrenOf(top.id)).toEqual([{ name: 'leaf', title: '' }])
    expect((await catalogue.topOf(service)).map(({ name }) => name)).toEqual([
      '/home/x/y',
      '/home/x/y/z',
      '/home/x/yy',
      'top',
    ])
    expect(await catalogue.below(service, '/home/x/y')).toEqual(['/home/x/y/z'])
    await store.configure(leaf, { ...leaf.config, collection: [], purge_offline: true }, [])
    expect(await catalogue.childrenOf(top.id)).toEqual([])
    expect([await catalogue.showsLast(service), await catalogue.showsLast(alice)]).toEqual([false, true])
    expect(await catalogue.purging()).toEqual([{ service, name: 'leaf' }])
    await store.subscribe(leaf.id, { subid: 's1', jid: bob, state: 'subscribed', options: {} })
    expect(await catalogue.subscriptionsOf(bob)).toMatchObject([{ service, name: 'leaf', subscription: { jid: bob } }])
    expect(await catalogue.subscriptionsOf(bob, alice)).toEqual([])
    expect((await catalogue.affiliationsOf(alice, alice)).map(({ name }) => name)).toEqual(['urn:tune'])
    await store.put(tune.id, item('1', 1, Jid.parse('alice@example.org/pc')), [])
    await store.put(tune.id, item('2', 2, Jid.parse('alicia@example.org/pc')), [])
    expect((await catalogue.itemsBy(alice)).map(({ item: { id } }) => id)).toEqual(['1'])
    await catalogue.forgetUsers('example.org')
    expect([await catalogue.subscriptionsOf(bob), await catalogue.affiliationsOf(alice)]).toEqual([[], []])
    expect(await catalogue.nodesOfDomains(['example.org'])).toMatchObject([{ name: 'urn:tune' }])
  })
})
