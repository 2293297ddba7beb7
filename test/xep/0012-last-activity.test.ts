import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { personalData } from '../../src/router/events.ts'
import type { Host } from '../../src/router/host.ts'
import type { Client } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { ownServer } from '../support/own-server.ts'
import { story } from '../support/story.ts'

const ns = 'jabber:iq:last'
/** Why a story cannot be told to Prosody. */
const countsOn = 'counts from the last unavailable presence even while somebody is online'
const query = `<query xmlns='${ns}'/>`

async function lastOf(client: Client, to: string): Promise<{ seconds: number; status: string }> {
  const answer = (await client.asks(query, 'get', { to })).child('query', ns)
  return { seconds: Number(answer?.attr('seconds')), status: answer?.text() ?? '' }
}

describe('XEP-0012', () => {
  story('§5 the server tells how long it has been up', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    expect((await lastOf(pc, server.domain)).seconds).toBeGreaterThanOrEqual(0)
    const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: server.domain })
    expect(`${info}`).toContain(`<feature var='${ns}'/>`)
  })

  story(
    '§4 a friend sees how long somebody has been away, and the last status',
    { leavesOut: { prosody: countsOn } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      expect(await lastOf(pc, bob.jid)).toEqual({ seconds: 0, status: '' })
      bobs.sends(`<presence type='unavailable'><status>gone</status><status xml:lang='de'>weg</status></presence>`)
      await bobs.leaves()
      await pc.finds(`<presence type='unavailable' from='${bobs.jid}'>{any}</presence>`)
      const last = await lastOf(pc, bob.jid)
      expect(last.status).toBe('gone')
      expect(last.seconds).toBeLessThan(20)
    },
  )

  story(
    'who leaves without a word leaves no status',
    { differs: { prosody: 'keeps its own reason for the end', ejabberd: 'keeps its own reason for the end' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      bobs.destroy()
      await pc.finds(`<presence type='unavailable' from='${bobs.jid}'>{any}</presence>`)
      expect((await lastOf(pc, bob.jid)).status).toBe('')
    },
  )

  story(
    'one resource of two leaves: the account is still there',
    { differs: { prosody: 'tells of the last unavailable presence' } },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob)
      const pc = await alice.client('pc')
      const [phone] = [await bob.client('phone'), await bob.client('tablet')]
      phone.sends(`<presence type='unavailable'><status>gone</status></presence>`)
      await phone.leaves()
      await pc.finds(`<presence type='unavailable' from='${phone.jid}'>{any}</presence>`)
      expect(await lastOf(pc, bob.jid)).toEqual({ seconds: 0, status: '' })
      expect(await lastOf(pc, alice.jid)).toEqual({ seconds: 0, status: '' })
    },
  )

  story(
    '§4 a stranger learns nothing, neither from the account nor from a client',
    { differs: { prosody: 'passes it to the client', ejabberd: 'answers otherwise' } },
    async ({ alice, bob, stranger, server }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await pc.asks(query, 'get', { to: bob.jid, refused: 'forbidden' })
      await pc.asks(query, 'get', { to: bobs.jid, refused: 'forbidden' })
      await pc.asks(query, 'get', { to: `${stranger()}@${server.domain}`, refused: 'forbidden' })
      await bobs.receivesNothing()
    },
  )

  story(
    'who only wants to see, but is not seen, is a stranger still',
    {
      differs: { ejabberd: 'answers otherwise' },
      leavesOut: { prosody: countsOn },
    },
    async (cast) => {
      const { alice, bob } = cast
      await befriend(cast, alice, bob, 'to')
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await bobs.asks(query, 'get', { to: alice.jid, refused: 'forbidden' })
      expect((await lastOf(pc, bob.jid)).seconds).toBe(0)
    },
  )

  story('§3 a friend asks a client itself', async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    pc.sends(`<iq type='get' id='l1' to='${bobs.jid}'>${query}</iq>`)
    await bobs.finds(`<iq type='get' id='l1' from='${pc.jid}'>${query}</iq>`)
    bobs.sends(`<iq type='result' id='l1' to='${pc.jid}'><query xmlns='${ns}' seconds='903'/></iq>`)
    await pc.finds(`<iq type='result' id='l1'><query xmlns='${ns}' seconds='903'/></iq>`)
  })

  story('nobody sets it', { differs: { prosody: 'answers service-unavailable' } }, async ({ alice, bob, server }) => {
    const pc = await alice.client('pc')
    for (const to of [server.domain, alice.jid, bob.jid]) await pc.asks(query, 'set', { to, refused: 'not-allowed' })
  })
})

