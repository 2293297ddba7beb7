import { describe, expect } from 'vitest'
import { Client } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { openSecure } from '../support/sign-in.ts'
import { type Cast, story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const query = (inner = '') => `<query xmlns='${NS.register}'>${inner}</query>`
const account = (user: string, password: string) =>
  query(`<username>${user}</username><password>${password}</password>`)

async function visitor({ server, transport }: Pick<Cast, 'server' | 'transport'>) {
  const client = await Client.dial(server, { transport })
  const features = await openSecure(client)
  return { client, features }
}

describe('XEP-0077 before signing in', () => {
  story('§8 it is offered', { over: 'every' }, async (cast) => {
    const { client, features } = await visitor(cast)
    expect(features.child('register', NS.registerFeature)).toBeDefined()
    client.destroy()
  })

  story('§3.1.1 the fields to fill in', async (cast) => {
    const { client } = await visitor(cast)
    const result = await client.asks(query(), 'get', { to: cast.server.domain })
    const fields = result.child('query', NS.register)
    expect(fields?.child('username')?.text()).toBe('')
    expect(fields?.child('password')?.text()).toBe('')
    expect(fields?.child('instructions')?.text()).not.toBe('')
    expect(fields?.child('registered')).toBeUndefined()
    client.destroy()
  })

  story('§3.1.1 who has registered can sign in', { over: 'every' }, async (cast) => {
    const { client } = await visitor(cast)
    const local = cast.stranger()
    await client.asks(account(local, 'Żółw &amp; ß7'), 'set', { to: cast.server.domain })
    client.destroy()
    const fresh = await Client.signIn(cast.server, { local, password: 'Żółw & ß7' }, 'pc', {
      transport: cast.transport,
    })
    expect(fresh.bare).toBe(`${local}@${cast.server.domain}`)
    fresh.destroy()
  })

  story('§3.1.1 conflict: the name is taken', async (cast) => {
    const { client } = await visitor(cast)
    await client.asks(account(cast.alice.local, 'new'), 'set', { to: cast.server.domain, refused: 'conflict' })
    client.destroy()
    await cast.alice.client('pc')
  })

  story('§3.1.1 conflict: the name is taken in small letters', async (cast) => {
    const { client } = await visitor(cast)
    await client.asks(account(cast.alice.local.toUpperCase(), 'new'), 'set', {
      to: cast.server.domain,
      refused: 'conflict',
    })
    client.destroy()
  })

  story('mod_register: not-acceptable: an empty password', async (cast) => {
    const { client } = await visitor(cast)
    const local = cast.stranger()
    await client.asks(account(local, ''), 'set', { to: cast.server.domain, refused: 'not-acceptable' })
    client.destroy()
  })

  story(
    'mod_register: bad-request: a name that cannot be one',
    { differs: { prosody: 'answers not-acceptable', ejabberd: 'answers jid-malformed' } },
    async (cast) => {
      const { client } = await visitor(cast)
      await client.asks(account('a b@c', 'secret'), 'set', { to: cast.server.domain, refused: 'bad-request' })
      client.destroy()
    },
  )

  story(
    'mod_register: bad-request: no password at all',
    { differs: { prosody: 'answers not-acceptable' } },
    async (cast) => {
      const { client } = await visitor(cast)
      await client.asks(query(`<username>${cast.stranger()}</username>`), 'set', {
        to: cast.server.domain,
        refused: 'bad-request',
      })
      client.destroy()
    },
  )

  story(
    'mod_register: bad-request: removing without having signed in',
    { differs: { prosody: 'answers registration-required', ejabberd: 'answers forbidden' } },
    async (cast) => {
      const { client } = await visitor(cast)
      await client.asks(query('<remove/>'), 'set', { to: cast.server.domain, refused: 'bad-request' })
      client.destroy()
    },
  )
})

describe('XEP-0077 after signing in', () => {
  story('§3.1.1 the own name and that it is registered', async ({ alice }) => {
    const pc = await alice.client('pc')
    const result = await pc.asks(query())
    expect(result.child('query', NS.register)?.child('registered')).toBeDefined()
    expect(result.child('query', NS.register)?.child('username')?.text()).toBe(alice.local)
  })

  story('§3.3 a new password', { over: 'every' }, async ({ alice, server, transport }) => {
    const pc = await alice.client('pc')
    await pc.asks(account(alice.local, 'new secret'), 'set', { to: server.domain })
    await pc.receivesNothing()
    await expect(alice.client('phone')).rejects.toThrow('not-authorized')
    const phone = await Client.signIn(server, { local: alice.local, password: 'new secret' }, 'phone', { transport })
    phone.destroy()
  })

  story(
    'mod_register: bad-request: an empty new password',
    { differs: { prosody: 'takes it', ejabberd: 'answers not-acceptable' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(account(alice.local, ''), 'set', { to: server.domain, refused: 'bad-request' })
      await alice.client('phone')
    },
  )

  story(
    '§3.2 removal: the result, then the end, and the account is gone',
    { over: 'every' },
    async ({ alice, server }) => {
      const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
      pc.sends(`<iq type='set' id='gone' to='${server.domain}'>${query('<remove/>')}</iq>`)
      expect((await pc.answerTo('gone')).attr('type')).toBe('result')
      for (const client of [pc, phone]) await client.inbox.take((item) => item.kind === 'closed')
      expect(phone.isClosed).toBe(true)
      await expect(alice.client('again')).rejects.toThrow('not-authorized')
    },
  )

  story('mod_register: what the account had is gone when the name is taken again', async (cast) => {
    const { alice, bob, server } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc', { roster: true })]
    await pc.asks(`<query xmlns='jabber:iq:private'><a xmlns='app:a'>1</a></query>`, 'set')
    await bobs.drains()
    pc.sends(`<iq type='set' id='gone' to='${server.domain}'>${query('<remove/>')}</iq>`)
    await pc.inbox.take((item) => item.kind === 'closed')
    await bobs.finds(`<presence from='${alice.jid}' type='unsubscribed'>{any}</presence>`)
    await bobs.isHeard()
    expect((await bobs.roster()).map((item) => item.attr('subscription'))).toEqual(['none'])
    await server.registerUser(alice.local, alice.password)
    const again = await alice.client('again')
    expect(await again.roster()).toEqual([])
    const stored = await again.asks(`<query xmlns='jabber:iq:private'><a xmlns='app:a'/></query>`)
    expect(stored.child('query', 'jabber:iq:private')?.child('a', 'app:a')?.children).toEqual([])
  })

  story(
    'mod_register: bad-request: a remove with more beside it',
    { differs: { prosody: 'removes the account', ejabberd: 'removes the account' } },
    async ({ alice, server }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(`<remove/><username>${alice.local}</username>`), 'set', {
        to: server.domain,
        refused: 'bad-request',
      })
      await pc.receivesNothing()
    },
  )
})
