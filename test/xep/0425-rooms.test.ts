import { describe, expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { changes, codesOf, configForm, enters, formsNs, freshRoom, opens, roomOfTwo } from '../support/rooms.ts'
import { story } from '../support/story.ts'
import type { XmlNode } from '../support/xml.ts'

const retractNs = 'urn:xmpp:message-retract:1'
const moderateNs = 'urn:xmpp:message-moderate:1'
const sid = 'urn:xmpp:sid:0'
const commands = 'http://jabber.org/protocol/commands'
const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
const ours = { prosody: 'not loaded', ejabberd: 'not loaded' }

/** Says something and gives what the speaker hears of it. */
async function says(client: Client, room: string, text: string): Promise<XmlNode> {
  client.sends(`<message to='${room}' type='groupchat' id='say-${text}'><body>${text}</body></message>`)
  return client.takes((each) => each.child('body')?.text() === text)
}

const idOf = (message: XmlNode) => message.child('stanza-id', sid)?.attr('id') ?? ''
const textsOf = (stanzas: readonly XmlNode[]) => stanzas.flatMap((each) => each.child('body')?.text() ?? [])

async function comesAgain(client: Client, room: string, nick: string): Promise<XmlNode[]> {
  client.sends(`<presence type='unavailable' to='${room}/${nick}'/>`)
  await client.takes((each) => each.attr('type') === 'unavailable')
  return enters(client, room, nick)
}

describe('extensions of rooms', () => {
  story(
    'XEP-0359 a message has one id of the room for everybody',
    { leavesOut: ours },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      const own = await says(guest, room, 'one')
      const heard = await owner.takes((each) => each.child('body')?.text() === 'one')
      expect(idOf(own)).not.toBe('')
      expect(idOf(heard)).toBe(idOf(own))
      expect(own.child('stanza-id', sid)?.attr('by')).toBe(room)
    },
  )

  story(
    'XEP-0425 §4 a moderator takes back what somebody has said',
    { leavesOut: ours },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      const bad = idOf(await says(guest, room, 'rude'))
      await says(guest, room, 'polite')
      const moderate = (id: string) =>
        `<moderate xmlns='${moderateNs}' id='${id}'><retract xmlns='${retractNs}'/><reason>manners</reason></moderate>`
      await guest.asks(moderate(bad), 'set', { to: room, refused: 'forbidden' })
      await owner.asks(moderate('unknown'), 'set', { to: room, refused: 'item-not-found' })
      await owner.asks(moderate(bad), 'set', { to: room })
      const told = await guest.takes((each) => each.child('retract', retractNs) !== undefined)
      expect(told.attrs).toMatchObject({ from: room, type: 'groupchat' })
      const retract = told.child('retract', retractNs)
      expect(retract?.attr('id')).toBe(bad)
      expect(retract?.child('moderated', moderateNs)?.attr('by')).toBe(`${room}/owner`)
      expect(retract?.child('moderated', moderateNs)?.child('occupant-id', 'urn:xmpp:occupant-id:0')).toBeDefined()
      expect(retract?.child('reason')?.text()).toBe('manners')
      expect(textsOf(await comesAgain(guest, room, 'second'))).toEqual(['polite'])
    },
  )

  story(
    'XEP-0424 §5 only the author takes a message back for good',
    { leavesOut: ours },
    async ({ alice, bob, server }) => {
      const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
      const said = idOf(await says(owner, room, 'mine'))
      await guest.takes((each) => each.child('body')?.text() === 'mine')
      const retract = `<message to='${room}' type='groupchat' id='r1'><retract xmlns='${retractNs}' id='${said}'/></message>`
      guest.sends(retract)
      await owner.takes((each) => each.child('retract', retractNs) !== undefined)
      expect(textsOf(await comesAgain(guest, room, 'second'))).toEqual(['mine'])
      owner.sends(retract)
      await guest.takes(
        (each) => each.child('retract', retractNs) !== undefined && each.attr('from') === `${room}/owner`,
      )
      expect(textsOf(await comesAgain(guest, room, 'second'))).toEqual([])
    },
  )

  story('XEP-0500 slow mode holds back who speaks too often, but not admins', { leavesOut: ours }, async (cast) => {
    const { alice, bob, server } = cast
    const { owner, guest, room } = await roomOfTwo(
      { alice, bob, server },
      { 'muc#roomconfig_slow_mode_duration': '3600' },
    )
    await says(guest, room, 'first')
    guest.sends(
      `<message to='${room}' type='groupchat'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    )
    guest.sends(`<message to='${room}' type='groupchat'><body>second</body></message>`)
    await guest.finds(
      `<message type='error'>{any}<error type='wait' {any}><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{any}</error></message>`,
    )
    await says(owner, room, 'one')
    await says(owner, room, 'two')
    const described = await guest.asks(info, 'get', { to: room })
    expect(described.toString()).toContain(
      `var='muc#roominfo_slow_mode_duration' type='text-single'><value>3600</value>`,
    )
    const form = await owner.asks(`<query xmlns='http://jabber.org/protocol/muc#owner'/>`, 'get', { to: room })
    expect(form.toString()).toContain(
      `<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'><range min='0'/></validate>`,
    )
    await owner.asks(configForm({ 'muc#roomconfig_slow_mode_duration': '0' }), 'set', { to: room })
    await says(guest, room, 'free')
  })

  story('XEP-0486 a room has a picture that its owner sets', { leavesOut: ours }, async ({ alice, bob, server }) => {
    const { owner, guest, room } = await roomOfTwo({ alice, bob, server })
    await guest.drains()
    const card = `<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>aGk=</BINVAL></PHOTO></vCard>`
    await guest.asks(card, 'set', { to: room, refused: 'forbidden' })
    await owner.asks(card, 'set', { to: room })
    expect(codesOf(await guest.takes((each) => each.name === 'message'))).toEqual(['104'])
    expect((await guest.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: room })).toString()).toContain('aGk=')
    const hash = `var='muc#roominfo_avatarhash'`
    expect((await guest.asks(info, 'get', { to: room })).toString()).toContain(hash)
    await owner.asks(`<vCard xmlns='vcard-temp'/>`, 'set', { to: room })
    expect((await guest.asks(info, 'get', { to: room })).toString()).not.toContain(hash)
  })

  story('XEP-0317 §4 hats are made, worn and shown', { leavesOut: ours }, async ({ alice, bob, server }) => {
    const [owner, guest] = [await alice.client('pc'), await bob.client('pc')]
    const room = freshRoom(server.domain)
    await opens(owner, room)
    await enters(guest, room, 'second', '')
    await guest.drains()
    const run = (client: Client, name: string, fields: Record<string, string> | undefined, refused?: string) => {
      const all = Object.entries({ FORM_TYPE: 'urn:xmpp:hats:commands', ...fields })
      const list = all.map(([key, value]) => `<field var='${key}'><value>${value}</value></field>`)
      const form = fields === undefined ? '' : `<x xmlns='${formsNs}' type='submit'>${list.join('')}</x>`
      const payload = `<command xmlns='${commands}' action='execute' node='urn:xmpp:hats:commands:${name}'>${form}</command>`
      return client.asks(payload, 'set', { to: room, ...(refused === undefined ? {} : { refused }) })
    }
    const uri = 'urn:example:teacher'
    await run(guest, 'create', { 'hats#title': 'Teacher', 'hats#uri': uri }, 'forbidden')
    expect((await run(owner, 'create', undefined)).toString()).toContain(`status='executing'`)
    await run(owner, 'create', { 'hats#title': 'Teacher', 'hats#uri': uri })
    expect(codesOf(await guest.takes((each) => each.name === 'message'))).toEqual(['104'])
    await run(owner, 'assign', { 'hats#jid': bob.jid, 'hats#uri': 'urn:example:other' }, 'item-not-found')
    await run(owner, 'assign', { 'hats#jid': bob.jid, 'hats#uri': uri })
    const shown = await owner.takes((each) => each.child('hats', 'urn:xmpp:hats:0') !== undefined)
    expect(shown.attr('from')).toBe(`${room}/second`)
    expect(shown.child('hats', 'urn:xmpp:hats:0')?.child('hat')?.attrs).toEqual({ title: 'Teacher', uri })
    expect((await run(owner, 'list-assigned', undefined)).toString()).toContain(bob.jid)
    // Nobody makes a hat for himself.
    await owner.drains()
    guest.sends(
      `<presence to='${room}/second'><hats xmlns='urn:xmpp:hats:0'><hat title='King' uri='urn:example:king'/></hats></presence>`,
    )
    const forged = await owner.takes((each) => each.attr('from') === `${room}/second`)
    expect(forged.toString()).not.toContain('King')
    await run(owner, 'unassign', { 'hats#jid': bob.jid, 'hats#uri': uri })
    const bare = await owner.takes((each) => each.attr('from') === `${room}/second`)
    expect(bare.child('hats', 'urn:xmpp:hats:0')).toBeUndefined()
    await run(owner, 'destroy', { 'hats#uri': uri })
    expect((await run(owner, 'list', undefined)).toString()).not.toContain(uri)
    await owner.asks(changes(`role='visitor' nick='second'`), 'set', { to: room })
  })
})
