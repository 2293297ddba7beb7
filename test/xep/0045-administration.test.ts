import { describe, expect } from 'vitest'
import {
  adminNs,
  changes,
  codesOf,
  configForm,
  enters,
  formsNs,
  freshRoom,
  itemOf,
  opens,
  ownerNs,
  roomOfTwo,
} from '../support/rooms.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const list = (attribute: string) => `<query xmlns='${adminNs}'><item ${attribute}/></query>`
const itemsIn = (answer: XmlNode) => answer.child('query', adminNs)?.elements() ?? []
const items = `<query xmlns='http://jabber.org/protocol/disco#items'/>`
const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`

describe('XEP-0045 §8 to §10: administration', () => {
  story('§8.2 a kick: 307, with reason, and who is kicked may come back', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    await owner.asks(
      `<query xmlns='${adminNs}'><item role='none' nick='second'><reason>noise</reason></item></query>`,
      'set',
      { to: room },
    )
    for (const client of [owner, guest]) {
      const gone = await client.takes((each) => each.attr('from') === `${room}/second`)
      expect(gone.attr('type')).toBe('unavailable')
      expect(codesOf(gone)).toContain('307')
      expect(itemOf(gone)?.attr('role')).toBe('none')
      expect(itemOf(gone)?.child('reason')?.text()).toBe('noise')
    }
    await enters(guest, room, 'second')
  })

  story('§9.1 a ban: 301, in the list, lifted again', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.drains()
    await owner.asks(changes(`affiliation='outcast' jid='${bob.jid}'`), 'set', { to: room })
    const gone = await guest.takes(
      (each) => each.attr('from') === `${room}/second` && each.attr('type') === 'unavailable',
    )
    expect(codesOf(gone)).toContain('301')
    expect(itemOf(gone)?.attr('affiliation')).toBe('outcast')
    const banned = itemsIn(await owner.asks(list(`affiliation='outcast'`), 'get', { to: room }))
    expect(banned.map((item) => item.attr('jid'))).toEqual([bob.jid])
    await owner.asks(changes(`affiliation='none' jid='${bob.jid}'`), 'set', { to: room })
    await enters(guest, room, 'second')
  })

  story('§9.4 who is no member any more leaves a room for members: 321', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room, { 'muc#roomconfig_membersonly': '1' })
    await owner.asks(changes(`affiliation='member' jid='${bob.jid}'`), 'set', { to: room })
    await enters(guest, room, 'second')
    await owner.asks(changes(`affiliation='none' jid='${bob.jid}'`), 'set', { to: room })
    const gone = await guest.takes(
      (each) => each.attr('from') === `${room}/second` && each.attr('type') === 'unavailable',
    )
    expect(codesOf(gone)).toContain('321')
  })

  story('§10.2 the room becomes one for members: 322', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await owner.asks(configForm({ 'muc#roomconfig_membersonly': '1' }), 'set', { to: room })
    const gone = await guest.takes(
      (each) => each.attr('from') === `${room}/second` && each.attr('type') === 'unavailable',
    )
    expect(codesOf(gone)).toContain('322')
  })

  story(
    '§10.2.1 what is changed is told: 172 and 173 for addresses, 104 for the rest',
    {},
    async ({ alice, server }) => {
      const owner = await alice.client('pc')
      const room = freshRoom(server.domain)
      await opens(owner, room, { 'muc#roomconfig_whois': 'moderators' })
      const codesAfter = async (fields: Record<string, string>) => {
        await owner.asks(configForm(fields), 'set', { to: room })
        const told = await owner.takes((each) => each.name === 'message' && each.attr('from') === room)
        return codesOf(told)
      }
      expect(await codesAfter({ 'muc#roomconfig_whois': 'anyone' })).toContain('172')
      expect(await codesAfter({ 'muc#roomconfig_whois': 'moderators' })).toContain('173')
      expect(await codesAfter({ 'muc#roomconfig_roomname': 'Another name' })).toContain('104')
    },
  )

  story(
    '§8 and §9 several changes at once, all or none',
    { differs: { ejabberd: 'says bad-request', prosody: 'takes one change at a time' } },
    async ({ alice, bob, carol, server }) => {
      const owner = await alice.client('pc')
      const room = freshRoom(server.domain)
      await opens(owner, room)
      const members = [`affiliation='member' jid='${bob.jid}'`, `affiliation='admin' jid='${carol.jid}'`]
      await owner.asks(changes(...members, `affiliation='king' jid='${bob.jid}'`), 'set', {
        to: room,
        refused: 'not-acceptable',
      })
      expect(itemsIn(await owner.asks(list(`affiliation='member'`), 'get', { to: room }))).toEqual([])
      await owner.asks(changes(...members), 'set', { to: room })
      const found = itemsIn(await owner.asks(list(`affiliation='member'`), 'get', { to: room }))
      expect(found.map((item) => item.attr('jid'))).toEqual([bob.jid])
      const admins = itemsIn(await owner.asks(list(`affiliation='admin'`), 'get', { to: room }))
      expect(admins.map((item) => item.attr('jid'))).toEqual([carol.jid])
    },
  )

  story(
    '§9.7 and §10.5 who may do what to whom',
    { differs: { prosody: 'says not-allowed to everybody', ejabberd: 'says not-allowed to everybody' } },
    async ({ alice, bob, carol, server }) => {
      const [owner, admin, guest] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      await enters(guest, room, 'guest')
      const refused = (client: typeof owner, item: string, condition: string) =>
        client.asks(changes(item), 'set', { to: room, refused: condition })
      await refused(guest, `role='none' nick='owner'`, 'not-allowed')
      await refused(guest, `affiliation='outcast' jid='${alice.jid}'`, 'forbidden')
      await owner.asks(changes(`affiliation='admin' jid='${bob.jid}'`), 'set', { to: room })
      await enters(admin, room, 'admin')
      await refused(admin, `role='none' nick='owner'`, 'not-allowed')
      await refused(admin, `role='visitor' nick='owner'`, 'not-allowed')
      await refused(admin, `affiliation='outcast' jid='${alice.jid}'`, 'not-allowed')
      await refused(admin, `affiliation='owner' jid='${carol.jid}'`, 'forbidden')
      await refused(admin, `affiliation='outcast' jid='${bob.jid}'`, 'conflict')
      await refused(owner, `affiliation='admin' jid='${alice.jid}'`, 'conflict')
      await refused(owner, `affiliation='none' jid='${alice.jid}'`, 'conflict')
      await admin.asks(changes(`role='moderator' nick='guest'`), 'set', { to: room })
      await refused(guest, `role='none' nick='admin'`, 'not-allowed')
      await owner.asks(changes(`affiliation='owner' jid='${bob.jid}'`), 'set', { to: room })
      await owner.asks(changes(`affiliation='none' jid='${alice.jid}'`), 'set', { to: room })
    },
  )

  story('§8.3 to §9.8 lists of roles', async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    const voices = itemsIn(await owner.asks(list(`role='participant'`), 'get', { to: room }))
    expect(voices.map((item) => [item.attr('nick'), item.attr('role')])).toEqual([['second', 'participant']])
    const moderators = itemsIn(await owner.asks(list(`role='moderator'`), 'get', { to: room }))
    expect(moderators.map((item) => item.attr('nick'))).toEqual(['owner'])
    await guest.asks(list(`affiliation='owner'`), 'get', { to: room, refused: 'forbidden' })
  })

  story(
    '§10.2 each field of the form comes back as it was set',
    {
      differs: { prosody: 'has no setting public_list', ejabberd: 'refuses settings that it does not know' },
    },
    async ({ alice, server }) => {
      const owner = await alice.client('pc')
      const room = freshRoom(server.domain)
      const wanted: Record<string, string | string[]> = {
        'muc#roomconfig_roomname': 'A title',
        'muc#roomconfig_roomdesc': 'A text',
        'muc#roomconfig_persistentroom': '1',
        'muc#roomconfig_publicroom': '0',
        public_list: '0',
        'muc#roomconfig_passwordprotectedroom': '1',
        'muc#roomconfig_roomsecret': 'sesame',
        'muc#roomconfig_getmemberlist': ['moderator', 'participant'],
        'muc#roomconfig_presencebroadcast': ['moderator'],
        'muc#roomconfig_maxusers': '50',
        'muc#roomconfig_whois': 'anyone',
        'muc#roomconfig_membersonly': '1',
        'muc#roomconfig_moderatedroom': '0',
        members_by_default: '0',
        'muc#roomconfig_changesubject': '0',
        allow_private_messages: '0',
        allow_query_users: '0',
        'muc#roomconfig_allowinvites': '1',
        'muc#roomconfig_allowmultisessions': '1',
        'muc#roomconfig_allowvisitorstatus': '0',
        'muc#roomconfig_allowvisitornickchange': '0',
        'muc#roomconfig_slow_mode_duration': '7',
      }
      await opens(owner, room, wanted)
      const form = (await owner.asks(`<query xmlns='${ownerNs}'/>`, 'get', { to: room })).child('query', ownerNs)
      const fields = form?.child('x', formsNs)?.elements() ?? []
      const valuesOf = (name: string) =>
        fields
          .find((field) => field.attr('var') === name)
          ?.elements()
          .filter((each) => each.name === 'value')
          .map((value) => value.text())
      for (const [name, value] of Object.entries(wanted)) expect([name, valuesOf(name)]).toEqual([name, [value].flat()])
      expect(valuesOf('muc#roomconfig_allowpm')).toEqual(['none'])
      const refused = (fields: Record<string, string>, condition: string) =>
        owner.asks(configForm(fields), 'set', { to: room, refused: condition })
      await refused({ 'muc#roomconfig_roomsecret': '' }, 'not-acceptable')
      await refused({ 'muc#roomconfig_membersonly': 'maybe' }, 'bad-request')
      await refused({ 'muc#roomconfig_whois': 'nobody' }, 'bad-request')
      await refused({ 'muc#roomconfig_colour': 'red' }, 'bad-request')
      await refused({ 'muc#roomconfig_enablelogging': '1' }, 'bad-request')
      await owner.asks(configForm({ anonymous: '1' }), 'set', { to: room })
    },
  )

  story('§10.2 only owners configure', async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    await guest.asks(`<query xmlns='${ownerNs}'/>`, 'get', { to: room, refused: 'forbidden' })
    await guest.asks(configForm({ 'muc#roomconfig_roomname': 'x' }), 'set', { to: room, refused: 'forbidden' })
  })

  story(
    '§6 what a room and the service tell of themselves',
    { differs: { prosody: 'does not list a new room', ejabberd: 'takes a node that it does not know' } },
    async ({ alice, bob, server, unless }) => {
      const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room, { 'muc#roomconfig_roomname': 'The title', 'muc#roomconfig_membersonly': '1' })
      const described = (await guest.asks(info, 'get', { to: room })).child(
        'query',
        'http://jabber.org/protocol/disco#info',
      )
      const features = described?.elements().flatMap((each) => each.attr('var') ?? [])
      expect(features).toEqual(
        expect.arrayContaining(['http://jabber.org/protocol/muc', 'muc_membersonly', 'muc_temporary', 'muc_unsecured']),
      )
      expect(described?.child('identity')?.attrs).toEqual({ category: 'conference', type: 'text', name: 'The title' })
      const service = `conference.${server.domain}`
      const whole = (await guest.asks(items, 'get', { to: service })).child(
        'query',
        'http://jabber.org/protocol/disco#items',
      )
      expect(whole?.elements().map((each) => each.attr('jid'))).toContain(room)
      await owner.asks(configForm({ 'muc#roomconfig_publicroom': '0' }), 'set', { to: room })
      const rest = (await guest.asks(items, 'get', { to: service })).child(
        'query',
        'http://jabber.org/protocol/disco#items',
      )
      expect(rest?.elements().map((each) => each.attr('jid'))).not.toContain(room)
      await unless({ prosody: 'lists who is inside' }, async () => {
        await owner.asks(configForm({ public_list: '0' }), 'set', { to: room })
        const inside = await guest.asks(items, 'get', { to: room })
        expect(inside.child('query', 'http://jabber.org/protocol/disco#items')?.elements()).toEqual([])
      })
      await guest.asks(info, 'get', { to: `${room}/owner`, refused: 'bad-request' })
    },
  )

  story(
    '§7.10 and §7.12 registering with a room keeps the nick',
    {
      differs: { prosody: 'registers members only', ejabberd: 'registers nobody unless told to' },
    },
    async ({ alice, bob, carol, server }) => {
      const [owner, guest, third] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
      const room = freshRoom(server.domain)
      await opens(owner, room)
      const form = await guest.asks(`<query xmlns='jabber:iq:register'/>`, 'get', { to: room })
      expect(form.toString()).toContain('muc#register_roomnick')
      const wish = (nick: string) =>
        `<query xmlns='jabber:iq:register'><x xmlns='${formsNs}' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field><field var='muc#register_roomnick'><value>${nick}</value></field></x></query>`
      await guest.asks(wish('bobby'), 'set', { to: room })
      const kept = await guest.asks(
        `<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>`,
        'get',
        { to: room },
      )
      expect(kept.toString()).toContain(`name='bobby'`)
      await third.asks(wish('bobby'), 'set', { to: room, refused: 'conflict' })
      await expect(enters(third, room, 'bobby')).rejects.toThrow('conflict')
      const seen = await enters(guest, room, 'bobby')
      expect(itemOf(seen.find((each) => each.attr('from') === `${room}/bobby`) as XmlNode)?.attr('affiliation')).toBe(
        'member',
      )
      await guest.asks(`<query xmlns='jabber:iq:register'><remove/></query>`, 'set', { to: room })
      await enters(third, room, 'other')
    },
  )
})
