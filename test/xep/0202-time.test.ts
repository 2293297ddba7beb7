import { describe, expect } from 'vitest'
import { story } from '../support/story.ts'

const time = `<time xmlns='urn:xmpp:time'/>`

describe('XEP-0202 entity time', () => {
  story('§3 the server tells its offset and the time', { over: 'every' }, async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const result = await pc.asks(time, 'get', { to: server.domain })
    const [tzo, utc, ...rest] = result.child('time', 'urn:xmpp:time')?.elements() ?? []
    expect([tzo?.name, utc?.name].sort()).toEqual(['tzo', 'utc'])
    expect(rest).toEqual([])
  })

  story(
    'mod_time: the offset comes first and has six characters, the time has no fraction',
    { differs: { ejabberd: 'tells fractions of a second' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      const result = await pc.asks(time, 'get', { to: server.domain })
      const [tzo, utc] = result.child('time', 'urn:xmpp:time')?.elements() ?? []
      expect(tzo?.text()).toMatch(/^[+-]\d\d:\d\d$/)
      expect(utc?.text()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    },
  )

  story('§3 the time is right', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const before = Date.now()
    const result = await pc.asks(time, 'get', { to: server.domain })
    const told = Date.parse(result.child('time', 'urn:xmpp:time')?.child('utc')?.text() ?? '')
    expect(told).toBeGreaterThanOrEqual(before - 2000)
    expect(told).toBeLessThanOrEqual(Date.now() + 2000)
  })

  story(
    'mod_time: not-allowed: set',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(time, 'set', { to: server.domain, refused: 'not-allowed' })
    },
  )

  story(
    'mod_time: service-unavailable: an account has no time of its own',
    { differs: { prosody: 'answers for the account too' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      await pc.asks(time, 'get', { to: alice.jid, refused: 'service-unavailable' })
    },
  )
})
