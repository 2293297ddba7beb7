import { describe, expect } from 'vitest'
import { story } from '../support/story.ts'

const ns = 'urn:xmpp:sic:1'
const address = `<address xmlns='${ns}'/>`
const unknownElsewhere = { differs: { prosody: 'has no server IP check' } }

describe('XEP-0279', () => {
  story(
    '§3 a client learns the address and port it comes from',
    { over: 'every', ...unknownElsewhere },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      for (const to of [undefined, alice.jid, server.domain]) {
        const answer = (await pc.asks(address, 'get', to === undefined ? {} : { to })).child('address', ns)
        expect(answer?.child('ip')?.text()).toBe('127.0.0.1')
        expect(Number(answer?.child('port')?.text())).toBeGreaterThan(1023)
      }
    },
  )

  story('each resource learns its own port', unknownElsewhere, async ({ alice }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    const port = async (client: typeof pc) => (await client.asks(address)).child('address', ns)?.child('port')?.text()
    expect(await port(pc)).not.toBe(await port(phone))
  })

  story(
    'nobody learns the address of somebody else, and nobody sets one',
    unknownElsewhere,
    async ({ alice, bob, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(address, 'get', { to: bob.jid, refused: 'forbidden' })
      await pc.asks(address, 'set', { to: server.domain, refused: 'not-allowed' })
      await pc.asks(address, 'set', { refused: 'not-allowed' })
    },
  )

  story(
    'service discovery tells of it',
    { differs: { ...unknownElsewhere.differs, ejabberd: 'the account does not tell of it' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      for (const to of [server.domain, alice.jid]) {
        const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
        expect(`${info}`).toContain(`var='${ns}'`)
      }
    },
  )
})
