import { describe, expect, it } from 'vitest'
import { command } from '../support/adhoc.ts'
import { search, talk } from '../support/archive.ts'
import { Client } from '../support/client.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { asksIn, enters, freshRoom, opens } from '../support/rooms.ts'
import { openSecure } from '../support/sign-in.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { NS } from '../support/xml.ts'

/** How often a limit has been met. */
async function met(own: OwnServer, limit: string): Promise<number> {
  const values = await own.server.server.metrics.values()
  const found = values.find(({ name, labels }) => name === 'limit_reached_count' && labels['limit'] === limit)
  return found?.value ?? 0
}

const chat = (to: string, id: string) => `<message type='chat' to='${to}' id='${id}'><body>${id}</body></message>`
const refused = 'resource-constraint'

describe('what is kept for an account', () => {
  const own = ownServer(`[modules.mod_offline]
[modules.mod_private]
max_bytes = 1000
max_total_bytes = 1500
[modules.mod_privacy]
max_items = 2
[modules.mod_blocking]
[modules.mod_roster]
max_items = 2
[modules.mod_presence]
max_directed = 2
[modules.mod_mam]
pm = {}
[modules.mod_adhoc]
[modules.mod_register]
[modules.mod_invites]
max_invitations = 1
[modules.mod_caps]
[modules.mod_pubsub]
max_nodes = 1
max_subscriptions_node = 1
plugins = ["flat", "pep"]
[modules.mod_muc]
max_user_conferences = 1
default_room.max_users = 1
[access]
max_user_offline_messages = [{ acl = "all", value = 1 }]
mam_lookup_messages_shaper = [{ acl = "all", value = "slow" }]
[shaper]
slow.max_rate = 1
`)

  it('messages for somebody who is away', async () => {
    const bob = await own.client('bob', 'pc', { presence: false })
    const alice = await own.client('alice', 'pc')
    for (const id of ['m1', 'm2']) alice.sends(chat(bob.bare, id))
    await alice.finds(`<message from='${bob.bare}' id='m2' type='error'>{any}</message>`)
    expect(await met(own, 'offline')).toBe(1)
  })

  it('private XML: one fragment, and all of them together', async () => {
    const alice = await own.client('alice', 'private')
    const set = (ns: string, length: number) =>
      `<query xmlns='jabber:iq:private'><a xmlns='${ns}'>${'x'.repeat(length)}</a></query>`
    await alice.asks(set('app:1', 1000), 'set', { refused: 'policy-violation' })
    await alice.asks(set('app:1', 900), 'set')
    await alice.asks(set('app:2', 900), 'set', { refused: 'policy-violation' })
    // What takes the place of something needs no more room than it has.
    await alice.asks(set('app:1', 950), 'set')
    await alice.asks(set('app:2', 300), 'set')
    expect([await met(own, 'private_fragment'), await met(own, 'private_total')]).toEqual([1, 1])
  })

  it('contacts', async () => {
    const alice = await own.client('alice', 'roster')
    const set = (name: string) => `<query xmlns='${NS.roster}'><item jid='${name}@localhost'/></query>`
    await alice.asks(set('c1'), 'set')
    await alice.asks(set('c2'), 'set')
    await alice.asks(set('c3'), 'set', { refused })
    expect(await met(own, 'roster')).toBe(1)
  })

  it('addresses that are blocked', async () => {
    const alice = await own.client('alice', 'blocks')
    const block = (name: string) => `<block xmlns='urn:xmpp:blocking'><item jid='${name}@localhost'/></block>`
    await alice.asks(block('b1'), 'set')
    await alice.asks(block('b2'), 'set')
    await alice.asks(block('b3'), 'set', { refused })
    expect(await met(own, 'privacy')).toBe(1)
  })

  it('addresses that presence goes to', async () => {
    const carol = await own.client('carol', 'pc')
    for (let i = 0; i < 3; i++) carol.sends(`<presence to='d${i}@elsewhere.example' id='p${i}'/>`)
    await carol.finds(`<presence from='d2@elsewhere.example' id='p2' type='error'>{any}</presence>`)
    expect(await met(own, 'directed_presence')).toBe(1)
  })

  it('rooms that somebody is in, and people in a room', async () => {
    const [dora, erin] = [await own.client('dora', 'pc'), await own.client('erin', 'pc')]
    const [one, two] = [freshRoom('localhost'), freshRoom('localhost')]
    await opens(dora, one)
    const isError = (element: { attr(name: string): string | undefined }) => element.attr('type') === 'error'
    asksIn(dora, two, 'dora')
    await dora.takes(isError)
    expect(await met(own, 'rooms_of_user')).toBe(1)
    asksIn(erin, one, 'erin')
    await erin.takes(isError)
    expect(await met(own, 'users_of_room')).toBe(1)
  })

  it('open invitations', async () => {
    const jana = await own.client('jana', 'pc')
    const invite = command('urn:xmpp:invite#invite', { action: 'execute' })
    await jana.asks(invite, 'set', { to: 'localhost' })
    await jana.asks(invite, 'set', { to: 'localhost', refused })
    expect(await met(own, 'invitation')).toBe(1)
  })

  it('nodes, of an account and at the service, and subscriptions of a node', async () => {
    const [kim, lars] = [await own.client('kim', 'pc'), await own.client('lars', 'pc')]
    const pubsub = (action: string) => `<pubsub xmlns='http://jabber.org/protocol/pubsub'>${action}</pubsub>`
    const create = (node: string) => pubsub(`<create node='${node}'/>`)
    for (const to of [kim.bare, 'pubsub.localhost']) {
      await kim.asks(create('one'), 'set', { to })
      await kim.asks(create('two'), 'set', { to, refused })
    }
    await lars.asks(create('three'), 'set', { to: 'pubsub.localhost' })
    expect(await met(own, 'pubsub_nodes')).toBe(2)
    const subscribe = (jid: string) => pubsub(`<subscribe node='one' jid='${jid}'/>`)
    await kim.asks(subscribe(kim.bare), 'set', { to: 'pubsub.localhost' })
    await lars.asks(subscribe(lars.bare), 'set', { to: 'pubsub.localhost', refused: 'not-allowed' })
    expect(await met(own, 'pubsub_subscriptions')).toBe(1)
  })

  it('questions to an archive', async () => {
    const frank = await own.client('frank', 'pc')
    for (let i = 0; i < 6; i++) frank.sends(`<iq type='set' id='q${i}'><query xmlns='urn:xmpp:mam:2'/></iq>`)
    await frank.finds(`<iq id='q5' type='error'>{any}</iq>`)
    expect(await met(own, 'archive_request')).toBeGreaterThan(0)
  })
})

