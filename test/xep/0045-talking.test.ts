import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import {
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

const errorOf = (condition: string, type: string) =>
  `{any}<error type='${type}' {any}><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error>`
const says = (client: Client, room: string, text: string, id = 'm1') =>
  client.sends(`<message to='${room}' type='groupchat' id='${id}'><body>${text}</body></message>`)

describe('XEP-0045 §7: in a room', () => {
  story('§7.4 what one says all hear, the speaker too, with the id that the speaker gave', async (cast) => {
    const { alice, bob, server } = cast
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    says(guest, room, 'Hello', 'id-7')
    for (const client of [owner, guest]) {
      await client.receives(
        `<message from='${room}/second' to='${client.jid}' type='groupchat' id='id-7'><body>Hello</body>{any}</message>`,
      )
    }
  })

  story(
    '§7.4 who is not inside is not heard',
    { differs: { prosody: 'says cancel' } },
    async ({ alice, bob, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      says(guest, room, 'Hello')
      await guest.receives(`<message type='error' from='${room}'>${errorOf('not-acceptable', 'modify')}</message>`)
      await owner.receivesNothing()
    },
  )

  story('§7.4 a room that is not there', async ({ alice, server }) => {
    const client = await alice.client('pc')
    says(client, freshRoom(server.domain), 'Hello')
    await client.receives(`<message type='error'>${errorOf('item-not-found', 'cancel')}</message>`)
  })

  story(
    '§7.4 what only the room may say is taken out',
    { differs: { prosody: 'lets status codes pass', ejabberd: 'lets status codes pass' } },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      await owner.drains()
      guest.sends(
        `<message to='${room}' type='groupchat'><body>x</body><x xmlns='${userNs}'><status code='172'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/><stanza-id xmlns='urn:xmpp:sid:0' by='${room}' id='forged'/></message>`,
      )
      const heard = await owner.takes((each) => each.name === 'message')
      expect(heard.child('x', userNs)).toBeUndefined()
      expect(heard.toString()).not.toContain('forged')
    },
  )

  story('§7.5 a private message crosses the room', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    guest.sends(`<message to='${room}/owner' type='chat' id='p1'><body>psst</body></message>`)
    const heard = await owner.takes((each) => each.child('body')?.text() === 'psst')
    expect(heard.attr('from')).toBe(`${room}/second`)
    expect(heard.child('x', userNs)).toBeDefined()
  })

  story('§7.5 private messages that cannot be', async ({ alice, bob, carol, server, unless }) => {
    const [owner, guest, outsider] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    await enters(guest, room, 'second')
    const fails = async (client: Client, to: string, type: string, [condition, kind]: [string, string]) => {
      client.sends(`<message to='${room}/${to}' type='${type}'><body>x</body></message>`)
      await client.finds(`<message type='error'>${errorOf(condition, kind)}</message>`)
    }
    await fails(guest, 'nobody', 'chat', ['item-not-found', 'cancel'])
    await fails(guest, 'owner', 'groupchat', ['bad-request', 'modify'])
    await unless({ prosody: 'says cancel' }, () => fails(outsider, 'owner', 'chat', ['not-acceptable', 'modify']))
  })

  story(
    '§7.5 private messages can be turned off',
    { differs: { prosody: 'has no such setting', ejabberd: 'has no such setting' } },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server }, { 'muc#roomconfig_allowpm': 'moderators' })
      guest.sends(`<message to='${room}/owner' type='chat'><body>x</body></message>`)
      await guest.finds(`<message type='error'>${errorOf('forbidden', 'auth')}</message>`)
      owner.sends(`<message to='${room}/second' type='chat'><body>y</body></message>`)
      await guest.finds(`<message from='${room}/owner'>{any}<body>y</body></message>`)
    },
  )

  story('§7.6 another nick', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    guest.sends(`<presence to='${room}/other'/>`)
    for (const client of [owner, guest]) {
      const gone = await client.takes((each) => each.attr('from') === `${room}/second`)
      expect(gone.attr('type')).toBe('unavailable')
      expect(codesOf(gone)).toContain('303')
      expect(itemOf(gone)?.attr('nick')).toBe('other')
      const there = await client.takes((each) => each.attr('from') === `${room}/other`)
      expect(there.attr('type')).toBeUndefined()
      expect(codesOf(there).includes('110')).toBe(client === guest)
    }
    guest.sends(`<presence to='${room}/owner'/>`)
    await guest.finds(`<presence type='error'>${errorOf('conflict', 'cancel')}</presence>`)
  })

  story('§7.7 another status is shown to all', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    guest.sends(`<presence to='${room}/second'><show>away</show><x xmlns='${mucNs}#user'/></presence>`)
    const shown = await owner.takes((each) => each.attr('from') === `${room}/second`)
    expect(shown.child('show')?.text()).toBe('away')
    expect(shown.elements().filter((each) => each.ns === userNs)).toHaveLength(1)
  })

  story('§7.8.2 an invitation by way of the room, and its being declined', async ({ alice, bob, server, unless }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    owner.sends(
      `<message to='${room}'><x xmlns='${userNs}'><invite to='${bob.jid}'><reason>Come!</reason></invite></x></message>`,
    )
    const invitation = await guest.takes((each) => each.attr('from') === room)
    const invite = invitation.child('x', userNs)?.child('invite')
    await unless({ prosody: 'shows the nick' }, async () => expect(invite?.attr('from')).toBe(owner.jid))
    expect(invite?.child('reason')?.text()).toBe('Come!')
    await unless({ prosody: 'does not mark the text', ejabberd: 'does not mark the text' }, async () =>
      expect(invitation.child('fallback', 'urn:xmpp:fallback:0')?.attr('for')).toBe(userNs),
    )
    guest.sends(
      `<message to='${room}'><x xmlns='${userNs}'><decline to='${owner.jid}'><reason>No time</reason></decline></x></message>`,
    )
    const declined = await owner.takes((each) => each.child('x', userNs)?.child('decline') !== undefined)
    expect(declined.child('x', userNs)?.child('decline')?.attr('from')).toContain(bob.jid)
  })

  story(
    '§7.8.2 not everybody may invite; in a room for members who is invited becomes one',
    {
      differs: { prosody: 'lets everybody invite', ejabberd: 'lets everybody invite' },
    },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest, third] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      await enters(guest, room, 'second')
      const invitation = `<message to='${room}'><x xmlns='${userNs}'><invite to='${carol.jid}'/></x></message>`
      guest.sends(invitation)
      await guest.finds(`<message type='error'>${errorOf('forbidden', 'auth')}</message>`)
      await owner.asks(configForm({ 'muc#roomconfig_membersonly': '1' }), 'set', { to: room })
      await guest.takes((each) => each.attr('type') === 'unavailable' && codesOf(each).includes('322'))
      owner.sends(invitation)
      await third.takes((each) => each.child('x', userNs)?.child('invite') !== undefined)
      const seen = await enters(third, room, 'third')
      expect(itemOf(seen.filter((each) => each.name === 'presence').at(-1) as never)?.attr('affiliation')).toBe(
        'member',
      )
    },
  )

  story('XEP-0249 a direct invitation does not touch the room', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    owner.sends(`<message to='${guest.jid}'><x xmlns='jabber:x:conference' jid='${room}' reason='Come'/></message>`)
    await guest.receives(
      `<message from='${owner.jid}'><x xmlns='jabber:x:conference' jid='${room}' reason='Come'/></message>`,
    )
  })

  story(
    '§7.13 and §8.6 a visitor asks for voice and gets it',
    {
      differs: { prosody: 'says nothing to who is no moderator' },
    },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo(
        { alice, bob, server },
        { 'muc#roomconfig_moderatedroom': '1', members_by_default: '0' },
      )
      await owner.drains()
      says(guest, room, 'unheard')
      await guest.receives(`<message type='error'>${errorOf('forbidden', 'auth')}</message>`)
      guest.sends(
        `<message to='${room}'><x xmlns='${formsNs}' type='submit'><field var='FORM_TYPE'><value>${mucNs}#request</value></field><field var='muc#role'><value>participant</value></field></x></message>`,
      )
      const question = await owner.takes((each) => each.child('x', formsNs) !== undefined)
      expect(question.toString()).toContain('<value>second</value>')
      const answer = (allow: string) =>
        `<message to='${room}'><x xmlns='${formsNs}' type='submit'><field var='FORM_TYPE'><value>${mucNs}#request</value></field><field var='muc#role'><value>participant</value></field><field var='muc#jid'><value>${guest.jid}</value></field><field var='muc#roomnick'><value>second</value></field><field var='muc#request_allow'><value>${allow}</value></field></x></message>`
      guest.sends(answer('true'))
      await guest.receives(`<message type='error'>${errorOf('not-allowed', 'cancel')}</message>`)
      owner.sends(answer('true'))
      const shown = await guest.takes((each) => each.attr('from') === `${room}/second`)
      expect(itemOf(shown)?.attr('role')).toBe('participant')
      says(guest, room, 'heard')
      await owner.finds(`<message from='${room}/second'>{any}<body>heard</body></message>`)
    },
  )

  story('§8.1 the subject', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server }, { 'muc#roomconfig_changesubject': '0' })
    await owner.drains()
    guest.sends(`<message to='${room}' type='groupchat'><subject>Mine</subject></message>`)
    await guest.receives(`<message type='error'>${errorOf('forbidden', 'auth')}</message>`)
    owner.sends(`<message to='${room}' type='groupchat'><subject>Ours</subject></message>`)
    await guest.receives(`<message from='${room}/owner'><subject>Ours</subject>{any}</message>`)
  })

  story('§17.4 requests cross the room, and a card is asked of the account', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    const asked = guest.asks(`<query xmlns='jabber:iq:version'/>`, 'get', { to: `${room}/owner` })
    const request = await owner.takes((each) => each.name === 'iq')
    expect(request.attr('from')).toBe(`${room}/second`)
    owner.sends(
      `<iq type='result' id='${request.attr('id')}' to='${room}/second'><query xmlns='jabber:iq:version'><name>n</name></query></iq>`,
    )
    expect((await asked).attr('from')).toBe(`${room}/owner`)
    await owner.asks(`<vCard xmlns='vcard-temp'><FN>Owner</FN></vCard>`, 'set')
    const card = await guest.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: `${room}/owner` })
    expect(card.child('vCard', 'vcard-temp')?.child('FN')?.text()).toBe('Owner')
  })

  story('XEP-0410 the room itself answers a ping to the own nick', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    await owner.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: `${room}/owner` })
    await guest.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: `${room}/owner`, refused: 'not-acceptable' })
  })

  story(
    'several clients of one account share a nick where the room allows it',
    {
      differs: { prosody: 'always allows it', ejabberd: 'always allows it' },
    },
    async ({ alice, bob, server }) => {
      const [owner, phone, laptop] = [await alice.client('pc'), await bob.client('phone'), await bob.client('laptop')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      await enters(phone, room, 'second')
      asksIn(laptop, room, 'second')
      await laptop.finds(`<presence type='error'>${errorOf('conflict', 'cancel')}</presence>`)
      await owner.asks(configForm({ 'muc#roomconfig_allowmultisessions': '1' }), 'set', { to: room })
      await enters(laptop, room, 'second')
      says(owner, room, 'both')
      for (const client of [phone, laptop])
        await client.finds(`<message from='${room}/owner'>{any}<body>both</body></message>`)
      await owner.drains()
      laptop.sends(`<presence type='unavailable' to='${room}/second'/>`)
      await laptop.takes((each) => each.attr('type') === 'unavailable' && codesOf(each).includes('110'))
      await owner.receivesNothing()
      owner.sends(`<message to='${room}/second' type='chat'><body>still</body></message>`)
      await phone.finds(`<message from='${room}/owner'>{any}<body>still</body></message>`)
    },
  )

  story(
    '§10.9 a room that ends says where to go',
    { differs: { ejabberd: 'leaves out where to go' } },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      await owner.asks(
        `<query xmlns='${ownerNs}'><destroy jid='other@${server.domain}'><reason>moved</reason></destroy></query>`,
        'set',
        { to: room },
      )
      const gone = await guest.takes((each) => each.attr('type') === 'unavailable')
      const destroy = gone.child('x', userNs)?.child('destroy')
      expect(destroy?.attr('jid')).toBe(`other@${server.domain}`)
      expect(destroy?.child('reason')?.text()).toBe('moved')
      expect(itemOf(gone)?.attrs).toMatchObject({ affiliation: 'none', role: 'none' })
    },
  )

  story(
    'XEP-0421 the id of an occupant is the same whatever the nick and other in another room',
    {
      differs: { ejabberd: 'does not know it' },
    },
    async ({ alice, bob, server }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const [one, other] = [freshRoom(server.domain), freshRoom(server.domain)]
      const seen: (string | undefined)[] = []
      for (const room of [one, other]) {
        await opens(owner, room)
        for (const nick of ['second', 'third']) {
          const presences = await enters(guest, room, nick)
          seen.push(
            presences
              .find((each) => each.attr('from') === `${room}/${nick}`)
              ?.child('occupant-id', 'urn:xmpp:occupant-id:0')
              ?.attr('id'),
          )
          says(guest, room, nick)
          const heard = await guest.takes((each) => each.child('body')?.text() === nick)
          seen.push(heard.child('occupant-id', 'urn:xmpp:occupant-id:0')?.attr('id'))
          guest.sends(`<presence type='unavailable' to='${room}/${nick}'/>`)
          await guest.takes((each) => each.attr('type') === 'unavailable')
        }
      }
      expect(seen[0]).toMatch(/^\S{20,}$/)
      expect(new Set(seen).size).toBe(2)
      expect(new Set(seen.slice(0, 4)).size).toBe(1)
    },
  )

  story(
    'a client that answers with errors is put out',
    { differs: { prosody: 'says otherwise that nobody is there' } },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      await owner.drains()
      guest.sends(
        `<message type='error' to='${room}/owner'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
      )
      const gone = await owner.takes((each) => each.attr('from') === `${room}/second`)
      expect(gone.attr('type')).toBe('unavailable')
      await owner.asks(changes(`role='none' nick='second'`), 'set', { to: room, refused: 'not-acceptable' })
    },
  )
})
