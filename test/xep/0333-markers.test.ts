import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import type { Client } from '../support/client.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { members, testRooms } from '../support/test-rooms.ts'

const markers = 'urn:xmpp:chat-markers:0'
const smart = 'esl:xmpp:smart-markers:0'
const hall = 'hall@rooms.localhost'

/** Marks a message; resolves when the server has it. */
async function marks(client: Client, to: string, marker: string, more = ''): Promise<void> {
  const [type, id] = marker.split(' ')
  client.sends(
    `<message to='${to}' ${more.includes('room') ? `type='groupchat'` : ''}>${more.replace('room', '')}<${type} xmlns='${markers}' id='${id}'/></message>`,
  )
  await client.isHeard()
}

const thread = (name: string) => `<thread>${name}</thread>`

/** What a user is told of a conversation, as `name: type id`. */
async function asks(client: Client, peer: string, attributes = ''): Promise<string[]> {
  const answer = await client.asks(`<query xmlns='${smart}' peer='${peer}' ${attributes}/>`)
  const found = answer.child('query', smart)?.elements() ?? []
  return found.map((node) => `${node.attr('from')?.split('@')[0]}: ${node.attr('type')} ${node.attr('id')}`)
}

let count = 0
async function users(own: OwnServer, ...names: string[]): Promise<Client[]> {
  count++
  return Promise.all(names.map((name) => own.client(`${name}${count}`, 'pc')))
}
const named = (name: string) => `${name}${count}`

