import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { filterReroute, messageUnacknowledged } from '../../src/router/events.ts'
import { el } from '../../src/xml/element.ts'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { enable, handled, nextBody, resume, sm, unbound } from '../support/managed.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { NS } from '../support/xml.ts'

const chat = (to: string, body: string) => `<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`
const csi = 'urn:xmpp:csi:0'
const carbons = 'urn:xmpp:carbons:2'

/** Signs in again, and goes on with a stream that has received so much. */
async function back(own: OwnServer, local: string, id: string, h: number): Promise<Client> {
  const client = await unbound({ server: own.server }, { local, password: 'secret' })
  await resume(client, id, h)
  return client
}

const isDetached = (own: { readonly server: OwnServer['server'] }, jid: string) =>
  own.server.server.hostOf('localhost')?.sessions.find(Jid.parse(jid))?.isDetached === true

/** Cuts the connection of a client, and waits until the server knows; somebody's answers pass the time. */
async function lose(own: OwnServer, client: Client, witness: Client): Promise<void> {
  client.destroy()
  while (!isDetached(own, client.jid)) await witness.isHeard()
}

/** A client with stream management that is not available yet, and the id of its stream. */
async function managed(own: OwnServer, name: string, resource = 'phone'): Promise<{ client: Client; id: string }> {
  const client = await own.client(name, resource, { presence: false })
  return { client, id: await enable(client) }
}

/** Makes two users see each other. */
async function befriend(one: Client, two: Client): Promise<void> {
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    from.sends(`<presence type='subscribe' to='${to.bare}'/>`)
    await to.finds(`<presence type='subscribe' from='${from.bare}'>{any}</presence>`)
    to.sends(`<presence type='subscribed' to='${from.bare}'/>`)
    await from.finds(`<presence type='subscribed' from='${to.bare}'>{any}</presence>`)
  }
}

describe('XEP-0198 §5 a resumed stream needs nothing anew', () => {
  const own = ownServer(`[modules.mod_carboncopy]
[modules.mod_csi]
[modules.mod_offline]
[modules.mod_stream_management]
`)

  for (const [what, user, contact] of [
    ['its connection is lost', 'alice', 'bob'],
    ['the server is started again', 'carol', 'dave'],
  ] as const) {
    it(`carbons, roster pushes, presence of contacts, client state: after ${what}`, async () => {
      const { client, id } = await managed(own, user)
      await client.asks(`<enable xmlns='${carbons}'/>`, 'set')
      client.sends('<presence/>')
      await client.meets(client.jid)
      let [friend, pc] = [await own.client(contact, 'pc'), await own.client(user, 'pc')]
      await befriend(pc, friend)
      await client.isHeard()
      client.send(`<inactive xmlns='${csi}'/>`)
      await lose(own, client, pc)
      await friend.drains()
      if (user === 'carol') {
        await own.restart()
        ;[friend, pc] = [await own.client(contact, 'pc'), await own.client(user, 'pc')]
        // It has not been away for them.
        await friend.meets(client.jid)
      }
      // Says to have seen all that came before.
      const again = await unbound({ server: own.server }, { local: user, password: 'secret' })
      const session = own.server.server.hostOf('localhost')?.sessions.find(Jid.parse(client.jid))
      expect(session?.isDetached).toBe(true)
      await resume(again, id, 0)
      again.jid = client.jid
      await again.drains()

      friend.sends(chat(pc.jid, 'copied'))
      await again.finds(`<message><received xmlns='${carbons}'>{any}</received>{any}</message>`)
      pc.sends(`<iq type='set' id='r'><query xmlns='${NS.roster}'><item jid='new@localhost'/></query></iq>`)
      await again.finds(
        `<iq type='set'><query xmlns='${NS.roster}' {any}><item jid='new@localhost' {any}/></query></iq>`,
      )
      friend.sends('<presence><show>dnd</show></presence>')
      await again.finds(`<presence from='${friend.jid}'><show>dnd</show>{any}</presence>`)
      expect((await friend.drains()).filter((each) => each.attr('from') === client.jid)).toEqual([])

      // A stream that was resumed is active (XEP-0352 §5.2), and may become inactive as before.
      again.send(`<inactive xmlns='${csi}'/>`)
      friend.sends(chat(client.jid, 'held'))
      await friend.isHeard()
      await handled(again)
      expect(again.inbox.takeNow((item) => item.kind === 'element' && item.element.name === 'message')).toBeUndefined()
      again.send(`<active xmlns='${csi}'/>`)
      expect(await nextBody(again)).toBe('held')
      again.destroy()
    })
  }
})

