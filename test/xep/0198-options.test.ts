import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import type { Client } from '../support/client.ts'
import { hastyClock } from '../support/hasty-clock.ts'
import { acknowledges, enable, handled, nextBody, resume, sm, unbound } from '../support/managed.ts'
import { type OwnServer, ownServer } from '../support/own-server.ts'
import { NS } from '../support/xml.ts'

const chat = (to: string, body: string) => `<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`
const request = `<r xmlns='${sm}'/>`

/** A client that is online with stream management, and the id of its stream. */
async function managed(own: OwnServer, name: string, resource = 'phone'): Promise<{ client: Client; id: string }> {
  const client = await own.client(name, resource, { presence: false })
  const id = await enable(client)
  client.sends('<presence/>')
  await client.meets(client.jid)
  return { client, id }
}

async function cut(client: Client): Promise<void> {
  client.destroy()
  await client.inbox.take((item) => item.kind === 'closed')
}

const again = (own: OwnServer, local: string) => unbound({ server: own.server }, { local, password: 'secret' })

/** Cuts the connection of a client, and waits until the server knows; somebody's answers pass the time. */
async function lose(own: OwnServer, client: Client, witness: Client): Promise<void> {
  client.destroy()
  const jid = Jid.parse(client.jid)
  while (own.server.server.hostOf('localhost')?.sessions.find(jid)?.isDetached !== true) await witness.isHeard()
}

/** Requests for acknowledgement among what has come. */
async function requestsTo(client: Client): Promise<number> {
  const elements = await client.drains()
  return elements.filter(({ name, ns }) => name === 'r' && ns === sm).length
}

describe('mod_stream_management: ack_freq', () => {
  const own = ownServer('[modules.mod_stream_management]\nack_freq = 2\n')

  it('asks after each second stanza', async () => {
    const [{ client }, bob] = [await managed(own, 'alice'), await own.client('bob')]
    for (const body of ['1', '2', '3', '4', '5']) bob.sends(chat(client.jid, body))
    await bob.isHeard()
    // Presence, five messages, and the answer to the ping that proves the silence.
    expect(await requestsTo(client)).toBe(3)
  })
})

describe('mod_stream_management: ack', () => {
  const own = ownServer('[modules.mod_stream_management]\nack = false\n')

  it('asks never', async () => {
    const [{ client }, bob] = [await managed(own, 'alice'), await own.client('bob')]
    bob.sends(chat(client.jid, '1'))
    await bob.isHeard()
    expect(await requestsTo(client)).toBe(0)
    expect(await handled(client)).toBe(2)
  })
})

describe('mod_stream_management: buffer', () => {
  const own = ownServer('[modules.mod_stream_management]\nbuffer = false\n')

  it('keeps nothing, and so has no stream resumed', async () => {
    const [client, bob] = [await own.client('alice'), await own.client('bob')]
    client.send(`<enable xmlns='${sm}' resume='true'/>`)
    expect((await client.finds(`<enabled xmlns='${sm}' {any}/>`)).element.attr('resume')).toBeUndefined()
    bob.sends(chat(client.jid, '1'))
    expect(await nextBody(client)).toBe('1')
    acknowledges(client, 1)
    await client.isHeard()
    acknowledges(client, 40)
    await client.finds('<stream:error>{any}</stream:error>')
  })
})

