import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import {
  arrival,
  asksIn,
  changes,
  codesOf,
  configForm,
  enters,
  formsNs,
  freshRoom,
  itemOf,
  mucNs,
  opens,
  ownerNs,
  roomOfTwo,
  userNs,
} from '../support/rooms.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const refusedBy = (condition: string, type: string) =>
  `<presence type='error'>{any}<error type='${type}' {any}><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error></presence>`

async function isRefused(client: Client, room: string, [condition, type]: [string, string], inner = ''): Promise<void> {
  asksIn(client, room, `nick-${client.resource}`, inner)
  await client.receives(refusedBy(condition, type))
}

const names = (stanzas: readonly XmlNode[]) => stanzas.map((each) => (each.attr('from') ?? '').split('/')[1] ?? '')

describe('XEP-0045 §7.2: entering a room', () => {
  story(
    '§10.1.2 an instant room: 110 and 201 for who makes it, then the second person comes in',
    {
      differs: {
        ejabberd: 'shows the room itself before all others',
      },
    },
    async (cast) => {
      const { alice, bob, server } = cast
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      const made = await enters(owner, room, 'first')
      expect(codesOf(made[0] as XmlNode).sort()).toEqual(['110', '201'])
      expect(itemOf(made[0] as XmlNode)?.attrs).toMatchObject({ affiliation: 'owner', role: 'moderator' })
      expect(made.at(-1)?.child('subject')?.text()).toBe('')
      await owner.asks(`<query xmlns='${ownerNs}'><x xmlns='${formsNs}' type='submit'/></query>`, 'set', { to: room })

      const seen = await enters(guest, room, 'second')
      expect(names(seen.filter((each) => each.name === 'presence'))).toEqual(['first', 'second'])
      expect(codesOf(seen[1] as XmlNode)).toContain('110')
      expect(seen.at(-1)?.name).toBe('message')
      const shown = await owner.takes((each) => each.attr('from') === `${room}/second`)
      expect(itemOf(shown)?.attrs).toEqual({ affiliation: 'none', role: 'participant', jid: guest.jid })
    },
  )

  story(
    '§10.1.1 a room is locked until it is configured',
    {
      differs: { ejabberd: 'opens a room at once' },
    },
    async ({ alice, bob, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await enters(owner, room, 'first')
      await isRefused(guest, room, ['item-not-found', 'cancel'])
      await owner.asks(configForm({ 'muc#roomconfig_roomname': 'Now open' }), 'set', { to: room })
      await enters(guest, room, 'second')
    },
  )

  story(
    '§10.1.3 giving up the first configuration destroys the room',
    {
      differs: { prosody: 'leaves the room as it is', ejabberd: 'opens a room at once' },
    },
    async ({ alice, server }) => {
      const owner = await alice.client('pc')
      const room = freshRoom(server.domain)
      await enters(owner, room, 'first')
      const cancel = `<query xmlns='${ownerNs}'><x xmlns='${formsNs}' type='cancel'/></query>`
      await owner.asks(cancel, 'set', { to: room })
      await owner.receives(
        `<presence type='unavailable' from='${room}/first'><x xmlns='${userNs}'>{any}<item affiliation='none' role='none'/><destroy/></x>{any}</presence>`,
      )
      await owner.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', {
        to: room,
        refused: 'item-not-found',
      })
    },
  )

  story(
    '§7.2.1 without a nick there is no entry',
    { differs: { prosody: 'says nothing' } },
    async ({ alice, server }) => {
      const client = await alice.client('pc')
      const room = freshRoom(server.domain)
      client.sends(`<presence to='${room}'><x xmlns='${mucNs}'/></presence>`)
      await client.receives(refusedBy('jid-malformed', 'modify'))
    },
  )

  story(
    '§7.2.1 presence without the element of the protocol is answered with a kick',
    {
      differs: { prosody: 'answers with an error', ejabberd: 'takes it for an old client that wants to enter' },
    },
    async ({ alice, bob, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      guest.sends(`<presence to='${room}/second'/>`)
      const kick = await guest.takes((each) => each.attr('from') === `${room}/second`)
      expect(kick.attr('type')).toBe('unavailable')
      expect(codesOf(kick).sort()).toEqual(['110', '307', '333'])
      await owner.receivesNothing()
    },
  )

  story('§7.2.5 a password is asked for', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room, { 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_roomsecret': 'sesame' })
    await isRefused(guest, room, ['not-authorized', 'auth'])
    await isRefused(guest, room, ['not-authorized', 'auth'], '<password>open</password>')
    await enters(guest, room, 'second', '<password>sesame</password>')
  })

  story(
    '§7.2.6 a room for members only',
    { differs: { ejabberd: 'sends no invitation', prosody: 'sends no invitation' } },
    async ({ alice, bob, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room, { 'muc#roomconfig_membersonly': '1' })
      await isRefused(guest, room, ['registration-required', 'auth'])
      await owner.asks(changes(`affiliation='member' jid='${bob.jid}'`), 'set', { to: room })
      await guest.receives(
        `<message from='${room}'>{any}<x xmlns='${userNs}'><invite {any}>{any}</invite></x></message>`,
      )
      const seen = await enters(guest, room, 'second')
      expect(itemOf(seen[1] as XmlNode)?.attrs).toMatchObject({ affiliation: 'member', role: 'participant' })
    },
  )

  story('§7.2.7 who is banned stays outside', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    await owner.asks(changes(`affiliation='outcast' jid='${bob.jid}'`), 'set', { to: room })
    await isRefused(guest, room, ['forbidden', 'auth'])
  })

  story('§7.2.8 a nick in use is a conflict', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    asksIn(guest, room, 'owner')
    await guest.receives(refusedBy('conflict', 'cancel'))
  })

  story(
    '§7.2.9 a full room lets in its owners only',
    {
      differs: { prosody: 'rooms are not limited', ejabberd: 'says resource-constraint' },
    },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room, { 'muc#roomconfig_maxusers': '1' })
      await isRefused(guest, room, ['service-unavailable', 'wait'])
      await owner.asks(changes(`affiliation='owner' jid='${carol.jid}'`), 'set', { to: room })
      await enters(await carol.client('pc'), room, 'third')
    },
  )

  story(
    '§7.2.3 a non-anonymous room warns and shows addresses, a semi-anonymous one to moderators only',
    { differs: { ejabberd: 'shows the room itself before all others' } },
    async (cast) => {
      const { alice, bob, carol, server } = cast
      const [owner, guest, third] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const open = freshRoom(server.domain)
      await opens(owner, open, { 'muc#roomconfig_whois': 'anyone' })
      const seen = await enters(guest, open, 'second')
      expect(itemOf(seen[0] as XmlNode)?.attr('jid')).toBe(owner.jid)
      expect(codesOf(seen[1] as XmlNode)).toContain('100')

      const veiled = freshRoom(server.domain)
      await opens(owner, veiled, { 'muc#roomconfig_whois': 'moderators' })
      await enters(guest, veiled, 'second')
      await owner.takes((each) => each.attr('from') === `${veiled}/second` && itemOf(each)?.attr('jid') === guest.jid)
      const others = await enters(third, veiled, 'third')
      expect(
        others
          .filter((each) => each.name === 'presence')
          .map((each) => itemOf(each)?.attr('jid'))
          .slice(0, 2),
      ).toEqual([undefined, undefined])
    },
  )

  story(
    '§7.2.1 who enters again from inside is sent everything once more',
    { differs: { ejabberd: 'shows the room itself before all others' } },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      owner.sends(`<message to='${room}' type='groupchat' id='h1'><body>hello</body></message>`)
      await guest.finds(`<message from='${room}/owner' id='h1'>{any}<body>hello</body></message>`)
      const again = await enters(guest, room, 'second')
      expect(names(again.filter((each) => each.name === 'presence'))).toEqual(['owner', 'second'])
      expect(again.some((each) => each.child('body')?.text() === 'hello')).toBe(true)
    },
  )

  story(
    '§7.14 leaving is told to the one and to the others',
    { differs: { ejabberd: 'does not tell who leaves with 110' } },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      await owner.drains()
      guest.sends(`<presence to='${room}/second' type='unavailable'><status>bye</status></presence>`)
      const own = await guest.takes((each) => each.attr('type') === 'unavailable')
      expect(codesOf(own)).toContain('110')
      const told = await owner.takes((each) => each.attr('from') === `${room}/second`)
      expect(told.attr('type')).toBe('unavailable')
      expect(itemOf(told)?.attr('role')).toBe('none')
      expect(told.child('status')?.text()).toBe('bye')
    },
  )

  story('§7.14 a connection that breaks leaves the room', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    guest.destroy()
    const told = await owner.takes((each) => each.attr('from') === `${room}/second`)
    expect(told.attr('type')).toBe('unavailable')
  })

  story('§7.2.14 history within the limits that are asked for', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    for (const text of ['one', 'two', 'three']) {
      owner.sends(`<message to='${room}' type='groupchat'><body>${text}</body></message>`)
      await owner.finds(`<message from='${room}/owner'>{any}<body>${text}</body></message>`)
    }
    const read = async (history: string) => {
      const seen = await enters(guest, room, 'second', history)
      return seen.flatMap((each) => {
        const body = each.name === 'message' ? each.child('body')?.text() : undefined
        if (body === undefined) return []
        expect(each.child('delay', 'urn:xmpp:delay')?.attr('from')).toBe(room)
        return [body]
      })
    }
    expect(await read('')).toEqual(['one', 'two', 'three'])
    expect(await read(`<history maxstanzas='2'/>`)).toEqual(['two', 'three'])
    expect(await read(`<history maxchars='0'/>`)).toEqual([])
    expect(await read(`<history since='2100-01-01T00:00:00Z'/>`)).toEqual([])
    expect(await read(`<history seconds='1000' maxstanzas='1'/>`)).toEqual(['three'])
  })

  story(
    '§7.1 the order: presences, own presence, history, subject, what is said now',
    { differs: { ejabberd: 'shows the room itself before all others' } },
    async ({ alice, bob, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      owner.sends(`<message to='${room}' type='groupchat'><subject>Fire</subject></message>`)
      owner.sends(`<message to='${room}' type='groupchat'><body>before</body></message>`)
      await owner.finds(`<message from='${room}/owner'>{any}<body>before</body></message>`)
      asksIn(guest, room, 'second')
      const seen = await arrival(guest, room)
      expect(
        seen.map((each) => `${each.name} ${each.child('body')?.text() ?? each.child('subject')?.text() ?? ''}`),
      ).toEqual(['presence ', 'presence ', 'message before', 'message Fire'])
      expect(seen.at(-1)?.attr('from')).toBe(`${room}/owner`)
    },
  )
})