describe('mod_smart_markers', () => {
  const own = ownServer(
    `[modules.mod_smart_markers]
[modules.mod_test_rooms]
[modules.mod_offline]
`,
    { modules: [testRooms] },
  )

  it('shows both sides the last markers of each kind', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await marks(bob, alice.jid, 'received m1')
    await marks(bob, alice.bare, 'displayed m1')
    await marks(bob, alice.bare, 'displayed m0')
    await marks(alice, bob.bare, 'acknowledged m9')
    const all = [`${named('bob')}: received m1`, `${named('bob')}: displayed m0`, `${named('alice')}: acknowledged m9`]
    expect((await asks(alice, bob.jid)).sort()).toEqual([...all].sort())
    expect((await asks(bob, alice.bare)).sort()).toEqual([...all].sort())
    const answer = await alice.asks(`<query xmlns='${smart}' peer='${bob.jid}'/>`)
    expect(answer.child('query', smart)?.attr('peer')).toBe(bob.bare)
    expect(String(answer)).toMatch(/timestamp='\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z'/)
  })

  it('keeps threads apart, and can leave out what is older', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await marks(bob, alice.bare, 'displayed m1')
    await marks(bob, alice.bare, 'displayed m2', thread('t9'))
    expect(await asks(alice, bob.bare)).toEqual([`${named('bob')}: displayed m1`])
    expect(await asks(alice, bob.bare, `thread='t9'`)).toEqual([`${named('bob')}: displayed m2`])
    expect(await asks(alice, bob.bare, `after='2020-01-01T00:00:00Z'`)).toHaveLength(1)
    expect(await asks(alice, bob.bare, `after='2120-01-01T00:00:00+01:00'`)).toEqual([])
    const answer = await alice.asks(`<query xmlns='${smart}' peer='${bob.bare}' thread='t9'/>`)
    expect(answer.child('query', smart)?.elements()[0]?.attr('thread')).toBe('t9')
  })

  it('takes the last of several of a kind, and nothing without an id', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    const one = (id: string) => `<displayed xmlns='${markers}' id='${id}'/>`
    bob.sends(`<message to='${alice.bare}'>${one('m1')}${one('m2')}<received xmlns='${markers}'/></message>`)
    bob.sends(`<message to='${alice.bare}'><markable xmlns='${markers}'/></message>`)
    await bob.isHeard()
    expect(await asks(alice, bob.bare)).toEqual([`${named('bob')}: displayed m2`])
  })

  it('refuses what it cannot answer', async () => {
    const [alice] = (await users(own, 'alice')) as [Client]
    const query = (attributes: string) => `<query xmlns='${smart}' ${attributes}/>`
    for (const attributes of ['', `peer='@'`, `peer='localhost'`]) {
      const answer = await alice.asks(query(attributes), 'get', { refused: 'bad-request' })
      expect(String(answer)).toContain('invalid-peer')
    }
    const bad = await alice.asks(query(`peer='bob@localhost' after='yesterday'`), 'get', { refused: 'bad-request' })
    expect(String(bad)).toContain('invalid-timestamp')
    const set = await alice.asks(query(`peer='bob@localhost'`), 'set', { refused: 'not-allowed' })
    expect(set.child('query', smart)).toBeDefined()
    expect(await asks(alice, 'nobody@localhost')).toEqual([])
  })

  it('shows the markers of all members of a room to its members, until they leave and until it is gone', async () => {
    const [alice, bob, carol] = (await users(own, 'alice', 'bob', 'carol')) as [Client, Client, Client]
    members.clear()
    members.add(alice.bare).add(bob.bare)
    await marks(alice, hall, 'displayed m1', 'room')
    await marks(bob, hall, 'displayed m2', 'room')
    await marks(carol, hall, 'displayed m3', 'room')
    const [first, second] = [`${named('alice')}: displayed m1`, `${named('bob')}: displayed m2`]
    expect(await asks(alice, hall)).toEqual([first, second])
    expect(await asks(carol, hall)).toEqual([])
    await bob.asks(`<leave xmlns='urn:test:rooms'/>`, 'set')
    expect(await asks(alice, hall)).toEqual([first])
    await alice.asks(`<destroy xmlns='urn:test:rooms'/>`, 'set')
    expect(await asks(alice, hall)).toEqual([])
  })

  it('forgets an account that is removed, and has told before what it keeps of it', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await marks(bob, alice.bare, 'displayed m1')
    await marks(alice, bob.bare, 'displayed m2')
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('there is no host')
    const user = Jid.parse(bob.bare)
    const data = await host.hooks.gather(personalData, { host, user })
    expect(data.find(({ name }) => name === 'smart_markers')?.rows).toMatchObject([
      { peer: alice.bare, type: 'displayed', id: 'm1', thread: '' },
    ])
    await removeAccount(host, user)
    expect(await asks(alice, bob.bare)).toEqual([])
  })
})

describe('mod_smart_markers with keep_private', () => {
  const own = ownServer(`[modules.mod_smart_markers]
keep_private = true
backend = "rdbms_async"
`)

  it('delivers markers to nobody, and shows everybody the own ones', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await marks(bob, alice.bare, 'displayed m1', '<body>read</body>')
    await alice.receivesNothing()
    expect(await asks(bob, alice.bare)).toEqual([`${named('bob')}: displayed m1`])
    expect(await asks(alice, bob.bare)).toEqual([])
  })
})

