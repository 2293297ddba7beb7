import { describe, expect } from 'vitest'
import { Client } from '../support/client.ts'
import { authenticate, openSecure } from '../support/sign-in.ts'
import { type Cast, story, type User } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const bind = (resource: string) => `<bind xmlns='${NS.bind}'><resource>${resource}</resource></bind>`

/** A client that has authenticated and not yet bound a resource. */
async function unbound({ server, transport }: Pick<Cast, 'server' | 'transport'>, user: User): Promise<Client> {
  const client = await Client.dial(server, { transport })
  await authenticate(client, user, await openSecure(client))
  return client
}

describe('RFC 6120 §7 resource binding', () => {
  story('§7.7 the resource asked for is given', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc', { presence: false })
    expect(pc.jid).toBe(`${alice.jid}/pc`)
  })

  story('§7.6 without a resource the server makes one', { over: 'every' }, async ({ alice }) => {
    const [one, two] = [
      await alice.client(undefined, { presence: false }),
      await alice.client(undefined, { presence: false }),
    ]
    expect(one.bare).toBe(alice.jid)
    expect(one.resource).not.toBe('')
    expect(two.resource).not.toBe(one.resource)
  })

  story('§7.6 an empty resource counts as none', async (cast) => {
    const { alice } = cast
    const client = await unbound(cast, alice)
    const result = await client.asks(bind(''), 'set')
    expect(result.child('bind', NS.bind)?.child('jid')?.text()).toMatch(new RegExp(`^${alice.jid}/.+`))
    client.destroy()
  })

  story('§7.7 a resource keeps its case and its spaces', async ({ alice }) => {
    const pc = await alice.client('My Pc', { presence: false })
    expect(pc.resource).toBe('My Pc')
  })

  story('§7.7 a resource may hold any script', async ({ alice }) => {
    const pc = await alice.client('Żółw 7', { presence: false })
    expect(pc.resource).toBe('Żółw 7')
  })

  story(
    'RFC 7622 §3.4 a resource may hold what came after Unicode 3.2',
    {
      differs: {
        prosody: 'prepares with the stringprep of Unicode 3.2',
        ejabberd: 'prepares with the stringprep of Unicode 3.2',
      },
    },
    async ({ alice }) => {
      const pc = await alice.client('🐢', { presence: false })
      expect(pc.resource).toBe('🐢')
    },
  )

  for (const [what, resource] of [
    ['a control character', 'a&#x7f;b'],
    ['more than 1023 bytes', 'x'.repeat(1024)],
  ] as const) {
    const differs = { prosody: 'gives a resource of its own making in place of a bad one, as RFC 6120 §7.7.2.1 allows' }
    story(`§7.7.2.1 bad-request: ${what}, and the client may try again`, { differs }, async (cast) => {
      const { alice } = cast
      const client = await unbound(cast, alice)
      await client.asks(bind(resource), 'set', { refused: 'bad-request' })
      await client.bind('pc')
      expect(client.jid).toBe(`${alice.jid}/pc`)
      client.destroy()
    })
  }

  story(
    '§7.7.2.2 conflict: the newcomer gets the resource, the old one an error',
    { over: 'every' },
    async ({ alice, bob }) => {
      const bobs = await bob.client('pc')
      const old = await alice.client('pc', { presence: false })
      const fresh = await alice.client('pc', { presence: false })
      expect(fresh.jid).toBe(old.jid)
      await old.receivesStreamError('conflict')
      bobs.sends(`<message to='${fresh.jid}'><body>which of you?</body></message>`)
      await fresh.receives(`<message from='${bobs.jid}'><body>which of you?</body></message>`)
    },
  )

  story('§7.6 a stanza before binding goes nowhere', async (cast) => {
    const { alice, bob } = cast
    const bobs = await bob.client('pc')
    const client = await unbound(cast, alice)
    client.sends(`<message to='${bobs.jid}'><body>too early</body></message>`)
    client.sends(`<iq type='set' id='b'>${bind('pc')}</iq>`)
    await client.next()
    await bobs.receivesNothing()
    client.destroy()
  })

  story('§7.6.1 a second binding on one stream is refused', async ({ alice }) => {
    const pc = await alice.client('pc', { presence: false })
    pc.sends(`<iq type='set' id='again'>${bind('other')}</iq>`)
    expect((await pc.answerTo('again')).attr('type')).toBe('error')
  })

  story('RFC 3921 §3 a session may be asked for and does nothing', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc', { presence: false })
    const result = await pc.asks(`<session xmlns='${NS.session}'/>`, 'set')
    expect(result.elements()).toEqual([])
  })

  story('§7.7 two resources of one account are two addresses', async ({ alice, bob }) => {
    const [pc, phone, bobs] = [await alice.client('pc'), await alice.client('phone'), await bob.client('pc')]
    bobs.sends(`<message to='${phone.jid}'><body>for the phone</body></message>`)
    await phone.receives(`<message to='${phone.jid}'><body>for the phone</body></message>`)
    await pc.receivesNothing()
  })
})
