import { describe, expect, it } from 'vitest'
import { type Client, errorOf } from '../support/client.ts'
import { FileServer } from '../support/file-server.ts'
import {
  affiliations,
  creation,
  destruction,
  freshLightRoom,
  lightNs,
  lightService,
  makesRoom,
  occupantsOf,
  roomsOf,
  says,
  told,
} from '../support/light-rooms.ts'
import { baseConfig, type OwnServer, ownServer } from '../support/own-server.ts'
import { enters, opens, ownerNs, freshRoom as roomOf45 } from '../support/rooms.ts'

let count = 0
const cast = (own: OwnServer) => {
  count++
  return Promise.all(['lena', 'otto', 'mia'].map((name) => own.client(`${name}${count}`, 'pc'))) as Promise<
    Client[] & { 0: Client; 1: Client; 2: Client }
  >
}
const ns = 'urn:xmpp:chat-markers:0'
const smart = 'esl:xmpp:smart-markers:0'
const marks = async (client: Client, room: string, id: string) => {
  client.sends(`<message to='${room}' type='groupchat'><displayed xmlns='${ns}' id='${id}'/></message>`)
  await client.isHeard()
}

const markersIn = async (client: Client, room: string) => {
  const answer = await client.asks(`<query xmlns='${smart}' peer='${room}'/>`)
  const list = answer.child('query', smart)?.elements() ?? []
  return list.map((each) => `${each.attr('from')?.split(/\d*@/)[0]} ${each.attr('id')}`)
}

describe('MUC Light and markers', () => {
  const own = ownServer(`[modules.mod_muc_light]
[modules.mod_offline]
[modules.mod_smart_markers]
[modules.mod_offline_chatmarkers]
store_groupchat_messages = true
`)
  it('members see those of all members, until they leave and until the room is gone', async () => {
    const [lena, otto, mia] = await cast(own)
    const room = await makesRoom(lena, [otto])
    await marks(otto, room, 'm1')
    await marks(lena, room, 'm2')
    await marks(mia, room, 'm3')
    expect(await markersIn(lena, room)).toEqual(['otto m1', 'lena m2'])
    expect(await markersIn(mia, room)).toEqual([])
    await lena.asks(affiliations(`${otto.bare} none`), 'set', { to: room })
    expect(await markersIn(lena, room)).toEqual(['lena m2'])
    await lena.asks(destruction, 'set', { to: room })
    await makesRoom(lena, [], room)
    expect(await markersIn(lena, room)).toEqual([])
  })

  it('who was away gets the last ones, and the room no errors', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    await otto.leaves()
    await marks(lena, room, 'm1')
    await marks(lena, room, 'm2')
    says(lena, room, 'nobody keeps this')
    await lena.drains()
    const again = await own.client(`otto${count}`, 'pc')
    const messages = (await again.drains()).filter(({ name }) => name === 'message')
    expect(messages.map((each) => [each.attr('from'), each.child('displayed', ns)?.attr('id')])).toEqual([
      [`${room}/${lena.bare}`, 'm2'],
    ])
    await lena.receivesNothing()
  })
})

describe('rooms of XEP-0045 and markers', () => {
  const own = ownServer('[modules.mod_muc]\n[modules.mod_smart_markers]\n')

  it('who is inside or belongs to the room sees them, until it is gone', async () => {
    const [lena, otto, mia] = await cast(own)
    const room = roomOf45('localhost')
    await opens(lena, room, { 'muc#roomconfig_persistentroom': '1' })
    await enters(otto, room, 'otto')
    await marks(otto, room, 'm1')
    await marks(mia, room, 'm2')
    await lena.drains()
    expect(await markersIn(lena, room)).toEqual(['otto m1'])
    expect(await markersIn(mia, room)).toEqual([])
    await lena.asks(`<query xmlns='${ownerNs}'><destroy/></query>`, 'set', { to: room })
    await opens(lena, room)
    expect(await markersIn(lena, room)).toEqual([])
  })
})

