import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { befriend } from '../support/friends.ts'
import { story, type User } from '../support/story.ts'
import { targetName } from '../support/target.ts'

const ns = 'urn:xmpp:blocking'
const ping = `<ping xmlns='urn:xmpp:ping'/>`
const item = (jid: string) => `<item jid='${jid}'/>`
const chat = (to: string, id: string) => `<message type='chat' to='${to}' id='${id}'><body>${id}</body></message>`

async function blockedBy(client: Client): Promise<(string | undefined)[]> {
  const answer = await client.asks(`<blocklist xmlns='${ns}'/>`)
  return (
    answer
      .child('blocklist', ns)
      ?.elements()
      .map((node) => node.attr('jid')) ?? []
  )
}

/** Blocks or unblocks, as a client that has asked for the list: it is told too. */
async function change(client: Client, what: 'block' | 'unblock', ...jids: string[]): Promise<void> {
  await blockedBy(client)
  await client.asks(`<${what} xmlns='${ns}'>${jids.map(item).join('')}</${what}>`, 'set')
  await client.finds(
    `<iq type='set' to='${client.jid}' id='{id}'><${what} xmlns='${ns}'>${jids.map(item).join('')}</${what}></iq>`,
  )
}

const bounce = (from: string, id: string, kind = 'message') =>
  `<${kind} type='error' from='${from}' id='${id}'><error type='cancel' {any}><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error>{any}</${kind}>`

const refusal = (from: string, id: string, kind = 'message') =>
  `<${kind} type='error' from='${from}' id='${id}'><error type='cancel' {any}><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><blocked xmlns='urn:xmpp:blocking:errors'/>{any}</error>{any}</${kind}>`

/** Two friends who see each other. */
async function friends(cast: Parameters<typeof befriend>[0], first: User, second: User): Promise<[Client, Client]> {
  await befriend(cast, first, second)
  const [one, two] = [await first.client('pc'), await second.client('pc')]
  await two.meets(one.jid)
  await one.meets(two.jid)
  return [one, two]
}