describe('XEP-0198 §5 and the archive', () => {
  const own = ownServer(`[modules.mod_carboncopy]
[modules.mod_offline]
[modules.mod_stream_management]
[modules.mod_mam.pm]
`)

  it('each message is there once: kept, sent again, taken over, sent elsewhere, stored', async () => {
    const [bob, pc] = [await own.client('bob', 'pc'), await own.client('alice', 'pc', { presence: -1 })]
    await pc.asks(`<enable xmlns='${carbons}'/>`, 'set')
    const { client, id } = await managed(own, 'alice')
    client.sends('<presence/>')
    await client.meets(client.jid)
    bob.sends(chat('alice@localhost', '1'))
    expect(await nextBody(client)).toBe('1')
    client.sends(chat(bob.jid, 'mine'))
    await handled(client)
    await lose(own, client, pc)
    bob.sends(chat('alice@localhost', '2'))
    await bob.isHeard()
    const again = await back(own, 'alice', id, 1)
    for (const body of ['1', '2']) expect(await nextBody(again)).toBe(body)
    // The same resource binds anew: what was left comes once more. What it leaves itself is stored.
    const anew = await managed(own, 'alice')
    for (const body of ['1', '2']) expect(await nextBody(anew.client)).toBe(body)
    bob.sends(chat(anew.client.jid, '3'))
    expect(await nextBody(anew.client)).toBe('3')
    await anew.client.leaves()
    const last = await own.client('alice', 'last')
    expect(await nextBody(last)).toBe('3')
    for (const owner of [last, bob]) expect((await search(owner)).bodies).toEqual(['1', 'mine', '2', '3'])
  })
})

describe('mod_stream_management: what hooks may do', () => {
  /** Marks what is unacknowledged, and keeps some of it from going elsewhere. */
  const told: string[] = []
  const watcher = defineModule({
    name: 'mod_test_watcher',
    about: 'Looks at what is not acknowledged.',
    xeps: [],
    options: z.strictObject({}),
    setup({ on }) {
      on(messageUnacknowledged, 'main', (event) => {
        told.push(`${event.session.jid.resource} ${event.stanza.id}`)
        event.stanza = event.stanza.append(el('seen', 'urn:test'))
        return undefined
      })
      on(filterReroute, 'main', ({ stanza }) => (stanza.id === 'private' ? 'drop' : undefined))
    },
  })
  const own = ownServer('[modules.mod_offline]\n[modules.mod_stream_management]\n[modules.mod_test_watcher]\n', {
    modules: [watcher],
  })

  it('messageUnacknowledged: once a session and message, in order; what is made of it is kept', async () => {
    told.length = 0
    const [bob, { client, id }] = [await own.client('bob', 'pc'), await managed(own, 'alice')]
    client.sends('<presence/>')
    await client.meets(client.jid)
    for (const body of ['1', '2']) bob.sends(chat('alice@localhost', body))
    for (const body of ['1', '2']) expect(await nextBody(client)).toBe(body)
    expect(told).toEqual([])
    await lose(own, client, bob)
    expect(told).toEqual(['phone 1', 'phone 2'])
    bob.sends(chat('alice@localhost', '3'))
    await bob.isHeard()
    expect(told).toEqual(['phone 1', 'phone 2', 'phone 3'])
    const again = await back(own, 'alice', id, 1)
    for (const body of ['1', '2', '3']) {
      await again.finds(`<message id='${body}'><seen xmlns='urn:test'/>{any}</message>`)
    }
    again.jid = client.jid
    await lose(own, again, bob)
    expect(told).toHaveLength(3)
    // Another session that does not get it is another matter.
    const { client: pc } = await managed(own, 'alice', 'pc')
    pc.sends('<presence/>')
    await pc.meets(pc.jid)
    await own.command('session.kickUserSession', { user: client.jid })
    for (const body of ['1', '2', '3']) expect(await nextBody(pc)).toBe(body)
    await lose(own, pc, bob)
    expect(told.slice(3)).toEqual(['pc 1', 'pc 2', 'pc 3'])
  })

  it('filterReroute: what it drops goes nowhere, the rest goes its way', async () => {
    const [bob, { client }] = [await own.client('bob', 'other'), await managed(own, 'carol')]
    for (const body of ['1', 'private', '2']) bob.sends(chat(client.jid, body))
    for (const body of ['1', 'private', '2']) expect(await nextBody(client)).toBe(body)
    await client.leaves()
    const next = await own.client('carol', 'next')
    for (const body of ['1', '2']) expect(await nextBody(next)).toBe(body)
    await next.receivesNothing()
  })
})

describe('mod_stream_management: presence for a session without a connection', () => {
  const own = ownServer('[modules.mod_offline]\n[modules.mod_stream_management]\nbuffer_max = 3\n')

  it('is the last of each sender, and leaves the room to messages', async () => {
    const { client, id } = await managed(own, 'alice')
    const friends = await Promise.all(['bob', 'carol', 'dave', 'eve', 'fred'].map((name) => own.client(name, 'pc')))
    const [bob] = friends as [Client]
    await lose(own, client, bob)
    bob.sends(chat(client.jid, '1'))
    for (let round = 0; round < 4; round++) {
      for (const friend of friends) {
        friend.sends(`<presence to='${client.jid}'><status>${round}</status></presence>`)
        await friend.isHeard()
      }
    }
    bob.sends(`<presence to='${client.jid}' type='unavailable'/>`)
    for (const body of ['2', '3']) bob.sends(chat(client.jid, body))
    await bob.isHeard()
    const again = await back(own, 'alice', id, 0)
    again.jid = client.jid
    const come = (await again.drains()).filter(({ name }) => ['presence', 'message'].includes(name))
    const shown = come.map((each) => each.child('status')?.text() ?? each.attr('type') ?? '')
    expect(come.map((each) => each.attr('id') ?? Jid.parse(each.attr('from') ?? '').local)).toEqual([
      '1',
      'bob',
      'carol',
      'dave',
      'eve',
      'fred',
      '2',
      '3',
    ])
    expect(shown).toEqual(['chat', 'unavailable', '3', '3', '3', '3', 'chat', 'chat'])
    // It has all of them to acknowledge, and the answer to a ping.
    again.send(`<a xmlns='${sm}' h='9'/>`)
    await again.isHeard()
    again.destroy()
  })
})