describe('MUC Light and blocking (XEP-0191)', () => {
  const own = ownServer('[modules.mod_muc_light]\n[modules.mod_blocking]\n')

  it('a room can be blocked, or one who speaks there', async () => {
    const [lena, otto, mia] = await cast(own)
    const room = await makesRoom(lena, [otto, mia])
    const block = (what: string, jid: string) => `<${what} xmlns='urn:xmpp:blocking'><item jid='${jid}'/></${what}>`
    await mia.asks(block('block', `${room}/${otto.bare}`), 'set')
    says(otto, room, 'from otto')
    await otto.isHeard()
    says(lena, room, 'from lena')
    expect((await mia.takes((each) => each.name === 'message')).child('body')?.text()).toBe('from lena')
    await mia.asks(block('unblock', `${room}/${otto.bare}`), 'set')
    await mia.asks(block('block', room), 'set')
    says(lena, room, 'again')
    await lena.isHeard()
    await mia.drains()
    says(otto, room, 'and again')
    await otto.isHeard()
    expect((await mia.drains()).filter(({ name }) => name === 'message')).toEqual([])
    await otto.drains()
    await otto.receivesNothing()
  })
})

describe('MUC Light, several domains', () => {
  const base = baseConfig.replace('"localhost"', '"shire.example", "rohan.example"')

  it('rooms of the own domain are reached, those of others are not, where domains are kept apart', async () => {
    await using server = await FileServer.start(`${base}[modules.mod_muc_light]\n[modules.mod_domain_isolation]\n`)
    const sam = await server.client('sam', server.address('c2s', 0, 'shire.example'))
    const grima = await server.client('grima', server.address('c2s', 0, 'rohan.example'))
    await sam.isPresent()
    await grima.isPresent()
    const room = await makesRoom(sam, [], freshLightRoom('muclight.shire.example'))
    await sam.asks(affiliations(`${grima.bare} member`), 'set', { to: room })
    says(sam, room, 'mine')
    expect((await sam.takes((each) => each.child('body')?.text() === 'mine')).attr('from')).toBe(`${room}/${sam.bare}`)
    await grima.receivesNothing()
    grima.sends(`<message to='${room}' type='groupchat' id='g1'><body>x</body></message>`)
    expect(errorOf(await grima.takes((each) => each.attr('type') === 'error'))).toBe('service-unavailable')
    await grima.asks(creation(), 'set', { to: freshLightRoom('muclight.rohan.example') })
  })

  it('rooms and lists go with their domain', async () => {
    const own = base.replace(
      'hosts = ["shire.example", "rohan.example"]',
      'hosts = ["shire.example"]\nhost_types = ["usual"]',
    )
    await using server = await FileServer.start(
      `${own}[services.service_domain_db]\n[modules.mod_muc_light]\n[modules.mod_mam.muc]\nhost = "muclight.@HOST@"\n`,
    )
    const add = () => server.server.commands.run('domain.addDomain', { domain: 'rohan.example', hostType: 'usual' })
    const room = freshLightRoom('muclight.rohan.example')
    await add()
    const grima = await server.client('grima', server.address('c2s', 0, 'rohan.example'))
    await grima.isPresent()
    await makesRoom(grima, [], room)
    const block = `<query xmlns='${lightNs}#blocking'><room action='deny'>${room}</room></query>`
    await grima.asks(block, 'set', { to: 'muclight.rohan.example' })
    await server.server.commands.run('domain.removeDomain', { domain: 'rohan.example', hostType: 'usual' })
    await add()
    const again = await server.client('grima', server.address('c2s', 0, 'rohan.example'))
    await again.isPresent()
    expect((await roomsOf(again, '', 'muclight.rohan.example')).items).toEqual([])
    const list = await again.asks(`<query xmlns='${lightNs}#blocking'/>`, 'get', { to: 'muclight.rohan.example' })
    expect(list.child('query', `${lightNs}#blocking`)?.elements()).toEqual([])
    await makesRoom(again, [], room)
    // Of a domain that came later, and without what was said in the room that was.
    const fin = (await again.asks(`<query xmlns='urn:xmpp:mam:2'/>`, 'set', { to: room })).child(
      'fin',
      'urn:xmpp:mam:2',
    )
    expect(fin?.child('set', 'http://jabber.org/protocol/rsm')?.child('count')?.text()).toBe('1')
  })
})