// ejabberd pushes a privacy list with each change, so that hardly a step finds what it expects.
describe.skipIf(targetName() === 'ejabberd')('XEP-0191', () => {
  story('§3.1 the feature is announced, a fresh list is empty', async ({ alice, server }) => {
    const pc = await alice.client('pc')
    const info = await pc.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: server.domain })
    expect(`${info}`).toContain(`<feature var='${ns}'/>`)
    expect(await blockedBy(pc)).toEqual([])
  })

  story('§3.2 who is blocked is listed, and every client is told', async ({ alice, bob }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone')]
    await blockedBy(phone)
    await change(pc, 'block', bob.jid, 'iago@shakespeare.example')
    await phone.finds(
      `<iq type='set' to='${phone.jid}' id='{id}'><block xmlns='${ns}'>${item(bob.jid)}${item('iago@shakespeare.example')}</block></iq>`,
    )
    expect((await blockedBy(phone)).sort()).toEqual([bob.jid, 'iago@shakespeare.example'])
    await pc.receivesNothing()
  })

  story(
    '§3.2 what the blocked send is answered as if the user were not there',
    { differs: { prosody: 'answers nothing for a full address' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await alice.client('phone')
      await change(pc, 'block', bob.jid)
      bobs.sends(chat(alice.jid, 'm1'))
      await bobs.receives(bounce(alice.jid, 'm1'))
      bobs.sends(chat(pc.jid, 'm2'))
      await bobs.receives(bounce(pc.jid, 'm2'))
      for (const type of ['get', 'set']) {
        bobs.sends(`<iq type='${type}' to='${pc.jid}' id='i1'><x xmlns='urn:x'/></iq>`)
        await bobs.receives(bounce(pc.jid, 'i1', 'iq'))
      }
      await pc.receivesNothing()
      await bobs.receivesNothing()
    },
  )

  story('§3.2 the account answers them nothing either', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await bobs.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: alice.jid }).catch(() => {})
    await change(pc, 'block', bob.jid)
    await bobs.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: alice.jid, refused: 'service-unavailable' })
    await bobs.asks(`<query xmlns='jabber:iq:last'/>`, 'get', { to: alice.jid, refused: 'service-unavailable' })
  })

  story('§3.2 messages to somebody who is away are not kept for later', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    bobs.sends(chat(alice.jid, 'before'))
    await pc.finds(`<message id='before' from='${bobs.jid}'>{any}</message>`)
    await change(pc, 'block', bob.jid)
    await pc.leaves()
    bobs.sends(chat(alice.jid, 'm1'))
    await bobs.receives(bounce(alice.jid, 'm1'))
    const later = await alice.client('later')
    await later.receivesNothing()
  })

  story(
    'a message that was kept before the block does not come after it',
    { differs: { prosody: 'delivers it' } },
    async ({ alice, bob }) => {
      const bobs = await bob.client('pc')
      bobs.sends(chat(alice.jid, 'm1'))
      await bobs.isHeard()
      const pc = await alice.client('pc', { presence: false })
      await change(pc, 'block', bob.jid)
      await pc.isPresent()
      await pc.receivesNothing()
    },
  )

  story('groupchat, errors and answers of the blocked', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await change(pc, 'block', bob.jid)
    bobs.sends(`<iq type='result' to='${pc.jid}' id='r1'/>`)
    await pc.receivesNothing()
    await bobs.receivesNothing()
  })

  story('mod_blocking: a groupchat message of the blocked vanishes', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await change(pc, 'block', bob.jid)
    bobs.sends(`<message type='groupchat' to='${pc.jid}' id='g1'><body>all</body></message>`)
    await pc.receivesNothing()
    await bobs.receivesNothing()
  })

  story(
    'mod_blocking: errors of the blocked are let through',
    { differs: { prosody: 'drops them' } },
    async ({ alice, bob }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
      await change(pc, 'block', bob.jid)
      bobs.sends(`<message type='error' to='${pc.jid}' id='e1'><body>no</body></message>`)
      await pc.finds(`<message type='error' id='e1' from='${bobs.jid}'>{any}</message>`)
    },
  )

  story('§3.2 what the user sends to the blocked is refused', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await change(pc, 'block', bob.jid)
    pc.sends(chat(bob.jid, 'm1'))
    await pc.receives(refusal(bob.jid, 'm1'))
    pc.sends(`<iq type='get' to='${bobs.jid}' id='i1'>${ping}</iq>`)
    await pc.receives(refusal(bobs.jid, 'i1', 'iq'))
    pc.sends(`<presence to='${bob.jid}' id='p1'/>`)
    await pc.receives(refusal(bob.jid, 'p1', 'presence'))
    await bobs.receivesNothing()
  })

  story('§3.2 the block outlives the session', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await change(pc, 'block', bob.jid)
    await pc.leaves()
    const anew = await alice.client('anew')
    expect(await blockedBy(anew)).toEqual([bob.jid])
    bobs.sends(chat(alice.jid, 'm1'))
    await bobs.receives(bounce(alice.jid, 'm1'))
    await anew.receivesNothing()
  })

  story('§3.2 a block needs an item', async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(`<block xmlns='${ns}'/>`, 'set', { refused: 'bad-request' })
  })

  story(
    'mod_blocking: what is no address is passed over, and unblocks nobody',
    { differs: { prosody: 'refuses' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      await change(pc, 'block', bob.jid)
      await pc.asks(`<block xmlns='${ns}'><item jid='@'/> <item/></block>`, 'set')
      await pc.asks(`<unblock xmlns='${ns}'><item jid='@'/></unblock>`, 'set')
      await pc.asks(`<unblock xmlns='${ns}'>${item('nobody@blocked.example')}</unblock>`, 'set')
      expect(await blockedBy(pc)).toEqual([bob.jid])
      await pc.receivesNothing()
    },
  )

  story('§3.4 everybody is unblocked at once, with one word of it', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await change(pc, 'block', bob.jid, 'iago@shakespeare.example')
    await change(pc, 'unblock')
    expect(await blockedBy(pc)).toEqual([])
    bobs.sends(chat(pc.jid, 'm1'))
    await pc.receives(`<message from='${bobs.jid}' id='m1' type='chat'>{any}</message>`)
    pc.sends(chat(bobs.jid, 'm2'))
    await bobs.receives(`<message from='${pc.jid}' id='m2' type='chat'>{any}</message>`)
    await pc.receivesNothing()
  })

  story('§3.3 one is unblocked, the other is not', async ({ alice, bob, carol }) => {
    const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
    await change(pc, 'block', bob.jid, carol.jid)
    await change(pc, 'unblock', bob.jid)
    bobs.sends(chat(pc.jid, 'm1'))
    await pc.receives(`<message from='${bobs.jid}' id='m1' type='chat'>{any}</message>`)
    carols.sends(chat(alice.jid, 'm2'))
    await carols.receives(bounce(alice.jid, 'm2'))
    await pc.receivesNothing()
  })

  story('§3.2, §3.3 a friend sees the user leave and come back', async (cast) => {
    const [pc, bobs] = await friends(cast, cast.alice, cast.bob)
    await change(pc, 'block', cast.bob.jid)
    await bobs.receives(`<presence type='unavailable' from='${pc.jid}' to='${cast.bob.jid}'>{any}</presence>`)
    pc.sends(`<presence><show>dnd</show></presence>`)
    await bobs.receivesNothing()
    await change(pc, 'unblock', cast.bob.jid)
    await bobs.finds(`<presence from='${pc.jid}'><show>dnd</show>{any}</presence>`)
  })

  story(
    '§3.2 a blocked friend is not seen, asks in vain and learns nothing',
    { differs: { prosody: 'passes on a last presence' } },
    async (cast) => {
      const [pc, bobs] = await friends(cast, cast.alice, cast.bob)
      await change(pc, 'block', cast.bob.jid)
      await bobs.finds(`<presence type='unavailable' from='${pc.jid}'>{any}</presence>`)
      bobs.sends(`<presence><show>away</show></presence>`)
      bobs.sends(`<presence to='${cast.alice.jid}' type='probe'/>`)
      bobs.sends(`<presence to='${pc.jid}'/>`)
      await pc.receivesNothing()
      const [heard] = [await bobs.drains()]
      expect(heard.filter((stanza) => stanza.attr('from')?.startsWith(cast.alice.jid))).toEqual([])
    },
  )

  story('a stranger who is blocked cannot ask for a subscription', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc', { roster: true }), await bob.client('pc')]
    await change(pc, 'block', bob.jid)
    bobs.sends(`<presence to='${alice.jid}' type='subscribe'/>`)
    await pc.receivesNothing()
    const later = await alice.client('later', { roster: true })
    await later.receivesNothing()
  })

  story('§6 one resource of somebody', async ({ alice, bob }) => {
    const [pc, bad, good] = [await alice.client('pc'), await bob.client('bad'), await bob.client('good')]
    await change(pc, 'block', bad.jid)
    bad.sends(chat(alice.jid, 'm1'))
    await bad.finds(bounce(alice.jid, 'm1'))
    good.sends(chat(alice.jid, 'm2'))
    await pc.receives(`<message from='${good.jid}' id='m2' type='chat'>{any}</message>`)
  })

  story(
    '§6 a whole domain, but never the own server nor the own clients',
    { differs: { prosody: 'keeps own clients from each other' } },
    async ({ alice, bob, server }) => {
      const [pc, phone, bobs] = [await alice.client('pc'), await alice.client('phone'), await bob.client('pc')]
      await change(pc, 'block', server.domain)
      bobs.sends(chat(alice.jid, 'm1'))
      await bobs.finds(bounce(alice.jid, 'm1'))
      phone.sends(chat(pc.jid, 'm2'))
      await pc.finds(`<message from='${phone.jid}' id='m2' type='chat'>{any}</message>`)
      await pc.asks(ping, 'get', { to: server.domain })
      await change(pc, 'unblock', server.domain)
    },
  )

  story('requests to somebody else change nothing', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    const block = `<block xmlns='${ns}'>${item('iago@shakespeare.example')}</block>`
    pc.sends(`<iq type='set' id='b1' to='${bob.jid}'>${block}</iq>`)
    expect((await pc.answerTo('b1')).attr('type')).toBe('error')
    pc.sends(`<iq type='set' id='b2' to='${bobs.jid}'>${block}</iq>`)
    await bobs.finds(`<iq type='set' id='b2' from='${pc.jid}'>${block}</iq>`)
    expect(await blockedBy(bobs)).toEqual([])
    expect(await blockedBy(pc)).toEqual([])
  })
})