describe('mod_offline_chatmarkers', () => {
  const config = (groupchat: boolean) => `[modules.mod_smart_markers]
[modules.mod_offline_chatmarkers]
store_groupchat_messages = ${groupchat}
[modules.mod_offline]
[modules.mod_test_rooms]
`
  const clock = new SteppedClock()
  const own = ownServer(config(true), { modules: [testRooms], clock })
  const without = ownServer(config(false), { modules: [testRooms] })

  /** Somebody who has an account and is away, and somebody who writes. */
  async function pair(server: OwnServer): Promise<{ alice: Client; bob: string; returns: () => Promise<Client> }> {
    const [alice, bob] = (await users(server, 'alice', 'bob')) as [Client, Client]
    await bob.leaves()
    const name = named('bob')
    return { alice, bob: bob.bare, returns: () => server.client(name, 'pc') }
  }

  it('delivers the last of each kind, after the messages, once', async () => {
    const { alice, bob, returns } = await pair(own)
    for (const marker of ['received a', 'displayed c', 'received b']) {
      clock.advance(1)
      await marks(alice, bob, marker)
    }
    alice.sends(`<message to='${bob}' type='chat' id='chat'><body>hi</body></message>`)
    await alice.receivesNothing()
    const bobs = await returns()
    await bobs.receives(`<message id='chat' {any}>{any}</message>`)
    await bobs.receives(`<message from='${alice.bare}' to='${bob}'><displayed xmlns='${markers}' id='c'/></message>`)
    await bobs.receives(`<message from='${alice.bare}' to='${bob}'><received xmlns='${markers}' id='b'/></message>`)
    await bobs.receivesNothing()
    await bobs.leaves()
    const again = await returns()
    await again.receivesNothing()
  })

  it('keeps threads apart', async () => {
    const { alice, bob, returns } = await pair(own)
    await marks(alice, bob, 'displayed m1')
    await marks(alice, bob, 'displayed m2', thread('t9'))
    const bobs = await returns()
    await bobs.receives(`<message {any}><displayed xmlns='${markers}' id='m1'/></message>`)
    await bobs.receives(`<message {any}><thread>t9</thread><displayed xmlns='${markers}' id='m2'/></message>`)
    await bobs.receivesNothing()
  })

  it('leaves out what was marked before the user went away', async () => {
    const [alice, bob] = (await users(own, 'alice', 'bob')) as [Client, Client]
    await marks(alice, bob.bare, 'received old')
    await bob.receives(`<message from='${alice.jid}'><received xmlns='${markers}' id='old'/></message>`)
    await bob.leaves()
    clock.advance(1)
    await marks(alice, bob.bare, 'displayed new')
    const bobs = await own.client(named('bob'), 'pc')
    await bobs.receives(`<message {any}><displayed xmlns='${markers}' id='new'/></message>`)
    await bobs.receivesNothing()
  })

  it('keeps a message that says something besides, too', async () => {
    const { alice, bob, returns } = await pair(own)
    await marks(alice, bob, 'displayed m1', '<body>seen</body>')
    const bobs = await returns()
    await bobs.receives(`<message from='${alice.jid}'><body>seen</body>{any}</message>`)
    await bobs.receives(`<message from='${alice.bare}' to='${bob}'><displayed xmlns='${markers}' id='m1'/></message>`)
    await bobs.receivesNothing()
  })

  it('keeps the markers in a room where it is told to', async () => {
    const { alice, bob, returns } = await pair(own)
    members.clear()
    members.add(alice.bare).add(bob)
    await marks(alice, hall, 'received m1', 'room')
    await marks(alice, hall, 'received m2', 'room')
    const bobs = await returns()
    await bobs.receives(
      `<message type='groupchat' from='${hall}/${alice.bare}' to='${bobs.jid}'><received xmlns='${markers}' id='m2'/></message>`,
    )
    await bobs.receivesNothing()
  })

  it('leaves the markers in a room alone where it is not', async () => {
    const { alice, bob, returns } = await pair(without)
    members.clear()
    members.add(alice.bare).add(bob)
    await marks(alice, hall, 'received m1', 'room')
    const bobs = await returns()
    await bobs.receivesNothing()
  })

  it('is silent about a marker of somebody who is removed, and tells before what it keeps', async () => {
    const { alice, bob, returns } = await pair(own)
    await marks(alice, bob, 'displayed m1', thread('t9'))
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('there is no host')
    const user = Jid.parse(bob)
    const data = await host.hooks.gather(personalData, { host, user })
    expect(data.find(({ name }) => name === 'offline_chatmarkers')?.rows).toMatchObject([{ thread: 't9', room: '' }])
    await removeAccount(host, user)
    const bobs = await returns()
    await bobs.receivesNothing()
  })
})