describe('MUC Light and clients that lose their connection', () => {
  const own = ownServer(
    '[modules.mod_muc_light]\n[modules.mod_offline]\nstore_groupchat_messages = true\n[modules.mod_stream_management]\nresume_timeout = 1\n',
  )

  it('what they have not acknowledged comes to them later, once', async () => {
    const [lena] = await cast(own)
    const otto = await own.client(`otto${count}`, 'phone', { presence: false })
    otto.sends(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
    await otto.takes((each) => each.name === 'enabled')
    await otto.isPresent()
    const room = await makesRoom(lena)
    await lena.asks(affiliations(`${otto.bare} member`), 'set', { to: room })
    otto.destroy()
    says(lena, room, 'held')
    await lena.isHeard()
    const again = await own.client(`otto${count}`, 'phone')
    const bodies = async () => (await again.drains()).flatMap((each) => each.child('body')?.text() ?? [])
    expect((await bodies()).filter((body) => body === 'held')).toEqual(['held'])
  })
})

describe('commands on MUC Light rooms', () => {
  const own = ownServer('[modules.mod_muc_light]\nmax_occupants = 2\n')
  const run = (name: string, input: object) => own.command(`muc_light.${name}`, input)
  const fails = async (code: string, name: string, input: object) =>
    expect(run(name, input)).rejects.toMatchObject({ code })

  it('make rooms that their owners find, by an id or without, and once each', async () => {
    const [lena] = await cast(own)
    const asked = { mucDomain: lightService, name: 'book club', owner: lena.bare, subject: 'week 1' }
    const made = (await run('createRoom', asked)) as { jid: string }
    expect(made).toMatchObject({
      name: 'book club',
      subject: 'week 1',
      participants: [{ jid: lena.bare, affiliation: 'OWNER' }],
    })
    const id = `Club${count}`
    expect(await run('createRoom', { ...asked, id })).toMatchObject({ jid: `club${count}@${lightService}` })
    expect((await told(lena, made.jid)).users).toMatch(/owner$/)
    await fails('already_exists', 'createRoom', { ...asked, name: 'other', id })
    expect((await roomsOf(lena)).items.map((item) => item.attr('name'))).toEqual(['book club', 'book club'])
    await fails('muc_server_not_found', 'createRoom', { ...asked, mucDomain: 'localhost' })
    await fails('user_not_found', 'createRoom', { ...asked, owner: 'nobody@localhost' })
    await fails('validation_error', 'createRoom', { ...asked, options: [{ key: 'flavour', value: 'salt' }] })
    for (const missing of ['mucDomain', 'owner']) {
      const { [missing as 'owner']: _, ...rest } = asked
      await fails('input_coercion', 'createRoom', rest)
    }
  })

  it('add, and tell new and old members; speak for members only', async () => {
    const [lena, otto, mia] = await cast(own)
    const room = await makesRoom(lena)
    const invite = { room, sender: lena.bare, recipient: otto.bare }
    await run('inviteUser', invite)
    expect((await told(lena, room)).users).toMatch(/otto\d+ member/)
    expect((await told(otto, room)).users).toMatch(/otto\d+ member/)
    await run('inviteUser', invite)
    await otto.receivesNothing()
    await fails('validation_error', 'inviteUser', { ...invite, recipient: mia.bare })
    await fails('not_allowed', 'inviteUser', { room, sender: otto.bare, recipient: mia.bare })
    await fails('not_room_member', 'inviteUser', { room, sender: mia.bare, recipient: otto.bare })
    await fails('user_not_found', 'inviteUser', { ...invite, recipient: 'nobody@localhost' })
    await fails('room_not_found', 'inviteUser', { ...invite, room: freshLightRoom() })
    await run('sendMessageToRoom', { room, from: otto.bare, body: 'hi' })
    await lena.receives(`<message from='${room}/${otto.bare}' type='groupchat' id='{id}'><body>hi</body></message>`)
    await fails('not_room_member', 'sendMessageToRoom', { room, from: mia.bare, body: 'hi' })
    await fails('input_coercion', 'sendMessageToRoom', { room, from: otto.bare })
    await run('kickUser', { room, user: otto.bare })
    expect(await occupantsOf(lena, room)).toMatch(/^lena\d+ owner$/)
    await fails('not_room_member', 'kickUser', { room, user: otto.bare })
  })

  it('change, show and end rooms', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    const change = { room, owner: lena.bare, name: 'Den_1', subject: 'Soup' }
    expect(await run('changeRoomConfiguration', change)).toMatchObject({ name: 'Den_1', subject: 'Soup' })
    await fails('not_allowed', 'changeRoomConfiguration', { ...change, owner: otto.bare })
    await fails('not_room_member', 'changeRoomConfiguration', {
      ...change,
      owner: (await own.client(`tom${count}`)).bare,
    })
    expect(await run('getRoomConfig', { room })).toMatchObject({
      options: [
        { key: 'roomname', value: 'Den_1' },
        { key: 'subject', value: 'Soup' },
      ],
    })
    expect(await run('listRoomUsers', { room })).toEqual([
      { jid: lena.bare, affiliation: 'OWNER' },
      { jid: otto.bare, affiliation: 'MEMBER' },
    ])
    expect(await run('listUserRooms', { user: otto.bare })).toEqual([room])
    const shown = { jid: room, name: 'Den_1', subject: 'Soup', usersNumber: 2 }
    expect(await run('listRooms', { mucDomain: lightService, filter: 'dEN_1' })).toEqual({
      rooms: [shown],
      count: 1,
      nextPage: false,
    })
    const other = await makesRoom(lena)
    const [first, second] = [room, other].sort() as [string, string]
    const page = (after?: string) =>
      run('listRooms', {
        mucDomain: lightService,
        filter: 'room-',
        limit: 1,
        ...(after === undefined ? {} : { after }),
      })
    expect(await page()).toMatchObject({ count: expect.any(Number), nextPage: true })
    expect(await page(first)).not.toMatchObject({ rooms: [{ jid: first }] })
    expect(second).not.toBe(first)
    await fails('not_allowed', 'deleteRoom', { room, owner: otto.bare })
    await run('deleteRoom', { room, owner: lena.bare })
    await run('deleteRoom', { room: other })
    await fails('room_not_found', 'deleteRoom', { room })
    await fails('deps_not_loaded', 'getRoomMessages', { room: await makesRoom(lena) })
  })

  it('show and change what somebody has blocked', async () => {
    const [lena, otto] = await cast(own)
    const user = lena.bare
    const items = [
      { entityType: 'ROOM', action: 'DENY', entity: `den@${lightService}` },
      { entityType: 'USER', action: 'DENY', entity: otto.bare },
    ]
    await run('setBlockingList', { user, items })
    expect(await run('getBlockingList', { user })).toEqual(items)
    const room = await makesRoom(otto)
    await run('inviteUser', { room, sender: otto.bare, recipient: user })
    expect(await run('listUserRooms', { user })).toEqual([])
    await run('setBlockingList', { user, items: items.map((item) => ({ ...item, action: 'ALLOW' })) })
    expect(await run('getBlockingList', { user })).toEqual([])
    await fails('validation_error', 'setBlockingList', { user, items: [{ ...items[0], entity: 'localhost' }] })
    await fails('user_not_found', 'getBlockingList', { user: 'nobody@localhost' })
  })
})