describe('mod_last', () => {
  const own = ownServer('[modules.mod_last]\nbackend = "mnesia"\n')
  const future = '2099-01-01T00:00:00Z'
  const past = '2001-01-01T00:00:00Z'
  const jid = (name: string) => `${name}@localhost`

  it('knows nothing of a friend who was never there', async () => {
    const pc = await own.client('judy')
    await own.server.registerUser('never', 'secret')
    await pc.asks(query, 'get', { to: jid('never'), refused: 'forbidden' })
    const target = await own.client('never', 'r', { presence: false })
    pc.sends(`<presence type='subscribe' to='${jid('never')}'/>`)
    await pc.isHeard()
    target.sends(`<presence type='subscribed' to='${jid('judy')}'/>`)
    await target.isHeard()
    await target.leaves()
    await pc.asks(query, 'get', { to: jid('never'), refused: 'service-unavailable' })
  })

  it('answers the commands', async () => {
    await own.server.registerUser('old', 'secret')
    await own.server.registerUser('older', 'secret')
    await own.client('here')
    await expect(own.command('last.getLast', { user: jid('old') })).rejects.toMatchObject({ code: 'last_not_found' })
    await expect(own.command('last.getLast', { user: jid('nobody') })).rejects.toMatchObject({ code: 'not_found' })
    const elsewhere = own.command('last.countActiveUsers', { domain: 'elsewhere.example' })
    await expect(elsewhere).rejects.toMatchObject({ code: 'domain_not_found' })
    const set = { user: jid('old'), timestamp: '2010-05-06T07:08:09Z', status: 'bye' }
    const shown = { user: jid('old'), timestamp: '2010-05-06T07:08:09.000Z', status: 'bye' }
    expect(await own.command('last.setLast', set)).toEqual(shown)
    expect(await own.command('last.getLast', { user: jid('old') })).toEqual(shown)
    expect(await own.command('last.countActiveUsers', { domain: 'localhost', timestamp: future })).toBe(0)
    expect(await own.command('last.countActiveUsers', { domain: 'localhost', timestamp: past })).toBe(1)
    const old = (await own.command('last.listOldUsers', { timestamp: '2010-05-07T00:00:00Z' })) as { jid: string }[]
    expect(old).toContainEqual({ jid: jid('old'), timestamp: shown.timestamp })
    expect(old).toContainEqual({ jid: jid('older'), timestamp: null })
    expect(old.map((entry) => entry.jid)).toContain(jid('here'))
  })

  it('hands the record over as personal data', async () => {
    const host = own.server.server.hostOf('localhost') as Host
    const data = await host.hooks.gather(personalData, { host, user: Jid.parse(jid('old')) })
    expect(data).toContainEqual({ name: 'last', rows: [{ timestamp: '2010-05-06T07:08:09.000Z', status: 'bye' }] })
  })

  it('keeps the records over a restart, and forgets those of removed users', async () => {
    await own.restart()
    expect(await own.command('last.getLast', { user: jid('old') })).toMatchObject({ status: 'bye' })
    const here = await own.client('here')
    const removed = (await own.command('last.removeOldUsers', {
      domain: 'localhost',
      timestamp: '2010-05-07T00:00:00Z',
    })) as { jid: string }[]
    expect(removed).toContainEqual({ jid: jid('old'), timestamp: '2010-05-06T07:08:09.000Z' })
    expect(removed).toContainEqual({ jid: jid('older'), timestamp: null })
    expect(removed.map((entry) => entry.jid)).not.toContain(jid('here'))
    await here.isHeard()
    const left = (await own.command('last.listOldUsers', { timestamp: future })) as { jid: string }[]
    expect(left.map((entry) => entry.jid)).toEqual([jid('here'), jid('judy')])
    await own.server.registerUser('old', 'secret')
    await expect(own.command('last.getLast', { user: jid('old') })).rejects.toMatchObject({ code: 'last_not_found' })
  })
})