describe('what is archived', () => {
  const own = ownServer('[modules.mod_mam]\npm.max_messages = 5\n')
  const has = (client: Client, bodies: string) =>
    expect.poll(async () => (await search(client)).bodies.join(' ')).toBe(bodies)

  it('the oldest messages of an archive go when there are too many', async () => {
    const [alice, bob, carol] = [await own.client('alice'), await own.client('bob'), await own.client('carol')]
    await talk(alice, bob, 8)
    await has(alice, '4 5 6 7 8')
    await has(bob, '4 5 6 7 8')
    expect(await met(own, 'archive')).toBeGreaterThan(0)
    // Who has had no more than that loses nothing, even where the other one does.
    await talk(carol, bob, 2)
    await has(bob, '6 7 8 1 2')
    await has(carol, '1 2')
    await has(alice, '4 5 6 7 8')
  })

  it('goes on counting after a restart', async () => {
    await own.restart()
    const [alice, bob] = [await own.client('alice'), await own.client('bob')]
    await talk(alice, bob, 1)
    await has(alice, '5 6 7 8 1')
  })
})

describe('what is archived in rooms', () => {
  const own = ownServer('[modules.mod_muc]\n[modules.mod_mam]\nmuc.max_messages = 5\n')

  it('the oldest messages of a room go when there are too many, those of another room stay', async () => {
    const alice = await own.client('alice')
    const [loud, quiet] = [freshRoom('localhost'), freshRoom('localhost')]
    const says = async (room: string, bodies: readonly string[]) => {
      for (const body of bodies) {
        alice.sends(`<message to='${room}' type='groupchat'><body>${body}</body></message>`)
        await alice.takes((each) => each.child('body')?.text() === body)
      }
    }
    const has = (room: string, bodies: string) =>
      expect.poll(async () => (await search(alice, { to: room })).bodies.join(' ')).toBe(bodies)
    for (const room of [loud, quiet]) await opens(alice, room, { 'muc#roomconfig_persistentroom': '1' })
    await says(quiet, ['a', 'b'])
    await says(loud, ['1', '2', '3', '4', '5', '6', '7', '8'])
    await has(loud, '4 5 6 7 8')
    await has(quiet, 'a b')
    expect(await met(own, 'archive')).toBeGreaterThan(0)
    await own.restart()
    const again = await own.client('alice', 'later')
    await enters(again, loud, 'again')
    again.sends(`<message to='${loud}' type='groupchat'><body>9</body></message>`)
    await again.takes((each) => each.child('body')?.text() === '9')
    await expect.poll(async () => (await search(again, { to: loud })).bodies.join(' ')).toBe('5 6 7 8 9')
  })
})

describe('accounts that strangers make', () => {
  const clock = new SteppedClock()
  const own = ownServer('[modules.mod_register]\nmax_per_address_per_day = 2\n', { clock, registrationTimeout: 60 })

  async function register(name: string, condition?: string): Promise<void> {
    const visitor = await Client.dial(own.server, {})
    await openSecure(visitor)
    const form = `<query xmlns='${NS.register}'><username>${name}</username><password>secret</password></query>`
    await visitor.asks(form, 'set', { to: 'localhost', ...(condition === undefined ? {} : { refused: condition }) })
    visitor.destroy()
  }

  it('of one address: so many within a time, and in a day', async () => {
    await register('one')
    await register('two', refused)
    expect(await met(own, 'registration')).toBe(1)
    clock.advance(60_000)
    await register('two')
    clock.advance(60_000)
    await register('three', refused)
    expect([await met(own, 'registration'), await met(own, 'daily_registration')]).toEqual([1, 1])
    clock.advance(86_400_000)
    await register('three')
  })
})