describe('mod_stream_management: ack_timeout', () => {
  it('takes a client that is asked and does not answer for one that has lost its connection', async () => {
    const modules = '[modules.mod_stream_management]\nack_timeout = 1\n'
    const server = await startPlainServer(plainSettings({ more: modules }), ['alice', 'bob', 'carol'])
    const [alice, bob] = [await PlainClient.signIn(server.port, 'alice'), await PlainClient.signIn(server.port, 'bob')]
    // Answers, and is left alone.
    const carol = await PlainClient.signIn(server.port, 'carol')
    for (const client of [alice, carol]) {
      client.says(`<enable xmlns='${sm}' resume='true'/>`)
      await client.hears('<enabled')
    }
    const id = /id='([^']*)' resume/.exec(alice.received)?.[1] ?? ''
    alice.sleeps()
    bob.says(chat('alice@localhost/r', 'kept') + chat('carol@localhost/r', 'got'))
    await carol.hears('<r ')
    carol.says(`<a xmlns='${sm}' h='1'/>`)
    while (!isDetached({ server }, 'alice@localhost/r')) await bob.asks('waits')
    expect(isDetached({ server }, 'carol@localhost/r')).toBe(false)
    await carol.asks('lives')
    alice.leaves()
    const again = await PlainClient.connect(server.port)
    const header = `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.stream}' to='localhost' version='1.0'>`
    const secret = Buffer.from('\0alice\0alice').toString('base64')
    again.says(`${header}<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${secret}</auth>${header}`)
    again.says(`<resume xmlns='${sm}' previd='${id}' h='0'/>`)
    await again.hears('<body>kept</body>')
    for (const client of [again, bob, carol]) client.leaves()
    await server.stop()
  }, 30_000)
})

describe('mod_stream_management: other names of options', () => {
  const own = ownServer(
    '[modules.mod_offline]\n[modules.mod_stream_management]\nbackend = "cets"\nbuffer_max = "no_buffer"\nack_freq = "never"\n',
  )

  it('no_buffer keeps nothing, and never asks never', async () => {
    const [{ client, id }, bob] = [await managed(own, 'alice'), await own.client('bob', 'pc')]
    expect(id).toBe('')
    bob.sends(chat(client.jid, '1'))
    await bob.isHeard()
    const come = await client.drains()
    expect(come.filter(({ name }) => name === 'r')).toEqual([])
    expect(come.map((each) => each.child('body')?.text())).toContain('1')
    await client.leaves()
    const next = await own.client('alice', 'next')
    await next.receivesNothing()
  })
})

describe('sessions without a connection, for operators and for mod_ping', () => {
  const clock = new SteppedClock(Date.now())
  const own = ownServer(
    `[modules.mod_offline]
[modules.mod_stream_management]
[modules.mod_ping]
send_pings = true
ping_interval = 60
timeout_action = "kill"
`,
    { clock },
  )
  /** Seconds go by one after another, as connections watch whether what was written is taken. */
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it('mod_ping: who does not answer a ping may go on', async () => {
    const { client, id } = await managed(own, 'alice')
    await pass(60)
    await client.finds(`<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await pass(32)
    await client.finds('<stream:error>{any}</stream:error>')
    expect(isDetached(own, client.jid)).toBe(true)
    const again = await back(own, 'alice', id, 0)
    again.destroy()
  })

  it('are listed and counted, and can be ended', async () => {
    const [bob, { client, id }] = [await own.client('bob', 'pc'), await managed(own, 'carol')]
    await lose(own, client, bob)
    bob.sends(chat(client.jid, 'left'))
    await bob.isHeard()
    expect(await own.command('session.listSessions', { domain: 'localhost' })).toEqual(
      expect.arrayContaining([expect.objectContaining({ user: client.jid })]),
    )
    expect(await own.command('session.countUserResources', { user: 'carol@localhost' })).toBe(1)
    expect(await own.command('session.kickUserSession', { user: client.jid })).toMatchObject({ kicked: true })
    expect(await own.command('session.countUserResources', { user: 'carol@localhost' })).toBe(0)
    const late = await unbound({ server: own.server }, { local: 'carol', password: 'secret' })
    late.send(`<resume xmlns='${sm}' previd='${id}' h='0'/>`)
    await late.finds(`<failed xmlns='${sm}' {any}>{any}</failed>`)
    late.destroy()
    expect(await nextBody(await own.client('carol', 'next'))).toBe('left')
  })
})
