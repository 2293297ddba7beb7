import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { announces, detailOf, event, form, note, owner, PS, publish, pubsub } from '../support/pubsub.ts'
import { story } from '../support/story.ts'

const items = (node: string) => pubsub(`<items node='${node}'/>`)

describe('XEP-0163', () => {
  story(
    '§3 what is published is there, and where one item is kept it replaces what was',
    { differs: { ejabberd: 'takes no limit of items from who publishes' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      await pc.asks(publish('urn:tune', note('a', 'one'), { max_items: '1' }), 'set')
      await pc.asks(publish('urn:tune', note('b', 'two')), 'set')
      const answer = await pc.asks(items('urn:tune'))
      expect(`${answer.child('pubsub', PS.pubsub)}`).toBe(pubsub(`<items node='urn:tune'>${note('b', 'two')}</items>`))
    },
  )

  story(
    '§4.3.2 contacts and own clients that want to hear are told, others are not',
    { differs: { prosody: 'names who has published an item', ejabberd: 'says whom to answer' } },
    async (cast) => {
      const { alice, bob, carol } = cast
      await befriend(cast, alice, bob)
      const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
      const bobs = await bob.client('pc')
      const carols = await carol.client('pc')
      const deaf = await bob.client('deaf')
      for (const client of [phone, bobs, carols]) await announces(client, 'urn:tune+notify')
      await announces(deaf, 'urn:other+notify')
      for (const client of [pc, phone, bobs, carols, deaf]) await client.drains()
      await pc.asks(publish('urn:tune', note('a', 'one')), 'set')
      for (const client of [phone, bobs]) {
        await client.receives(
          `<message type='headline' from='${alice.jid}' to='${client.jid}'>${event('urn:tune', note('a', 'one'))}</message>`,
        )
      }
      for (const client of [pc, carols, deaf]) await client.receivesNothing()
      // Who is not available any more is not told.
      bobs.sends(`<presence type='unavailable'/>`)
      await bobs.isHeard()
      await pc.asks(publish('urn:tune', note('a', 'two')), 'set')
      await phone.finds(`<message type='headline'>{any}</message>`)
      expect((await bobs.drains()).filter(({ name }) => name === 'message')).toEqual([])
    },
  )

  story(
    '§4.3.4 who comes later gets the last item, with the time, once',
    { differs: { prosody: 'names who has published an item', ejabberd: 'says whom to answer' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const pc = await alice.client('pc')
      await pc.asks(publish('urn:tune', note('a', 'one')), 'set')
      const bobs = await bob.client('pc')
      const c = await announces(bobs, 'urn:tune+notify')
      await bobs.finds(
        `<message type='headline' from='${alice.jid}'>${event('urn:tune', note('a', 'one'))}` +
          `<delay xmlns='urn:xmpp:delay' from='${alice.jid}' stamp='{stamp}'/></message>`,
      )
      await bobs.drains()
      bobs.sends(`<presence><show>away</show>${c}</presence>`)
      await bobs.finds(`<presence from='${bobs.jid}'>{any}</presence>`)
      await bobs.receivesNothing()
    },
  )

  story(
    'the last item of a contact who is offline is not sent',
    { differs: { prosody: 'sends last items of contacts who are offline' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const pc = await alice.client('pc')
      await pc.asks(publish('urn:tune', note('a', 'one')), 'set')
      await pc.leaves()
      const bobs = await bob.client('pc')
      await announces(bobs, 'urn:tune+notify')
      const got = await bobs.drains()
      expect(got.filter(({ name }) => name === 'message')).toEqual([])
    },
  )

  story(
    'a node for oneself does not leak: not to contacts who want to hear, not to who asks',
    { differs: { prosody: 'names who has published an item', ejabberd: 'takes no limit of items from who publishes' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [pc, phone, bobs] = [await alice.client('pc'), await alice.client('phone'), await bob.client('pc')]
      for (const client of [phone, bobs]) await announces(client, 'urn:secret+notify')
      for (const client of [pc, phone, bobs]) await client.drains()
      const options = { access_model: 'whitelist', persist_items: 'true', max_items: 'max' }
      await pc.asks(publish('urn:secret', note('a', 'one'), options), 'set')
      await phone.finds(
        `<message type='headline' from='${alice.jid}'>${event('urn:secret', note('a', 'one'))}</message>`,
      )
      await bobs.receivesNothing()
      await bobs.asks(items('urn:secret'), 'get', { to: alice.jid, refused: 'not-allowed' })
      await bobs.asks(pubsub(`<subscribe node='urn:secret' jid='${bob.jid}'/>`), 'set', {
        to: alice.jid,
        refused: 'not-allowed',
      })
      const listed = await bobs.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', {
        to: alice.jid,
      })
      expect(`${listed}`).not.toContain('urn:secret')
    },
  )

  story(
    'strangers get nothing by presence, and nobody publishes for others',
    {
      differs: {
        prosody: 'does not say what would help',
        ejabberd: 'says that a node is not there which nobody may make',
      },
    },
    async ({ alice, carol }) => {
      const [pc, carols] = [await alice.client('pc'), await carol.client('pc')]
      await pc.asks(publish('urn:tune', note('a', 'one')), 'set')
      const refused = await carols.asks(items('urn:tune'), 'get', { to: alice.jid, refused: 'not-authorized' })
      expect(detailOf(refused)).toBe('presence-subscription-required')
      await carols.asks(publish('urn:tune', note('b', 'two')), 'set', { to: alice.jid, refused: 'forbidden' })
      await carols.asks(publish('urn:new', note('b', 'two')), 'set', { to: alice.jid, refused: 'forbidden' })
    },
  )
})

const discoItems = 'http://jabber.org/protocol/disco#items'
const disco = (about: string, node = '') =>
  `<query xmlns='http://jabber.org/protocol/disco#${about}'${node === '' ? '' : ` node='${node}'`}/>`

async function listedNodes(client: Client, to: string): Promise<string[]> {
  const answer = await client.asks(disco('items'), 'get', { to })
  const all = answer.child('query', 'http://jabber.org/protocol/disco#items')?.elements() ?? []
  return all.flatMap((item) => item.attr('node') ?? []).sort()
}

describe('XEP-0163 §6 discovery', () => {
  story(
    'each is shown the nodes that they may read, and strangers nothing of the account',
    { differs: { prosody: 'has a node of bookmarks from the start', ejabberd: 'gives strangers no list' } },
    async (cast) => {
      const { alice, bob, carol, stranger } = cast
      await befriend(cast, alice, bob)
      const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const models = { 'urn:open': 'open', 'urn:tune': 'presence', 'urn:secret': 'whitelist' }
      for (const [node, access_model] of Object.entries(models))
        await pc.asks(publish(node, note('a', 'one'), { access_model }), 'set')
      expect(await listedNodes(pc, alice.jid)).toEqual(['urn:open', 'urn:secret', 'urn:tune'])
      expect(await listedNodes(bobs, alice.jid)).toEqual(['urn:open', 'urn:tune'])
      expect(await listedNodes(carols, alice.jid)).toEqual(['urn:open'])
      expect(await listedNodes(carols, `${stranger()}@${alice.domain}`)).toEqual([])

      for (const client of [pc, bobs]) {
        const account = `${await client.asks(disco('info'), 'get', { to: alice.jid })}`
        expect(account).toContain(`<identity category='pubsub' type='pep'/>`)
        expect(account).toContain(`<feature var='${PS.pubsub}#filtered-notifications'/>`)
        expect(`${await client.asks(disco('info', 'urn:tune'), 'get', { to: alice.jid })}`).toContain(`type='leaf'`)
      }
      await bobs.asks(disco('info', 'urn:secret'), 'get', { to: alice.jid, refused: 'item-not-found' })
      for (const node of ['', 'urn:tune', 'urn:secret'])
        await carols.asks(disco('info', node), 'get', { to: alice.jid, refused: 'service-unavailable' })
      expect(`${await carols.asks(disco('info', 'urn:open'), 'get', { to: alice.jid })}`).toContain(`type='leaf'`)
      await carols.asks(disco('items', 'urn:tune'), 'get', { to: alice.jid, refused: 'service-unavailable' })
    },
  )
})

describe('XEP-0060 §5.2 §5.5 of accounts', () => {
  story(
    'nodes and their items are listed in pages (XEP-0059)',
    { differs: { prosody: 'does not page lists of nodes', ejabberd: 'does not page lists of nodes' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      for (const node of ['urn:a', 'urn:b', 'urn:c']) await pc.asks(publish(node, note('1', 'x')), 'set')
      await pc.asks(publish('urn:secret', note('1', 'x'), { access_model: 'whitelist' }), 'set')
      const page = async (client: Client, inner: string, refused?: string) => {
        const set = `<set xmlns='http://jabber.org/protocol/rsm'>${inner}</set>`
        const request = `<query xmlns='${discoItems}'>${set}</query>`
        const answer = await client.asks(request, 'get', {
          to: alice.jid,
          ...(refused === undefined ? {} : { refused }),
        })
        const query = answer.child('query', discoItems)
        const result = query?.child('set', 'http://jabber.org/protocol/rsm')
        return {
          nodes: query
            ?.elements()
            .filter(({ name }) => name === 'item')
            .map((item) => item.attr('node') ?? item.attr('jid')),
          last: result?.child('last')?.text() ?? '',
          count: result?.child('count')?.text(),
        }
      }
      for (const [client, extra] of [
        [pc, ['urn:secret']],
        [bobs, []],
      ] as const) {
        const seen: unknown[] = []
        for (let part = await page(client, '<max>2</max>'); part.nodes?.length !== 0; ) {
          expect(part.nodes?.length).toBeLessThanOrEqual(2)
          expect(part.count).toBe(String(4 + extra.length))
          seen.push(...(part.nodes ?? []))
          part = await page(client, `<max>2</max><after>${part.last}</after>`)
        }
        expect(seen.toSorted()).toEqual([pc.jid, 'urn:a', 'urn:b', 'urn:c', ...extra])
      }
      expect(await page(bobs, '<max>0</max>')).toMatchObject({ nodes: [], count: '4' })
      await page(pc, '<max>some</max>', 'bad-request')
    },
  )
})

describe('XEP-0060 §7.1.5 publish options', () => {
  story(
    'make a node as they say, and are a condition from then on',
    { differs: { ejabberd: 'takes no limit of items from who publishes' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      const options = { access_model: 'open', max_items: 'max' }
      await pc.asks(publish('urn:omemo', note('1', 'x'), options), 'set')
      await pc.asks(publish('urn:omemo', note('2', 'y'), options), 'set')
      const refused = await pc.asks(publish('urn:omemo', note('3', 'z'), { access_model: 'whitelist' }), 'set', {
        refused: 'conflict',
      })
      expect(detailOf(refused)).toBe('precondition-not-met')
      const configured = await pc.asks(owner(`<configure node='urn:omemo'/>`))
      expect(`${configured}`).toContain(`<value>open</value>`)
      await pc.asks(
        owner(`<configure node='urn:omemo'>${form(PS.config, { access_model: 'whitelist' })}</configure>`),
        'set',
      )
      await pc.asks(publish('urn:omemo', note('3', 'z'), { access_model: 'whitelist' }), 'set')
      const answer = await pc.asks(items('urn:omemo'))
      expect(
        answer
          .child('pubsub', PS.pubsub)
          ?.child('items', PS.pubsub)
          ?.elements()
          .map((item) => item.attr('id')),
      ).toEqual(['1', '2', '3'])
    },
  )
})
