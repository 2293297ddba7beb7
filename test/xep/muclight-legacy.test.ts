import { describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { freshLightRoom, lightNs, lightService, roomsOf, says } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'
import {
  adminNs,
  asksIn,
  changes,
  codesOf,
  configForm,
  formsNs,
  itemOf,
  mucNs,
  ownerNs,
  userNs,
} from '../support/rooms.ts'
import type { XmlNode } from '../support/xml.ts'

describe('MUC Light in stanzas of XEP-0045 (legacy_mode)', () => {
  const own = ownServer('[modules.mod_muc_light]\nlegacy_mode = true\nall_can_invite = true\n')
  let count = 0
  const cast = async () => {
    count++
    return Promise.all(['lena', 'otto', 'mia'].map((name) => own.client(`${name}${count}`, 'pc'))) as Promise<
      Client[] & { 0: Client; 1: Client; 2: Client }
    >
  }
  /** Makes a room with one other member, who is told of it. */
  async function opens(owner: Client, other: Client): Promise<string> {
    const room = freshLightRoom()
    asksIn(owner, room, 'nick')
    await owner.takes((each) => each.name === 'presence')
    await owner.asks(changes(`jid='${other.bare}' affiliation='member'`), 'set', { to: room })
    await other.takes((each) => each.name === 'message')
    await owner.takes((each) => each.name === 'presence')
    return room
  }
  const items = async (client: Client, room: string) => {
    const answer = await client.asks(changes(`affiliation='member'`), 'get', { to: room })
    const list = answer.child('query', adminNs)?.elements() ?? []
    return list.map((each) => `${each.attr('jid')?.split(/\d*@/)[0]} ${each.attr('affiliation')} ${each.attr('role')}`)
  }

  it('rooms are made by entering them, and only so', async () => {
    const [lena, otto] = await cast()
    const room = freshLightRoom()
    lena.sends(`<presence to='${room}/nick'/>`)
    await lena.receivesNothing()
    asksIn(lena, room, 'nick')
    const self = await lena.takes((each) => each.name === 'presence')
    expect(self.attr('from')).toBe(`${room}/${lena.bare}`)
    expect(itemOf(self)?.attrs).toMatchObject({ affiliation: 'owner', role: 'moderator' })
    expect(codesOf(self)).toEqual(['110', '201'])
    asksIn(otto, room, 'nick')
    await otto.receives(
      `<presence type='error' from='${room}/nick'><x xmlns='${mucNs}'/><error type='auth' code='407'><registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
    )
    const { items: found } = await roomsOf(lena)
    expect(found[0]?.attrs).toEqual({ jid: room, name: 'Untitled' })
    const info = await lena.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: lightService })
    expect(String(info)).toContain('MUC Light (legacy)')
    expect(String(info)).toContain(mucNs)
    expect(String(info)).not.toContain(lightNs)
  })

  it('a subject is set by a message of its own; what is said all hear', async () => {
    const [lena, otto] = await cast()
    const room = await opens(lena, otto)
    otto.sends(`<message to='${room}' type='groupchat' id='s1'><subject>Soup</subject></message>`)
    for (const client of [lena, otto]) {
      await client.receives(
        `<message from='${room}/${otto.bare}' to='${client.bare}' type='groupchat' id='s1'><subject>Soup</subject></message>`,
      )
    }
    says(lena, room, 'Hello')
    await otto.receives(`<message from='${room}/${lena.bare}' type='groupchat'><body>Hello</body></message>`)
    const answer = await otto.asks(`<query xmlns='${ownerNs}'/>`, 'get', { to: room })
    const form = answer.child('query', ownerNs)?.child('x', formsNs)
    const fields = form?.elements().map((each) => `${each.attr('var')} ${each.child('value')?.text()}`)
    expect(fields).toEqual([`FORM_TYPE ${mucNs}#roomconfig`, 'roomname Untitled', 'subject Soup'])
  })

  it('settings are changed by form', async () => {
    const [lena, otto] = await cast()
    const room = await opens(lena, otto)
    await lena.asks(configForm({ roomname: 'The den' }), 'set', { to: room })
    const notice = await otto.takes((each) => each.name === 'message')
    expect(codesOf(notice)).toEqual(['104'])
    expect((await roomsOf(otto)).items[0]?.attr('name')).toBe('The den')
    await otto.asks(configForm({ roomname: 'Mine' }), 'set', { to: room, refused: 'not-allowed' })
    await lena.asks(configForm({ flavour: 'salt' }), 'set', { to: room, refused: 'bad-request' })
    await lena.asks(`<query xmlns='${ownerNs}'/>`, 'set', { to: room, refused: 'bad-request' })
  })

  it('affiliations are changed by items: presence tells of it, newcomers are invited, who is put out hears so', async () => {
    const [lena, otto, mia] = await cast()
    const room = await opens(lena, otto)
    expect(await items(otto, room)).toEqual(['lena owner moderator', 'otto member participant'])
    await otto.asks(`<query xmlns='${adminNs}'/>`, 'get', { to: room, refused: 'bad-request' })
    await otto.asks(changes(`jid='${mia.bare}' affiliation='member'`), 'set', { to: room })
    const invitation = await mia.takes((each) => each.name === 'message')
    expect(invitation.child('x', userNs)?.child('invite')?.attr('from')).toBe(otto.bare)
    const arrival = await lena.takes((each) => each.name === 'presence')
    expect(arrival.attr('from')).toBe(`${room}/${mia.bare}`)
    expect(itemOf(arrival)?.attrs).toMatchObject({ affiliation: 'member', role: 'participant', nick: mia.bare })
    await lena.asks(changes(`jid='${mia.bare}' affiliation='none'`), 'set', { to: room })
    for (const client of [mia, otto]) {
      const leaves = (each: XmlNode) =>
        each.attr('from') === `${room}/${mia.bare}` && each.attr('type') === 'unavailable'
      expect(codesOf(await client.takes(leaves))).toEqual(['321'])
    }
    await lena.asks(changes(`jid='${otto.bare}' affiliation='king'`), 'set', { to: room, refused: 'bad-request' })
    expect(await items(otto, room)).toHaveLength(2)
  })

  it('a room is destroyed by its owner', async () => {
    const [lena, otto] = await cast()
    const room = await opens(lena, otto)
    const destroy = `<query xmlns='${ownerNs}'><destroy/></query>`
    await otto.asks(destroy, 'set', { to: room, refused: 'not-allowed' })
    await lena.asks(destroy, 'set', { to: room })
    for (const client of [lena, otto]) {
      const gone = await client.takes((each) => each.attr('type') === 'unavailable')
      expect(gone.attr('from')).toBe(`${room}/${client.bare}`)
      expect(gone.child('x', userNs)?.child('destroy')).toBeDefined()
    }
    await lena.asks(`<query xmlns='${ownerNs}'/>`, 'get', { to: room, refused: 'item-not-found' })
  })

  it('blocking lists look like a privacy list', async () => {
    const [lena, otto, mia] = await cast()
    const room = await opens(lena, otto)
    const list = (inner: string) => `<query xmlns='jabber:iq:privacy'><list name='${lightNs}'>${inner}</list></query>`
    const item = (value: string, action: string) => `<item type='jid' value='${value}' action='${action}' order='1'/>`
    const blocks = (inner: string, refused?: string) =>
      mia.asks(list(inner), 'set', { to: lightService, ...(refused === undefined ? {} : { refused }) })
    await blocks(item(room, 'deny') + item(`${lightService}/${otto.bare}`, 'deny'))
    const answer = await mia.asks(list(''), 'get', { to: lightService })
    const shown = answer.child('query', 'jabber:iq:privacy')?.child('list')?.elements()
    expect(shown?.map((each) => each.attr('value')).sort()).toEqual([`${lightService}/${otto.bare}`, room].sort())
    await lena.asks(changes(`jid='${mia.bare}' affiliation='member'`), 'set', { to: room })
    await blocks(item(room, 'allow'))
    await otto.asks(changes(`jid='${mia.bare}' affiliation='member'`), 'set', { to: room })
    await mia.receivesNothing()
    await lena.asks(changes(`jid='${mia.bare}' affiliation='member'`), 'set', { to: room })
    await mia.takes((each) => each.name === 'message')
    await blocks(item('ex.org', 'deny'), 'bad-request')
    await blocks(`<item type='group' value='a@b' action='deny' order='1'/>`, 'bad-request')
    await mia.asks(list('').replace(lightNs, 'other'), 'set', { to: lightService, refused: 'bad-request' })
  })
})
