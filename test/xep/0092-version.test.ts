import { describe, expect } from 'vitest'
import { story } from '../support/story.ts'

const version = `<query xmlns='jabber:iq:version'/>`

describe('XEP-0092 software version', () => {
  story('§3 the server tells its name and version', { over: 'every' }, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const result = await pc.asks(version, 'get', { to: server.domain })
    const query = result.child('query', 'jabber:iq:version')
    expect(query?.child('name')?.text()).not.toBe('')
    expect(query?.child('version')?.text()).not.toBe('')
  })

  story(
    'mod_version: nothing but name and version, in this order',
    { differs: { prosody: 'tells the operating system', ejabberd: 'tells the operating system' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      const result = await pc.asks(version, 'get', { to: server.domain })
      expect(
        result
          .child('query', 'jabber:iq:version')
          ?.elements()
          .map((node) => node.name),
      ).toEqual(['name', 'version'])
    },
  )

  story(
    'mod_version: not-allowed: set',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(version, 'set', { to: server.domain, refused: 'not-allowed' })
    },
  )
})
