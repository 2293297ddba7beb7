import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { story } from '../support/story.ts'

const later = (client: Client, body: string) =>
  client.receives(
    `<message type='chat'><body>${body}</body><delay xmlns='urn:xmpp:delay' from='${client.address.domain}' stamp='{stamp}'>{any}</delay>{any}</message>`,
  )

describe('XEP-0160 messages for who is not there', () => {
  story('§2 a chat comes at the next sign-in, with the time it was sent', { over: 'every' }, async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    const sent = Date.now()
    pc.sends(`<message to='${bob.jid}' type='chat' id='m1' xml:lang='en'><body>Romeo?</body></message>`)
    await pc.receivesNothing()
    const bobs = await bob.client('pc')
    const { element, text } = await later(bobs, 'Romeo?')
    expect(element.attrs).toMatchObject({ from: pc.jid, to: bob.jid, id: 'm1', 'xml:lang': 'en' })
    expect(text.stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    expect(Math.abs(Date.parse(text.stamp ?? '') - sent)).toBeLessThan(10_000)
  })

  story('§2 what was delivered does not come again', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(`<message to='${bob.jid}' type='chat'><body>once</body></message>`)
    await pc.isHeard()
    const first = await bob.client('1')
    await later(first, 'once')
    const second = await bob.client('2')
    await second.receivesNothing()
    await second.leaves()
    await first.leaves()
    const third = await bob.client('3')
    await third.receivesNothing()
  })

  story('§2 the order is that of sending', { over: 'every' }, async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    const numbers = Array.from({ length: 20 }, (_, index) => String(index))
    for (const number of numbers) pc.sends(`<message to='${bob.jid}' type='chat'><body>${number}</body></message>`)
    await pc.isHeard()
    const bobs = await bob.client('pc')
    for (const number of numbers) await later(bobs, number)
  })

  story('§2 messages of several senders', async ({ alice, bob, carol }) => {
    const [pc, carols] = [await alice.client('pc'), await carol.client('pc')]
    pc.sends(`<message to='${bob.jid}' type='chat'><body>one</body></message>`)
    await pc.isHeard()
    carols.sends(`<message to='${bob.jid}' type='chat'><body>two</body></message>`)
    await carols.isHeard()
    const bobs = await bob.client('pc')
    expect((await later(bobs, 'one')).element.attr('from')).toBe(pc.jid)
    expect((await later(bobs, 'two')).element.attr('from')).toBe(carols.jid)
  })

  story(
    '§2 a negative priority gets nothing until it is raised',
    { differs: { prosody: 'delivers at the first presence only, whatever its priority was' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc', { presence: -1 })]
      pc.sends(`<message to='${bob.jid}' type='chat'><body>are you in?</body></message>`)
      await bobs.receivesNothing()
      bobs.sends('<presence/>')
      await bobs.meets(bobs.jid)
      await later(bobs, 'are you in?')
    },
  )

  story('§2 signing in without presence gets nothing', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(`<message to='${bob.jid}' type='chat'><body>hi</body></message>`)
    await pc.isHeard()
    const bobs = await bob.client('pc', { presence: false })
    await bobs.receivesNothing()
    bobs.sends('<presence/>')
    await bobs.meets(bobs.jid)
    await later(bobs, 'hi')
  })

  story('mod_offline: what was written to a resource that is gone is kept too', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(`<message to='${bob.jid}/gone' type='chat'><body>still there?</body></message>`)
    await pc.receivesNothing()
    const bobs = await bob.client('pc')
    await later(bobs, 'still there?')
  })

  story('§3 the content arrives whole', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    const content = `<body>żółw &amp; 🐢</body><x xmlns='urn:x' a='1'><y xmlns='urn:y'>&lt;z&gt;</y></x>`
    pc.sends(`<message to='${bob.jid}' type='chat'>${content}</message>`)
    await pc.isHeard()
    const bobs = await bob.client('pc')
    await bobs.receives(
      `<message from='${pc.jid}'>${content}<delay xmlns='urn:xmpp:delay' {any}>{any}</delay>{any}</message>`,
    )
  })

  story('§3 a chat state alone is not kept', { differs: { prosody: 'keeps everything' } }, async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(
      `<message to='${bob.jid}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    )
    await pc.isHeard()
    const bobs = await bob.client('pc')
    await bobs.receivesNothing()
  })

  story(
    'mod_offline: a chat state alone is answered with service-unavailable',
    { differs: { prosody: 'keeps everything' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      pc.sends(
        `<message to='${bob.jid}' type='chat' id='c'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      )
      await pc.receives(
        `<message type='error' id='c'><error type='cancel' {any}><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error>{any}</message>`,
      )
    },
  )

  story('§3 the feature is announced', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const query = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
    const result = await pc.asks(query, 'get', { to: server.domain })
    const features = result.elements().flatMap((node) => node.elements().map((child) => child.attr('var')))
    expect(features).toContain('msgoffline')
  })

  story('XEP-0203 §4 a stamp that was there already does not hide the time of storing', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    const old = `<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/>`
    pc.sends(`<message to='${bob.jid}' type='chat'><body>old</body>${old}</message>`)
    await pc.isHeard()
    const bobs = await bob.client('pc')
    const { element } = await bobs.receives(`<message from='${pc.jid}'><body>old</body>{any}</message>`)
    const ours = element.elements().filter((node) => node.ns === 'urn:xmpp:delay' && node.attr('from') === bob.domain)
    expect(ours).toHaveLength(1)
  })

  story('XEP-0023 what has expired is not delivered, what has not is', async ({ alice, bob }) => {
    const pc = await alice.client('pc')
    pc.sends(
      `<message to='${bob.jid}' type='chat'><body>long</body><x xmlns='jabber:x:expire' seconds='600'/></message>`,
    )
    await pc.isHeard()
    const bobs = await bob.client('pc')
    await bobs.receives(`<message from='${pc.jid}'><body>long</body>{any}</message>`)
  })
})
