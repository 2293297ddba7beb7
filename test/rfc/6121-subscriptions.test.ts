import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { befriend, sendSubscription } from '../support/friends.ts'
import { type Cast, story, type User } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const push = (item: string) => `<iq type='set'><query xmlns='${NS.roster}' {any}>${item}</query></iq>`
const item = (user: User, subscription: string, ask = '{none}') =>
  push(`<item jid='${user.jid}' subscription='${subscription}' ask='${ask}' {any}/>`)
const from = (user: User, type: string) => `<presence from='${user.jid}' to='{to}' type='${type}'>{any}</presence>`

/** Two people at their desks, who have asked for their rosters. */
async function atDesks({ alice, bob }: Pick<Cast, 'alice' | 'bob'>): Promise<[Client, Client]> {
  return [await alice.client('pc', { roster: true }), await bob.client('pc', { roster: true })]
}

describe('RFC 6121 §3 the ways of a subscription', () => {
  story(
    '§3.1 asked for and approved',
    {
      differs: {
        prosody: 'answers a request with an unavailable presence at once, which shows an account that nobody opened',
      },
      over: 'every',
    },
    async (cast) => {
      const { alice, bob } = cast
      const [pc, bobs] = await atDesks(cast)
      sendSubscription(pc, 'subscribe', bob)
      await pc.receives(item(bob, 'none', 'subscribe'))
      await bobs.receives(from(alice, 'subscribe'))
      sendSubscription(bobs, 'subscribed', alice)
      await bobs.receives(item(alice, 'from'))
      await pc.receivesAll([
        from(bob, 'subscribed'),
        item(bob, 'to'),
        `<presence from='${bobs.jid}' type='{none}'>{any}</presence>`,
      ])
      await cast.settle()
      await pc.receivesNothing()
      await bobs.receivesNothing()
    },
  )

  story(
    'mod_roster: the push comes before the presence',
    { differs: { prosody: 'delivers the presence first' } },
    async (cast) => {
      const { alice, bob } = cast
      const [pc, bobs] = await atDesks(cast)
      sendSubscription(pc, 'subscribe', bob)
      await pc.receives(item(bob, 'none', 'subscribe'))
      await bobs.receives(from(alice, 'subscribe'))
      sendSubscription(bobs, 'subscribed', alice)
      await pc.receives(item(bob, 'to'))
      await pc.receives(from(bob, 'subscribed'))
      await pc.receives(`<presence from='${bobs.jid}' type='{none}'>{any}</presence>`)
    },
  )

  story(
    '§3.1.2 the full address is taken off a request',
    { differs: { ejabberd: 'delivers it with the address as it was written' } },
    async (cast) => {
      const { alice, bob } = cast
      const [pc, bobs] = await atDesks(cast)
      pc.sends(`<presence type='subscribe' to='${bobs.jid}' id='s1'><status>it is me</status></presence>`)
      const { element } = await bobs.receives(
        `<presence type='subscribe' from='${alice.jid}'><status>it is me</status>{any}</presence>`,
      )
      expect(element.attr('to')).toBe(bob.jid)
      await pc.receives(item(bob, 'none', 'subscribe'))
    },
  )

  story(
    '§3.1 asked for and denied',
    {
      differs: {
        prosody: 'answers a request with an unavailable presence at once, which shows an account that nobody opened',
      },
      over: 'every',
    },
    async (cast) => {
      const { alice, bob } = cast
      const [pc, bobs] = await atDesks(cast)
      sendSubscription(pc, 'subscribe', bob)
      await pc.receives(item(bob, 'none', 'subscribe'))
      await bobs.receives(from(alice, 'subscribe'))
      sendSubscription(bobs, 'unsubscribed', alice)
      await pc.receivesAll([item(bob, 'none'), from(bob, 'unsubscribed')])
      await cast.settle()
      await pc.receivesNothing()
      expect((await bobs.roster()).length).toBe(0)
    },
  )

  story('§3.2 taken back by the contact', { over: 'every' }, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = await atDesks(cast)
    await cast.settle()
    for (const client of [pc, bobs]) await client.drains()
    sendSubscription(bobs, 'unsubscribed', alice)
    await bobs.receives(item(alice, 'to'))
    await pc.receivesAll([
      item(bob, 'from'),
      from(bob, 'unsubscribed'),
      `<presence from='${bobs.jid}' type='unavailable'>{any}</presence>`,
    ])
    await cast.settle()
    await pc.receivesNothing()
    bobs.sends(`<presence><status>secret</status></presence>`)
    await pc.receivesNothing()
  })

  story('§3.3 given up by the user', { over: 'every' }, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = await atDesks(cast)
    await cast.settle()
    for (const client of [pc, bobs]) await client.drains()
    sendSubscription(pc, 'unsubscribe', bob)
    await pc.finds(item(bob, 'from'))
    await bobs.receivesAll([item(alice, 'to'), from(alice, 'unsubscribe')])
    await cast.settle()
    const rest = await pc.drains()
    // The contact's server may confirm, and says that the contact is gone.
    expect(rest.every((stanza) => ['unsubscribed', 'unavailable'].includes(stanza.attr('type') ?? ''))).toBe(true)
    bobs.sends(`<presence><status>secret</status></presence>`)
    await pc.receivesNothing()
    pc.sends(`<presence><status>still told</status></presence>`)
    await bobs.finds(`<presence from='${pc.jid}'><status>still told</status>{any}</presence>`)
  })

  story('§2.5 removing a contact ends both directions', { over: 'every' }, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob)
    const [pc, bobs] = await atDesks(cast)
    await cast.settle()
    for (const client of [pc, bobs]) await client.drains()
    await pc.asks(`<query xmlns='${NS.roster}'><item jid='${bob.jid}' subscription='remove'/></query>`, 'set')
    await pc.finds(item(bob, 'remove'))
    await bobs.finds(from(alice, 'unsubscribe'))
    await bobs.finds(from(alice, 'unsubscribed'))
    await bobs.finds(`<presence from='${pc.jid}' type='unavailable'>{any}</presence>`)
    await bobs.finds(item(alice, 'none'))
    expect(await pc.roster()).toEqual([])
    expect((await bobs.roster()).map((entry) => entry.attr('subscription'))).toEqual(['none'])
  })

  story(
    '§3.1.3 a request waits for the contact and comes at each sign-in until it is answered',
    { over: 'every' },
    async (cast) => {
      const { alice, bob } = cast
      const pc = await alice.client('pc', { roster: true })
      pc.sends(`<presence type='subscribe' to='${bob.jid}'><status>remember me?</status></presence>`)
      await pc.receives(item(bob, 'none', 'subscribe'))
      await pc.isHeard()
      for (const time of ['first', 'second']) {
        const bobs = await bob.client(time)
        await bobs.finds(`<presence from='${alice.jid}' type='subscribe'><status>remember me?</status>{any}</presence>`)
        await bobs.leaves()
      }
      const bobs = await bob.client('third', { roster: true })
      await bobs.finds(`<presence from='${alice.jid}' type='subscribe'>{any}</presence>`)
      sendSubscription(bobs, 'subscribed', alice)
      await bobs.finds(item(alice, 'from'))
      await bobs.leaves()
      const last = await bob.client('last')
      const seen = await last.drains()
      expect(seen.filter((stanza) => stanza.attr('type') === 'subscribe')).toEqual([])
    },
  )

  story('§3.1.3 a request goes to every available resource, and is not in the roster', async ({ alice, bob }) => {
    const [one, two, hidden] = [
      await bob.client('1', { roster: true }),
      await bob.client('2', { presence: -1 }),
      await bob.client('3', { presence: false }),
    ]
    const pc = await alice.client('pc')
    sendSubscription(pc, 'subscribe', bob)
    for (const client of [one, two]) await client.receives(from(alice, 'subscribe'))
    await hidden.receivesNothing()
    await one.receivesNothing()
    expect(await one.roster()).toEqual([])
  })

  story('§3.1.3 a second request while one waits is not shown again', async (cast) => {
    const { alice, bob } = cast
    const [pc, bobs] = await atDesks(cast)
    sendSubscription(pc, 'subscribe', bob)
    await bobs.receives(from(alice, 'subscribe'))
    sendSubscription(pc, 'subscribe', bob)
    await cast.settle()
    await bobs.receivesNothing()
  })

  story('§3.1.3 a request of one who has it already is granted by the server', { over: 'every' }, async (cast) => {
    const { alice, bob } = cast
    await befriend(cast, alice, bob, 'to')
    const [pc, bobs] = await atDesks(cast)
    await cast.settle()
    for (const client of [pc, bobs]) await client.drains()
    sendSubscription(pc, 'subscribe', bob)
    await cast.settle()
    const seen = await bobs.drains()
    expect(seen.filter((stanza) => stanza.attr('type') === 'subscribe')).toEqual([])
    expect((await pc.roster()).map((entry) => entry.attr('subscription'))).toEqual(['to'])
  })

  story('§3.1 a request to an account that there is not is answered with nothing but refusal', async (cast) => {
    const { alice, stranger, server } = cast
    const pc = await alice.client('pc', { roster: true })
    pc.sends(`<presence type='subscribe' to='${stranger()}@${server.domain}'/>`)
    await cast.settle()
    const seen = await pc.drains()
    expect(
      seen.filter(
        (stanza) =>
          stanza.name === 'presence' && !['unsubscribed', 'unavailable', 'error'].includes(stanza.attr('type') ?? ''),
      ),
    ).toEqual([])
  })

  story('a subscription to oneself is passed over', { differs: { prosody: 'answers bad-request' } }, async (cast) => {
    const { alice } = cast
    const pc = await alice.client('pc', { roster: true })
    sendSubscription(pc, 'subscribe', alice)
    await cast.settle()
    await pc.receivesNothing()
    expect(await pc.roster()).toEqual([])
  })

  story('mod_roster: asking for a subscription keeps name and groups', async (cast) => {
    const { alice, bob } = cast
    const pc = await alice.client('pc', { roster: true })
    await pc.asks(
      `<query xmlns='${NS.roster}'><item jid='${bob.jid}' name='Bob'><group>Work</group></item></query>`,
      'set',
    )
    await pc.drains()
    sendSubscription(pc, 'subscribe', bob)
    await pc.receives(
      push(`<item jid='${bob.jid}' name='Bob' subscription='none' ask='subscribe'><group>Work</group></item>`),
    )
  })

  story('§3.1.3 adding a contact who has asked keeps what he asked', async (cast) => {
    const { alice, bob } = cast
    const [pc, bobs] = await atDesks(cast)
    sendSubscription(bobs, 'subscribe', alice)
    await pc.receives(from(bob, 'subscribe'))
    await pc.asks(`<query xmlns='${NS.roster}'><item jid='${bob.jid}' name='Bob'/></query>`, 'set')
    sendSubscription(pc, 'subscribed', bob)
    await bobs.finds(from(alice, 'subscribed'))
    expect((await pc.roster()).map((entry) => [entry.attr('name'), entry.attr('subscription')])).toEqual([
      ['Bob', 'from'],
    ])
  })
})