describe('mod_stream_management: buffer_max', () => {
  const own = ownServer('[modules.mod_offline]\n[modules.mod_stream_management]\nbuffer_max = 3\n', {
    clock: hastyClock,
  })

  it('ends a stream whose client leaves too much unacknowledged; what was left is stored', async () => {
    const [{ client }, bob] = [await managed(own, 'slow'), await own.client('bob')]
    for (const body of ['1', '2', '3', '4']) bob.sends(chat(client.jid, body))
    const { element } = await client.finds('<stream:error>{any}</stream:error>')
    expect(element.child('resource-constraint', NS.streamErrors)).toBeDefined()
    const next = await own.client('slow', 'next')
    for (const body of ['1', '2', '3', '4']) expect(await nextBody(next)).toBe(body)
  })

  it('lets a client live that acknowledges in time', async () => {
    const [{ client }, bob] = [await managed(own, 'quick'), await own.client('bob')]
    for (const body of ['1', '2', '3', '4']) bob.sends(chat(client.jid, body))
    for (const body of ['1', '2', '3', '4']) expect(await nextBody(client)).toBe(body)
    acknowledges(client, 5)
    // The time of the other story passes.
    const [{ client: slow }] = [await managed(own, 'slow', 'other')]
    for (const body of ['1', '2', '3', '4']) bob.sends(chat(slow.jid, body))
    await slow.finds('<stream:error>{any}</stream:error>')
    expect(await handled(client)).toBe(1)
  })

  it('ends a session that waits for its client, too', async () => {
    const [{ client, id }, bob] = [await managed(own, 'away'), await own.client('bob')]
    await cut(client)
    for (const body of ['1', '2', '3', '4', '5']) bob.sends(chat('away@localhost', body))
    const other = await own.client('away', 'other', { presence: -1 })
    await other.finds(`<presence from='${client.jid}' type='unavailable'>{any}</presence>`)
    const late = await again(own, 'away')
    late.send(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
    await late.receives(`<failed xmlns='${sm}'>{any}</failed>`)
    late.destroy()
    other.sends('<presence/>')
    for (const body of ['1', '2', '3', '4', '5']) expect(await nextBody(other)).toBe(body)
  })
})

describe('mod_stream_management: resume_timeout and stale_h', () => {
  const own = ownServer(
    '[modules.mod_offline]\n[modules.mod_stream_management]\nresume_timeout = 20\nstale_h.enabled = true\n',
    { clock: hastyClock },
  )

  it('ends a session that nobody has come back for; who comes then is told how much had been received', async () => {
    const { client, id } = await managed(own, 'alice')
    const [other, bob] = [await own.client('alice', 'other', { presence: -1 }), await own.client('bob')]
    client.sends(chat(bob.jid, 'mine'))
    // On this clock the server answers after 50 ms, whatever is on disk by then.
    while ((await handled(client)) < 2) await bob.isHeard()
    await cut(client)
    bob.sends(chat('alice@localhost', 'yours'))
    await bob.isHeard()
    expect((await other.drains()).filter((each) => each.attr('type') === 'unavailable')).toEqual([])
    await other.finds(`<presence from='${client.jid}' type='unavailable'>{any}</presence>`)
    const late = await again(own, 'alice')
    late.send(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
    await late.receives(`<failed xmlns='${sm}' h='2'><item-not-found xmlns='${NS.stanzaErrors}'/></failed>`)
    late.destroy()
    other.sends('<presence/>')
    expect(await nextBody(other)).toBe('yours')
    await own.restart()
    const later = await again(own, 'alice')
    later.send(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
    await later.receives(`<failed xmlns='${sm}' h='2'><item-not-found xmlns='${NS.stanzaErrors}'/></failed>`)
    later.destroy()
  })
})

describe('mod_stream_management: what waiting sessions hold', () => {
  const limits = 'max_detached_user_bytes = 4000\nmax_detached_bytes = 6000\n'
  const own = ownServer(`[modules.mod_offline]\n[modules.mod_stream_management]\n${limits}`)
  const long = (to: string, id: string) =>
    `<message to='${to}' type='chat' id='${id}'><body>${'x'.repeat(2500)}</body></message>`

  it('is limited for one user: the session that holds most ends, what it held is stored', async () => {
    const [{ client }, bob] = [await managed(own, 'alice'), await own.client('bob')]
    await lose(own, client, bob)
    bob.sends(long('alice@localhost/phone', 'a'))
    bob.sends(long('alice@localhost/phone', 'b'))
    const other = await own.client('alice', 'other')
    await other.finds(`<message id='a'>{any}</message>`)
    await other.finds(`<message id='b'>{any}</message>`)
    expect(await own.command('session.countUserResources', { user: 'alice@localhost' })).toBe(1)
  })

  it('is limited for all together: the session that has waited longest ends', async () => {
    const bob = await own.client('bob', 'two')
    const [one, two, three] = [await managed(own, 'one'), await managed(own, 'two'), await managed(own, 'three')]
    for (const { client } of [one, two, three]) await lose(own, client, bob)
    for (const name of ['one', 'two', 'three']) bob.sends(long(`${name}@localhost/phone`, name))
    await bob.isHeard()
    const [first, second] = [await again(own, 'one'), await again(own, 'two')]
    first.send(`<resume xmlns='${sm}' previd='${one.id}' h='1'/>`)
    await first.receives(`<failed xmlns='${sm}'>{any}</failed>`)
    await resume(second, two.id, 1)
    await second.finds(`<message id='two'>{any}</message>`)
    for (const client of [first, second]) client.destroy()
  })
})

describe('a server without mod_stream_management', () => {
  const own = ownServer('')

  it('says so', async () => {
    const missing = `<failed xmlns='${sm}'><feature-not-implemented xmlns='${NS.stanzaErrors}'/></failed>`
    const before = await own.client('alice').then(() => again(own, 'alice'))
    expect(before.features.child('sm', sm)).toBeUndefined()
    before.send(`<resume xmlns='${sm}' previd='x' h='0'/>`)
    await before.receives(missing)
    await before.bind('pc')
    before.send(`<enable xmlns='${sm}'/>`)
    await before.receives(missing)
    before.send(request)
    await before.receives(missing)
    await before.isHeard()
    before.destroy()
  })
})
