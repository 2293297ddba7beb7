import { describe, expect } from 'vitest'
import { story } from '../support/story.ts'

const ping = `<ping xmlns='urn:xmpp:ping'/>`

describe('XEP-0199 ping', () => {
  story('§4.2 a client pings the server and gets an empty result', { over: 'every' }, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const result = await pc.asks(ping, 'get', { to: server.domain })
    expect(result.children).toEqual([])
    expect(result.attr('from')).toBe(server.domain)
  })

  story('§4.2 without an address', async ({ alice }) => {
    const pc = await alice.client('pc')
    expect((await pc.asks(ping)).children).toEqual([])
  })

  story('§4.2 to the own account', async ({ alice }) => {
    const pc = await alice.client('pc')
    expect((await pc.asks(ping, 'get', { to: alice.jid })).children).toEqual([])
  })

  story('§4.4 a client pings a client', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<iq type='get' id='p1' to='${bobs.jid}'>${ping}</iq>`)
    await bobs.receives(`<iq type='get' id='p1' from='${pc.jid}'>${ping}</iq>`)
    bobs.sends(`<iq type='result' id='p1' to='${pc.jid}'/>`)
    await pc.receives(`<iq type='result' id='p1' from='${bobs.jid}'/>`)
  })

  story(
    'mod_ping: feature-not-implemented: set, and another element of the namespace',
    { differs: { prosody: 'answers service-unavailable', ejabberd: 'answers not-allowed' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(ping, 'set', { to: server.domain, refused: 'feature-not-implemented' })
      await pc.asks(`<pong xmlns='urn:xmpp:ping'/>`, 'get', { to: server.domain, refused: 'feature-not-implemented' })
    },
  )
})