describe('RFC 6121 §3.4 approval in advance', () => {
  const noFeature = { ejabberd: 'does not have this' }
  const hidden = { ...noFeature, prosody: 'keeps it, but does not show it in the roster' }

  story('§3.4.1 the feature is announced', { differs: noFeature }, async ({ alice }) => {
    const { features } = await alice.client('pc', { presence: false })
    expect(features.child('sub', 'urn:xmpp:features:pre-approval')).toBeDefined()
  })

  story(
    '§3.4.2 it is kept in the roster and not passed on',
    { users: ['alice', 'bob'], differs: hidden },
    async (cast) => {
      const { bob } = cast
      const [pc, bobs] = await atDesks(cast)
      sendSubscription(pc, 'subscribed', bob)
      await pc.receives(push(`<item jid='${bob.jid}' subscription='none' approved='true'/>`))
      await cast.settle()
      await bobs.receivesNothing()
      const [entry] = await pc.roster()
      expect(entry?.attr('approved')).toBe('true')
    },
  )

  story(
    '§3.4.2 a request that comes later is granted by the server',
    { over: 'every', differs: noFeature },
    async (cast) => {
      const { alice, bob } = cast
      const [pc, bobs] = await atDesks(cast)
      sendSubscription(pc, 'subscribed', bob)
      await pc.finds(push(`<item jid='${bob.jid}' {any}/>`))
      sendSubscription(bobs, 'subscribe', alice)
      await bobs.finds(from(alice, 'subscribed'))
      await cast.settle()
      expect((await pc.drains()).filter((stanza) => stanza.attr('type') === 'subscribe')).toEqual([])
      expect((await pc.roster()).map((entry) => entry.attr('subscription'))).toEqual(['from'])
      expect((await bobs.roster()).map((entry) => entry.attr('subscription'))).toEqual(['to'])
    },
  )

  story('§3.4.2 it can be taken back', { differs: hidden }, async (cast) => {
    const { alice, bob } = cast
    const [pc, bobs] = await atDesks(cast)
    sendSubscription(pc, 'subscribed', bob)
    await pc.finds(push(`<item jid='${bob.jid}' subscription='none' approved='true'/>`))
    sendSubscription(pc, 'unsubscribed', bob)
    await cast.settle()
    sendSubscription(bobs, 'subscribe', alice)
    await pc.finds(from(bob, 'subscribe'))
  })
})
