import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { sessionReceives } from '../../src/router/events.ts'
import type { Client } from '../support/client.ts'
import { enable, handled, nextBody, resume, unbound } from '../support/managed.ts'
import { ownServer } from '../support/own-server.ts'
import { type Cast, type StoryOptions, story } from '../support/story.ts'
import type { RawStream } from '../support/stream.ts'

const csi = 'urn:xmpp:csi:0'
const chat = (to: string, id: string) => `<message to='${to}' type='chat' id='${id}'><body>${id}</body></message>`
const says = (client: RawStream, what: string) => client.send(`<${what} xmlns='${csi}'/>`)
const gets = (client: Client, id: string) => client.receives(`<message id='${id}' {any}>{any}</message>`)
/** From now on `client` is inactive for the server, as a message that it sends afterwards shows. */
async function goesInactive(client: Client, witness: Client): Promise<void> {
  says(client, 'inactive')
  client.sends(chat(witness.jid, 'inactive'))
  await gets(witness, 'inactive')
}
const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`)

describe('XEP-0352 client state indication', () => {
  story('§4.1 it is among the features after signing in', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc')
    expect(pc.features.child('csi', csi)).toBeDefined()
  })

  story(
    '§5.1 what comes is held until the client is active, and keeps its order',
    {
      over: 'every',
      leavesOut: { prosody: 'holds what is not urgent only', ejabberd: 'holds presence and chat states only' },
    },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('b')]
      await goesInactive(pc, bobs)
      for (const id of ids(5)) bobs.sends(chat(pc.jid, id))
      await bobs.isHeard()
      // The answer is held too: it comes when it is its turn.
      pc.sends(`<iq type='get' id='p' to='${pc.address.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`)
      says(pc, 'active')
      for (const id of ids(5)) await gets(pc, id)
      await pc.receives(`<iq type='result' id='p' {any}/>`)
      bobs.sends(chat(pc.jid, 'last'))
      await gets(pc, 'last')
    },
  )

  story('§3.2 presence is held from an inactive client', async ({ alice }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    await goesInactive(pc, phone)
    phone.sends('<presence><show>away</show></presence>')
    await phone.isHeard()
    says(pc, 'active')
    await pc.receives(`<presence from='${phone.jid}' {any}><show>away</show>{any}</presence>`)
  })

  story(
    'an element that it does not know is a bad request, the stream goes on',
    {
      leavesOut: { prosody: 'ends the stream', ejabberd: 'ends the stream' },
    },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      says(pc, 'invalid')
      await pc.receives(
        `<invalid xmlns='${csi}' type='error'><error xmlns='jabber:client' type='modify' {any}><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></invalid>`,
      )
      await pc.isHeard()
    },
  )

  story('who is active already may say so', async ({ alice }) => {
    const pc = await alice.client('pc')
    says(pc, 'active')
    await pc.receivesNothing()
  })
})

describe('XEP-0352 with stream management', () => {
  const left: StoryOptions = {
    users: ['alice', 'bob'],
    leavesOut: { prosody: 'holds what is not urgent only', ejabberd: 'holds presence and chat states only' },
  }

  /** Somebody inactive who has missed these messages, and the id of the stream. */
  async function inactive(
    cast: Cast,
    bodies: readonly string[],
  ): Promise<{ client: Client; id: string; sender: Client }> {
    const { alice, bob } = cast
    const sender = await bob.client('b')
    const client = await alice.client('phone', { presence: false })
    const id = await enable(client)
    client.sends('<presence/>')
    await client.meets(client.jid)
    await goesInactive(client, sender)
    for (const body of bodies) sender.sends(chat(client.jid, body))
    await sender.isHeard()
    return { client, id, sender }
  }

  story('mod_csi: acknowledgements pass, and count what was sent only', left, async (cast) => {
    const { client } = await inactive(cast, ids(3))
    const before = await handled(client)
    client.sends(`<presence><show>away</show></presence>`)
    expect(await handled(client)).toBe(before + 1)
    expect(client.inbox.items.filter((item) => item.kind === 'element' && item.element.name === 'message')).toEqual([])
    says(client, 'active')
    for (const id of ids(3)) expect(await nextBody(client)).toBe(id)
  })

  story('§5.2 a resumed stream is active, and what was held comes once', left, async (cast) => {
    const { client, id, sender } = await inactive(cast, ids(3))
    client.destroy()
    await client.inbox.take((item) => item.kind === 'closed')
    const again = await unbound(cast, cast.alice)
    // Of what was sent nothing has come but the presence.
    await resume(again, id, 1)
    for (const body of ids(3)) expect(await nextBody(again)).toBe(body)
    sender.sends(chat(client.jid, 'last'))
    expect(await nextBody(again)).toBe('last')
    again.destroy()
  })

  story('mod_csi: what was held when a stream is not resumed is kept, in order', left, async (cast) => {
    const { client, sender } = await inactive(cast, ids(2))
    says(client, 'active')
    for (const body of ids(2)) expect(await nextBody(client)).toBe(body)
    await goesInactive(client, sender)
    for (const body of ['m2', 'm3']) sender.sends(chat(client.jid, body))
    await sender.isHeard()
    // It has acknowledged nothing, and leaves in order.
    await client.leaves()
    const later = await cast.alice.client('later')
    for (const body of ids(4)) expect(await nextBody(later)).toBe(body)
    await later.receivesNothing()
  })
})

