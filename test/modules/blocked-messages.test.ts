import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { enable, handled, nextBody, resume, unbound } from '../support/managed.ts'
import { ownServer } from '../support/own-server.ts'

const carbons = 'urn:xmpp:carbons:2'
const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'

describe('a message between two of whom one has blocked the other', () => {
  const { client } = ownServer(`[modules.mod_blocking]
[modules.mod_privacy]
[modules.mod_carboncopy]
[modules.mod_offline]
[modules.mod_mam.pm]
`)
  let count = 0

  /** Two devices of who blocks, and one of who is blocked; everybody wants copies. */
  async function cast(): Promise<Record<'pc' | 'phone' | 'blocked', Client>> {
    count++
    const blocked = await client(`blocked${count}`, 'pc')
    const [pc, phone] = [await client(`blocker${count}`, 'pc'), await client(`blocker${count}`, 'phone')]
    for (const each of [pc, phone, blocked]) await each.asks(`<enable xmlns='${carbons}'/>`, 'set')
    await pc.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${blocked.bare}'/></block>`, 'set')
    for (const each of [pc, phone, blocked]) await each.drains()
    return { pc, phone, blocked }
  }
  const chat = (to: string) => `<message type='chat' to='${to}' id='m1'><body>hi</body></message>`
  const refused = (from: string, condition: string) =>
    `<message type='error' id='m1' from='${from}' {any}>{any}<error {any}><${condition} xmlns='${stanzas}'/>{any}</error>{any}</message>`

  it('comes to no device, whichever was meant, and is in no archive of the blocker', async () => {
    const { pc, phone, blocked } = await cast()
    for (const to of [pc.jid, pc.bare]) {
      blocked.sends(chat(to))
      await blocked.finds(refused(to, 'service-unavailable'))
    }
    await pc.receivesNothing()
    await phone.receivesNothing()
    expect((await search(pc)).ids).toEqual([])
  })

  it('is not kept for a blocker who is away', async () => {
    const { pc, phone, blocked } = await cast()
    await phone.leaves()
    await pc.leaves()
    blocked.sends(chat(pc.bare))
    await blocked.finds(refused(pc.bare, 'service-unavailable'))
    const later = await client(pc.bare.split('@')[0] ?? '', 'later')
    await later.receivesNothing()
    expect((await search(later)).ids).toEqual([])
  })

  it('does not leave the blocker either: in no archive, and not copied', async () => {
    const { pc, phone, blocked } = await cast()
    pc.sends(chat(blocked.bare))
    await pc.finds(refused(blocked.bare, 'not-acceptable'))
    await phone.receivesNothing()
    await blocked.receivesNothing()
    expect([(await search(pc)).ids, (await search(blocked)).ids]).toEqual([[], []])
  })

  it('is there once where it is allowed, with the id of the archive, and its copies are nowhere', async () => {
    const { pc, phone, blocked } = await cast()
    await pc.asks(`<unblock xmlns='urn:xmpp:blocking'><item jid='${blocked.bare}'/></unblock>`, 'set')
    for (const each of [pc, phone, blocked]) await each.drains()
    blocked.sends(chat(pc.jid))
    const { element } = await pc.finds(`<message><body>hi</body>{any}</message>`)
    const copy = (await phone.finds(`<message><received xmlns='${carbons}'>{any}</received>{any}</message>`)).element
    const id = element
      .elements()
      .find(({ name }) => name === 'stanza-id')
      ?.attr('id')
    expect(`${copy}`).toContain(`id='${id}'`)
    expect((await search(pc)).ids).toEqual([id])
    expect((await search(blocked)).bodies).toEqual(['hi'])
  })
})

