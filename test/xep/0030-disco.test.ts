import { describe, expect } from 'vitest'
import { befriend } from '../support/friends.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const info = `<query xmlns='${INFO}'/>`
const items = `<query xmlns='${ITEMS}'/>`

const featuresOf = (result: XmlNode) =>
  result
    .child('query', INFO)
    ?.elements()
    .flatMap((node) => (node.name === 'feature' ? [node.attr('var')] : [])) ?? []
const identitiesOf = (result: XmlNode) =>
  result
    .child('query', INFO)
    ?.elements()
    .flatMap((node) => (node.name === 'identity' ? [`${node.attr('category')}/${node.attr('type')}`] : []))

describe('XEP-0030 the server', () => {
  story('§3.1 it is server/im and tells its features', { over: 'every' }, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const result = await pc.asks(info, 'get', { to: server.domain })
    expect(identitiesOf(result)).toContain('server/im')
    expect(featuresOf(result)).toEqual(expect.arrayContaining([INFO, ITEMS, 'urn:xmpp:ping']))
  })

  story('§3.1 no feature is told twice', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const features = featuresOf(await pc.asks(info, 'get', { to: server.domain }))
    expect(features).toEqual([...new Set(features)])
  })

  story('§3.1 the answer is the same each time', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const [one, two] = [
      await pc.asks(info, 'get', { to: server.domain }),
      await pc.asks(info, 'get', { to: server.domain }),
    ]
    expect(String(two.child('query', INFO))).toBe(String(one.child('query', INFO)))
  })

  for (const feature of ['urn:xmpp:ping', 'urn:xmpp:time', 'jabber:iq:version', 'jabber:iq:register']) {
    story(`§3.1 ${feature} is among the features`, async ({ alice, server }) => {
      const pc = await alice.client('pc')
      expect(featuresOf(await pc.asks(info, 'get', { to: server.domain }))).toContain(feature)
    })
  }

  story('§3.2 item-not-found: a node that nobody knows', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    await pc.asks(`<query xmlns='${INFO}' node='urn:no:such'/>`, 'get', {
      to: server.domain,
      refused: 'item-not-found',
    })
    await pc.asks(`<query xmlns='${ITEMS}' node='urn:no:such'/>`, 'get', {
      to: server.domain,
      refused: 'item-not-found',
    })
  })

  story('§4.1 the items can be asked for', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const result = await pc.asks(items, 'get', { to: server.domain })
    expect(result.child('query', ITEMS)).toBeDefined()
  })

  story(
    'mod_disco: not-allowed: set',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(info, 'set', { to: server.domain, refused: 'not-allowed' })
      await pc.asks(items, 'set', { to: server.domain, refused: 'not-allowed' })
    },
  )

  story(
    'XEP-0157 §2 the form for contact addresses is there',
    { differs: { prosody: 'shows the form only when addresses are configured' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      const result = await pc.asks(info, 'get', { to: server.domain })
      const forms =
        result
          .child('query', INFO)
          ?.elements()
          .filter((node) => node.ns === 'jabber:x:data') ?? []
      expect(forms.map((form) => form.child('field')?.child('value')?.text())).toContain(
        'http://jabber.org/network/serverinfo',
      )
    },
  )
})

describe('XEP-0030 an account', () => {
  story('§3.1 the own account is account/registered', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc')
    expect(identitiesOf(await pc.asks(info, 'get', { to: alice.jid }))).toContain('account/registered')
  })

  story(
    '§4.1 the own resources are listed, the one that asks too',
    { differs: { prosody: 'lists no resources' } },
    async ({ alice }) => {
      const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
      const result = await pc.asks(items, 'get', { to: alice.jid })
      const jids = result
        .child('query', ITEMS)
        ?.elements()
        .map((node) => node.attr('jid'))
      expect(jids).toEqual(expect.arrayContaining([pc.jid, phone.jid]))
    },
  )

  story(
    '§8 a contact sees who it is and the resources',
    { differs: { prosody: 'lists no resources' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      expect(identitiesOf(await pc.asks(info, 'get', { to: bob.jid }))).toContain('account/registered')
      const result = await pc.asks(items, 'get', { to: bob.jid })
      expect(
        result
          .child('query', ITEMS)
          ?.elements()
          .map((node) => node.attr('jid')),
      ).toContain(bobs.jid)
    },
  )

  story(
    '§8 a stranger is refused, and learns not even whether the account exists',
    { differs: { ejabberd: 'answers subscription-required' } },
    async ({ alice, bob, stranger }) => {
      const pc = await alice.client('pc')
      await bob.client('pc')
      for (const to of [bob.jid, `${stranger()}@${bob.domain}`]) {
        await pc.asks(info, 'get', { to, refused: 'service-unavailable' })
        await pc.asks(`<query xmlns='${ITEMS}' node='urn:no:such'/>`, 'get', { to, refused: 'service-unavailable' })
      }
    },
  )

  story(
    '§4.1 a stranger gets an empty list of items',
    {
      differs: {
        prosody: 'answers service-unavailable, which XEP-0030 §8 allows',
        ejabberd: 'answers subscription-required',
      },
    },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      await bob.client('pc')
      const result = await pc.asks(items, 'get', { to: bob.jid })
      expect(result.child('query', ITEMS)?.elements()).toEqual([])
    },
  )

  story('§3.2 item-not-found: a node that nobody knows', async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(`<query xmlns='${INFO}' node='urn:no:such'/>`, 'get', { to: alice.jid, refused: 'item-not-found' })
  })
})

describe('XEP-0030 a client', () => {
  story('§3.1 what is asked of a full address is for the client', { over: 'every' }, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<iq type='get' id='d1' to='${bobs.jid}'>${info}</iq>`)
    await bobs.receives(`<iq type='get' id='d1' from='${pc.jid}'>${info}</iq>`)
    bobs.sends(`<iq type='result' id='d1' to='${pc.jid}'><query xmlns='${INFO}'><feature var='urn:x'/></query></iq>`)
    await pc.receives(
      `<iq type='result' id='d1' from='${bobs.jid}'><query xmlns='${INFO}'><feature var='urn:x'/></query></iq>`,
    )
  })

  story('§3.1 service-unavailable: a resource that is not there', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    await pc.asks(info, 'get', { to: `${bob.jid}/away`, refused: 'service-unavailable' })
  })
})