describe('mod_csi', () => {
  const own = ownServer(`[modules.mod_csi]
buffer_max = 10
[modules.mod_offline]
[modules.mod_carboncopy]
[modules.mod_sic]
`)

  it('holds so many stanzas, and sends all of them with the next one', async () => {
    const [alice, bob] = [await own.client('alice', 'pc'), await own.client('bob', 'b')]
    await goesInactive(alice, bob)
    for (const id of ids(10)) bob.sends(chat(alice.jid, id))
    await bob.isHeard()
    expect(alice.inbox.items).toEqual([])
    bob.sends(chat(alice.jid, 'm10'))
    for (const id of ids(11)) await gets(alice, id)
    // It is still inactive.
    bob.sends(chat(alice.jid, 'held'))
    bob.sends(`<iq type='get' id='q' to='${alice.jid}'><query xmlns='jabber:iq:version'/></iq>`)
    await gets(alice, 'held')
    await alice.receives(`<iq type='get' id='q' {any}>{any}</iq>`)
  })

  it('keeps what it holds when the client says inactive again', async () => {
    const [alice, bob] = [await own.client('alice2', 'pc'), await own.client('bob2', 'pc')]
    await goesInactive(alice, bob)
    bob.sends(chat(alice.jid, 'm1'))
    await bob.isHeard()
    await goesInactive(alice, bob)
    bob.sends(chat(alice.jid, 'm2'))
    await bob.isHeard()
    says(alice, 'active')
    await gets(alice, 'm1')
    await gets(alice, 'm2')
    await alice.receivesNothing()
  })

  it('lets a call ring at once, after what came before it', async () => {
    const [alice, bob] = [await own.client('alice3', 'pc'), await own.client('bob3', 'pc')]
    await goesInactive(alice, bob)
    bob.sends(chat(alice.jid, 'before'))
    bob.sends(
      `<message to='${alice.jid}' type='chat' id='call'><propose xmlns='urn:xmpp:jingle-message:0' id='x'/></message>`,
    )
    await gets(alice, 'before')
    await gets(alice, 'call')
  })

  it('gives what a client never saw to who comes next, with the time it came', async () => {
    const bob = await own.client('bob4', 'pc')
    for (const way of ['closes', 'is cut off']) {
      const carol = await own.client('carol', 'pc')
      await goesInactive(carol, bob)
      for (const id of ids(3)) bob.sends(chat(carol.jid, id))
      await bob.isHeard()
      if (way === 'closes') await carol.leaves()
      else carol.destroy()
      const later = await own.client('carol', 'later')
      for (const id of ids(3)) {
        await later.receives(
          `<message from='${bob.jid}' id='${id}' {any}><body>${id}</body><delay xmlns='urn:xmpp:delay' {any}>{any}</delay>{any}</message>`,
        )
      }
      await later.receivesNothing()
      await later.leaves()
    }
    await bob.receivesNothing()
  })

  it('drops copies that a client never saw', async () => {
    const [pc, phone] = [await own.client('dora', 'pc', { presence: 1 }), await own.client('dora', 'phone')]
    await phone.asks(`<enable xmlns='urn:xmpp:carbons:2'/>`, 'set')
    await pc.drains()
    const bob = await own.client('bob5', 'pc')
    await goesInactive(phone, bob)
    bob.sends(chat(pc.jid, 'm1'))
    await gets(pc, 'm1')
    await phone.leaves()
    expect((await pc.drains()).filter(({ name }) => name === 'message')).toEqual([])
    await pc.leaves()
    const later = await own.client('dora', 'later')
    await later.receivesNothing()
  })

  it('counts what clients say', async () => {
    const text = await own.server.server.metrics.text()
    expect(text).toMatch(/mod_csi_inactive_count [1-9]/)
    expect(text).toMatch(/mod_csi_active_count [1-9]/)
  })
})

describe('mod_csi where rules have to be read', () => {
  const judged: string[] = []
  let read = (): void => {}
  let come = (): void => {}
  const liveHasCome = new Promise<void>((resolve) => {
    come = resolve
  })
  /** Judges whether `m0` may be delivered; the second time it has to read something first. */
  const rules = defineModule({
    name: 'mod_slow_rules',
    about: 'For this test.',
    xeps: [],
    options: z.strictObject({}),
    setup({ on }) {
      on(sessionReceives, 'guard', ({ stanza }) => {
        judged.push(stanza.id ?? '')
        if (stanza.id === 'live') come()
        if (judged.filter((id) => id === 'm0').length < 2 || stanza.id !== 'm0') return undefined
        return new Promise<undefined>((resolve) => {
          read = () => resolve(undefined)
        })
      })
    },
  })
  const own = ownServer('[modules.mod_csi]\n[modules.mod_slow_rules]\n', { modules: [rules] })

  it('nothing overtakes what was held', async () => {
    const [alice, bob, carol] = [
      await own.client('alice', 'pc'),
      await own.client('bob', 'b'),
      await own.client('c', 'c'),
    ]
    await goesInactive(alice, bob)
    for (const id of ids(2)) bob.sends(chat(alice.jid, id))
    await bob.isHeard()
    says(alice, 'active')
    alice.sends(chat(carol.jid, 'active'))
    await gets(carol, 'active')
    carol.sends(chat(alice.jid, 'live'))
    await liveHasCome
    alice.sends(chat(bob.jid, 'still here'))
    await gets(bob, 'still here')
    expect(alice.inbox.items).toEqual([])
    read()
    for (const id of ['m0', 'm1', 'live']) await gets(alice, id)
    carol.sends(chat(alice.jid, 'later'))
    await gets(alice, 'later')
  })
})