describe('what is kept for somebody who blocks its sender before it is seen', () => {
  const own = ownServer(`[modules.mod_blocking]
[modules.mod_privacy]
[modules.mod_carboncopy]
[modules.mod_csi]
[modules.mod_offline]
[modules.mod_stream_management]
`)
  const user = (local: string) => ({ local, password: 'secret' })
  const says = async (from: Client, to: Client, id: string) => {
    from.sends(`<message type='chat' to='${to.jid}' id='${id}'><body>${id}</body></message>`)
    await from.isHeard()
  }
  const blocks = (client: Client, blocked: Client) =>
    client.asks(`<block xmlns='urn:xmpp:blocking'><item jid='${blocked.bare}'/></block>`, 'set')
  const bodies = (items: readonly { child(name: string): { text(): string } | undefined }[]) =>
    items.flatMap((each) => each.child('body')?.text() ?? [])

  /** Somebody's phone with stream management and his desktop, a friend, and somebody who will be blocked. */
  async function cast(name: string) {
    const [friend, foe] = [await own.client(`friend-${name}`, 'pc'), await own.client(`foe-${name}`, 'pc')]
    const pc = await own.client(name, 'pc')
    const phone = await own.client(name, 'phone', { presence: false })
    await phone.asks(`<enable xmlns='${carbons}'/>`, 'set')
    const id = await enable(phone)
    phone.sends('<presence/>')
    await phone.meets(phone.jid)
    return { friend, foe, pc, phone, id }
  }
  const lose = async (phone: Client, witness: Client) => {
    phone.destroy()
    const session = own.server.server.hostOf('localhost')?.sessions.find(Jid.parse(phone.jid))
    while (session?.isDetached !== true) await witness.isHeard()
  }

  it('does not come with a stream that is resumed, nor with the next resumption; requests are answered', async () => {
    const { friend, foe, pc, phone, id } = await cast('olivia')
    // One has been sent before the connection is lost, and may have got lost with it.
    await says(foe, phone, 'f1')
    await lose(phone, pc)
    await says(friend, phone, '1')
    await says(foe, phone, 'f2')
    await says(foe, pc, 'copied')
    foe.sends(`<iq type='get' id='q' to='${phone.jid}'><query xmlns='jabber:iq:version'/></iq>`)
    await says(friend, phone, '2')
    await blocks(pc, foe)
    const again = async (h: number) => {
      const client = await unbound({ server: own.server }, user('olivia'))
      await resume(client, id, h)
      client.jid = phone.jid
      return client
    }
    const second = await again(0)
    const come = (await second.drains()).filter(({ name }) => ['message', 'presence', 'iq'].includes(name))
    expect(bodies(come)).toEqual(['1', '2'])
    await lose(second, pc)
    await says(friend, phone, '3')
    // The numbers are those of what it was sent: it has got all up to the first message.
    const third = await again(come.findIndex((each) => each.child('body')?.text() === '1') + 1)
    expect(bodies(await third.drains())).toEqual(['2', '3'])
    third.destroy()
    await foe.finds(`<iq type='error' id='q' from='${phone.jid}'>{any}<error {any}>{any}</error>{any}</iq>`)
    expect(bodies(await foe.drains())).toEqual([])
  })

  it('does not come after a restart, nor does a second one bring it back', async () => {
    const { friend, foe, pc, phone, id } = await cast('viola')
    await lose(phone, pc)
    for (const [from, body] of [
      [foe, 'f1'],
      [friend, '1'],
      [foe, 'f2'],
      [friend, '2'],
    ] as const) {
      await says(from, phone, body)
    }
    await blocks(pc, foe)
    for (const h of [1, 2]) {
      await own.restart()
      const again = await unbound({ server: own.server }, user('viola'))
      // Presence, and then one message that it acknowledges.
      await resume(again, id, h)
      expect(await nextBody(again)).toBe(String(h))
      if (h === 2) expect(bodies(await again.drains())).toEqual([])
      again.destroy()
    }
  })

  it('does not come when a client that was inactive becomes active', async () => {
    const { friend, foe, pc, phone } = await cast('maria')
    phone.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
    await handled(phone)
    for (const [from, body] of [
      [friend, '1'],
      [foe, 'f1'],
      [friend, '2'],
    ] as const)
      await says(from, phone, body)
    await says(foe, pc, 'copied')
    await blocks(pc, foe)
    phone.send(`<active xmlns='urn:xmpp:csi:0'/>`)
    expect(bodies(await phone.drains())).toEqual(['1', '2'])
    await phone.leaves()
  })

  it('does not come from offline storage, not even when the block is lifted later', async () => {
    const [friend, foe] = [await own.client('friend', 'pc'), await own.client('foe', 'pc')]
    const pc = await own.client('feste', 'pc', { presence: -1 })
    for (const [from, id] of [
      [friend, '1'],
      [foe, 'f1'],
      [friend, '2'],
    ] as const) {
      from.sends(`<message type='chat' to='${pc.bare}' id='${id}'><body>${id}</body></message>`)
      await from.isHeard()
    }
    await blocks(pc, foe)
    pc.sends('<presence/>')
    expect(bodies(await pc.drains())).toEqual(['1', '2'])
    await pc.asks(`<unblock xmlns='urn:xmpp:blocking'/>`, 'set')
    await pc.leaves()
    await (await own.client('feste', 'later')).receivesNothing()
    expect(bodies(await foe.drains())).toEqual([])
  })
})
