import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { personalData } from '../../src/router/events.ts'
import { type Client, errorOf } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import {
  adminNs,
  asksIn,
  changes,
  codesOf,
  configForm,
  enters,
  formsNs,
  freshRoom,
  mucNs,
  opens,
  ownerNs,
  userNs,
} from '../support/rooms.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import type { XmlNode } from '../support/xml.ts'

const rsm = 'http://jabber.org/protocol/rsm'
const items = (set: string) =>
  `<query xmlns='http://jabber.org/protocol/disco#items'><set xmlns='${rsm}'>${set}</set></query>`
const infoNs = 'http://jabber.org/protocol/disco#info'
const info = `<query xmlns='${infoNs}'/>`
const service = 'conference.localhost'
const persistent = { 'muc#roomconfig_persistentroom': '1' }

describe('the list of rooms', () => {
  const own = ownServer('[modules.mod_muc]\nmax_user_conferences = 100\n')

  it('is given in parts (XEP-0059): first, last, after, before, by place', async () => {
    const lena = await own.client('lena', 'pc')
    const names = Array.from({ length: 15 }, (_, index) => `room-${String(index).padStart(2, '0')}`)
    for (const name of names) await opens(lena, `${name}@${service}`)
    const page = async (set: string) => {
      const query = (await lena.asks(items(set), 'get', { to: service })).child(
        'query',
        'http://jabber.org/protocol/disco#items',
      ) as XmlNode
      const found = query.elements().filter((each) => each.name === 'item')
      return {
        rooms: found.map((item) => (item.attr('jid') ?? '').split('@')[0]),
        count: query.child('set', rsm)?.child('count')?.text(),
      }
    }
    const part = (from: number, to: number) => ({ rooms: names.slice(from, to), count: '15' })
    expect(await page('<max>5</max>')).toEqual(part(0, 5))
    expect(await page('<max>5</max><before/>')).toEqual(part(10, 15))
    expect(await page('<max>5</max><after>room-09</after>')).toEqual(part(10, 15))
    expect(await page('<max>5</max><before>room-10</before>')).toEqual(part(5, 10))
    expect(await page('<max>5</max><index>5</index>')).toEqual(part(5, 10))
    expect(await page('<max>5</max><index>15</index>')).toEqual(part(15, 20))
  })

  it('nicks registered with the service are for who has registered them', async () => {
    const [lena, mona] = [await own.client('lena', 'pc2'), await own.client('mona', 'pc')]
    const form = (nick: string) =>
      `<query xmlns='jabber:iq:register'><x xmlns='${formsNs}' type='submit'><field var='FORM_TYPE'><value>jabber:iq:register</value></field><field var='nick'><value>${nick}</value></field></x></query>`
    const set = (client: typeof lena, payload: string, refused?: string) =>
      client.asks(payload, 'set', { to: service, ...(refused === undefined ? {} : { refused }) })
    await set(mona, form('Mona'))
    await set(lena, form('Mona'), 'conflict')
    await set(lena, form(''), 'not-acceptable')
    await set(lena, `<query xmlns='jabber:iq:register'/>`, 'bad-request')
    const room = freshRoom('localhost')
    await opens(lena, room)
    await expect(enters(lena, room, 'Mona')).rejects.toThrow()
    const other = freshRoom('localhost')
    asksIn(lena, other, 'Mona')
    expect(errorOf(await lena.takes((each) => each.attr('from') === `${other}/Mona`))).toBe('conflict')
    await enters(mona, room, 'Mona')
    const shown = await mona.asks(`<query xmlns='jabber:iq:register'/>`, 'get', { to: service })
    expect(shown.child('query', 'jabber:iq:register')?.child('registered')).toBeDefined()
    await set(mona, `<query xmlns='jabber:iq:register'><remove/></query>`)
    await set(lena, form('Mona'))
    await set(lena, `<query xmlns='jabber:iq:register'><remove/></query>`)
  })

  it('a room at rest keeps what was configured, over a restart too, and its history does not', async () => {
    const lena = await own.client('lena', 'pc3')
    const mona = await own.client('mona', 'pc3')
    const room = freshRoom('localhost')
    await opens(lena, room, { ...persistent, 'muc#roomconfig_roomname': 'Kept', 'muc#roomconfig_roomdesc': 'for long' })
    lena.sends(`<message to='${room}' type='groupchat'><subject>Weather</subject></message>`)
    lena.sends(`<message to='${room}' type='groupchat'><body>said</body></message>`)
    await lena.takes((each) => each.child('body')?.text() === 'said')
    await lena.asks(changes(`affiliation='outcast' jid='mona@localhost'`), 'set', { to: room })
    await lena.asks(
      `<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>aGk=</BINVAL></PHOTO></vCard>`,
      'set',
      { to: room },
    )
    const left = mona.takes((each) => each.name === 'error').catch(() => undefined)
    await own.restart()
    await left
    const again = await own.client('lena', 'pc')
    const described = await again.asks(info, 'get', { to: room })
    expect(described.toString()).toContain(`name='Kept'`)
    // SHA-1 of "hi".
    expect(described.toString()).toContain('c22b5f9178342609428d6f51b2c5af4c0bde6a42')
    const seen = await enters(again, room, 'owner')
    expect(seen.at(-1)?.child('subject')?.text()).toBe('Weather')
    expect(seen.some((each) => each.child('body') !== undefined)).toBe(false)
    asksIn(await own.client('mona', 'pc'), room, 'mona')
    const banned = await again.asks(`<query xmlns='${adminNs}'><item affiliation='outcast'/></query>`, 'get', {
      to: room,
    })
    expect(banned.toString()).toContain('mona@localhost')
  })

  it('the version of its affiliations outlives a restart (XEP-0463)', async () => {
    const mavNs = 'urn:xmpp:muc:affiliations:1'
    const versions = (seen: readonly XmlNode[]) =>
      seen.flatMap((each) => {
        const mav = each.child('x', userNs)?.child('mav', mavNs)
        return mav === undefined ? [] : [mav.attrs]
      })
    const lena = await own.client('lena', 'pc5')
    const room = freshRoom('localhost')
    await opens(lena, room, persistent)
    await lena.asks(changes(`affiliation='member' jid='mona@localhost'`), 'set', { to: room })
    const [, shown] = versions(await enters(lena, room, 'owner', `<mav xmlns='${mavNs}'/>`))
    const version = shown?.['until'] ?? ''
    await own.restart()
    const again = await own.client('lena', 'pc6')
    expect(versions(await enters(again, room, 'owner', `<mav xmlns='${mavNs}' since='${version}'/>`))).toEqual([
      { until: version },
    ])
    await again.asks(changes(`affiliation='none' jid='mona@localhost'`), 'set', { to: room })
    const told = await again.takes((each) => each.child('x', userNs)?.child('mav', mavNs) !== undefined)
    expect(versions([told])[0]?.['since']).toBe(version)
  })

  it('an account that is removed is in no list any more, and its export tells where it was', async () => {
    const [lena, ola] = [await own.client('lena', 'pc4'), await own.client('ola', 'pc')]
    const [stored, temporary] = [freshRoom('localhost'), freshRoom('localhost')]
    for (const [room, fields] of [
      [stored, { ...persistent, 'muc#roomconfig_membersonly': '1' }],
      [temporary, { 'muc#roomconfig_membersonly': '1' }],
    ] as const) {
      await opens(lena, room, fields)
      await lena.asks(changes(`affiliation='member' jid='ola@localhost'`), 'set', { to: room })
      await enters(ola, room, 'ola')
    }
    const host = own.server.server.hostOf('localhost')
    if (host === undefined) throw new Error('no host')
    const user = Jid.parse('ola@localhost')
    const exported = await host.hooks.gather(personalData, { host, user })
    expect(exported.find(({ name }) => name === 'muc_affiliations')?.rows).toEqual([
      { room: stored, affiliation: 'member', nick: '' },
    ])
    await removeAccount(host, Jid.parse('ola@localhost'))
    for (const room of [stored, temporary]) {
      const members = await lena.asks(`<query xmlns='${adminNs}'><item affiliation='member'/></query>`, 'get', {
        to: room,
      })
      expect(members.toString()).not.toContain('ola')
    }
  })

  it('commands make, show, change and end rooms', async () => {
    const lena = await own.client('lena', 'pc5')
    const room = freshRoom('localhost')
    await own.command('muc.createInstantRoom', { room, owner: 'lena@localhost', nick: 'boss' })
    await expect(
      own.command('muc.createInstantRoom', { room, owner: 'lena@localhost', nick: 'x' }),
    ).rejects.toMatchObject({
      code: 'could_not_create_room',
    })
    const mona = await own.client('mona', 'pc5')
    await enters(mona, room, 'mona')
    await own.command('muc.enterRoom', { room, user: lena.jid, nick: 'boss' })
    await lena.takes((each) => codesOf(each).includes('110'))
    expect(await own.command('muc.listRoomUsers', { room })).toEqual([
      { jid: mona.jid, nick: 'mona', role: 'PARTICIPANT' },
      { jid: lena.jid, nick: 'boss', role: 'MODERATOR' },
    ])
    await own.command('muc.sendMessageToRoom', { room, from: lena.jid, body: 'by command' })
    await mona.takes((each) => each.child('body')?.text() === 'by command')
    await own.command('muc.inviteUser', { room, sender: 'lena@localhost', recipient: 'mona@localhost', reason: 'join' })
    const invitation = await mona.takes((each) => each.child('x', 'jabber:x:conference') !== undefined)
    expect(invitation.child('x', 'jabber:x:conference')?.attrs).toEqual({ jid: room, reason: 'join' })
    await own.command('muc.changeRoomConfiguration', { room, config: { title: 'Named' } })
    expect(await own.command('muc.getRoomConfig', { room })).toMatchObject({ title: 'Named' })
    await own.command('muc.setUserAffiliation', { room, user: 'mona@localhost', affiliation: 'MEMBER' })
    expect(await own.command('muc.listRoomAffiliations', { room, affiliation: 'MEMBER' })).toEqual([
      { jid: 'mona@localhost', affiliation: 'MEMBER' },
    ])
    await own.command('muc.kickUser', { room, nick: 'mona', reason: 'enough' })
    expect(codesOf(await mona.takes((each) => each.attr('type') === 'unavailable'))).toContain('307')
    const list = (await own.command('muc.listRooms', { mucDomain: service })) as { rooms: { jid: string }[] }
    expect(list.rooms.map(({ jid }) => jid)).toContain(room)
    await own.command('muc.deleteRoom', { room })
    await expect(own.command('muc.getRoomConfig', { room })).rejects.toMatchObject({ code: 'room_not_found' })
    await expect(own.command('muc.listRooms', { mucDomain: 'nowhere.localhost' })).rejects.toMatchObject({
      code: 'muc_server_not_found',
    })
  })

  it('a server that stops says so: 332', async () => {
    const lena = await own.client('lena', 'pc6')
    const room = freshRoom('localhost')
    await opens(lena, room)
    const gone = lena.takes((each) => each.attr('type') === 'unavailable' && each.attr('from') === `${room}/owner`)
    await own.restart()
    expect(codesOf(await gone)).toContain('332')
  })
})

describe('rooms that nobody uses', () => {
  const own = ownServer(`
[modules.mod_muc]
hibernate_timeout = 500
hibernated_room_timeout = 1
hibernated_room_check_interval = 50
access_create = "makers"
history_size = 5
[acl]
lena = [{ user = "lena" }]
[access]
makers = [{ acl = "lena", value = "allow" }]
`)
  it('leave memory and come back when they are asked for; who may not create is told so', async () => {
    const [lena, mona] = [await own.client('lena', 'pc'), await own.client('mona', 'pc')]
    const room = freshRoom('localhost')
    await opens(lena, room, persistent)
    lena.sends(`<message to='${room}' type='groupchat'><subject>Sleep</subject></message>`)
    await lena.takes((each) => each.child('subject')?.text() === 'Sleep')
    // Nobody but its owner is there: it goes to sleep by itself.
    const gone = await lena.takes((each) => each.attr('from') === `${room}/owner`)
    expect(codesOf(gone)).toContain('332')
    // A stored room that sleeps is still in the list, and answers requests and messages of anybody.
    const list = await mona.asks(items(''), 'get', { to: service })
    expect(list.toString()).toContain(room)
    asksIn(mona, room, 'second')
    const refused = await mona.takes((each) => each.attr('type') === 'error')
    expect(errorOf(refused)).toBe('not-allowed')
    expect(refused.toString()).toContain('no_matching_acl_rule')
    mona.sends(`<message to='${room}' type='groupchat'><body>anybody?</body></message>`)
    expect(errorOf(await mona.takes((each) => each.attr('type') === 'error'))).toBe('not-acceptable')
    const seen = await enters(lena, room, 'owner')
    expect(seen.at(-1)?.child('subject')?.text()).toBe('Sleep')
    expect(codesOf(seen[0] as XmlNode)).not.toContain('201')
  })
})

describe('sizes of rooms that may be chosen', () => {
  const own = ownServer('[modules.mod_muc]\nmax_users = 25\ndefault_room.max_users = 1000\n')
  const field = async (owner: Client, room: string) => {
    const form = await owner.asks(`<query xmlns='${ownerNs}'/>`, 'get', { to: room })
    const fields = form.child('query', ownerNs)?.child('x', formsNs)?.elements() ?? []
    const found = fields.find((each) => each.attr('var') === 'muc#roomconfig_maxusers')
    const texts = (name: string) => found?.elements().filter((each) => each.name === name) ?? []
    return {
      options: texts('option').map((each) => Number(each.child('value')?.text())),
      value: Number(texts('value')[0]?.text()),
    }
  }

  it('XEP-0045 §10.2 are those that the service allows, and the one of now', async () => {
    const owner = await own.client('owner', 'pc')
    const room = freshRoom('localhost')
    await opens(owner, room)
    expect(await field(owner, room)).toEqual({ options: [5, 10, 20, 25], value: 25 })
    await owner.asks(configForm({ 'muc#roomconfig_maxusers': '7' }), 'set', { to: room })
    expect(await field(owner, room)).toEqual({ options: [5, 7, 10, 20, 25], value: 7 })
    await owner.asks(configForm({ 'muc#roomconfig_maxusers': '5000' }), 'set', { to: room })
    expect(await field(owner, room)).toEqual({ options: [5, 10, 20, 25], value: 25 })
  })
})

describe('limits of a service', () => {
  const own = ownServer(`
[modules.mod_muc]
access = "users"
access_admin = "bosses"
max_user_conferences = 2
max_room_id = 30
max_room_name = 10
history_size = 3
default_room.max_users = 20
default_room.subject = "Welcome"
default_room.subject_author = "house"
default_room.affiliations = [{ user = "mona", server = "localhost", resource = "", affiliation = "admin" }]
[acl]
boss = [{ user = "boss" }]
bad = [{ user = "bad" }]
[access]
bosses = [{ acl = "boss", value = "allow" }]
users = [{ acl = "bad", value = "deny" }, { acl = "all", value = "allow" }]
`)

  it('who may not use the service is told so', async () => {
    const bad = await own.client('bad', 'pc')
    const room = freshRoom('localhost')
    asksIn(bad, room, 'x')
    expect(errorOf(await bad.takes((each) => each.attr('type') === 'error'))).toBe('forbidden')
    await bad.asks(info, 'get', { to: service, refused: 'forbidden' })
  })

  it('so many rooms a user, names so long', async () => {
    const lena = await own.client('lena', 'pc')
    const first = freshRoom('localhost')
    await opens(lena, first)
    await opens(lena, freshRoom('localhost'))
    asksIn(lena, freshRoom('localhost'), 'x')
    expect(errorOf(await lena.takes((each) => each.attr('type') === 'error'))).toBe('service-unavailable')
    asksIn(lena, `${'long'.repeat(10)}@${service}`, 'x')
    expect((await lena.takes((each) => each.attr('type') === 'error')).toString()).toContain('room_id_too_long')
    await lena.asks(configForm({ 'muc#roomconfig_roomname': 'more than ten' }), 'set', {
      to: first,
      refused: 'not-acceptable',
    })
    lena.sends(`<presence type='unavailable' to='${first}/owner'/>`)
    await lena.takes((each) => each.attr('type') === 'unavailable')
    await opens(lena, freshRoom('localhost'))
  })

  it('new rooms are as configured, admins of the service own all of them and speak to everybody', async () => {
    const [boss, ola] = [await own.client('boss', 'pc'), await own.client('ola', 'pc')]
    const room = freshRoom('localhost')
    const seen = await enters(ola, room, 'owner')
    expect(seen.at(-1)?.attr('from')).toBe(`${room}/house`)
    expect(seen.at(-1)?.child('subject')?.text()).toBe('Welcome')
    await ola.asks(`<query xmlns='${ownerNs}'><x xmlns='${formsNs}' type='submit'/></query>`, 'set', { to: room })
    const admins = await boss.asks(`<query xmlns='${adminNs}'><item affiliation='admin'/></query>`, 'get', { to: room })
    expect(admins.toString()).toContain('mona@localhost')
    boss.sends(`<message to='${service}'><body>closing time</body></message>`)
    const heard = await ola.takes((each) => each.child('body')?.text() === 'closing time')
    expect(heard.attrs).toMatchObject({ from: room, type: 'groupchat' })
    boss.sends(`<message to='${room}' type='groupchat'><body>from outside</body></message>`)
    await ola.takes((each) => each.child('body')?.text() === 'from outside')
    await ola.asks(changes(`affiliation='outcast' jid='boss@localhost'`), 'set', { to: room, refused: 'not-allowed' })
    ola.sends(`<message to='${service}'><body>me too</body></message>`)
    expect(errorOf(await ola.takes((each) => each.attr('type') === 'error'))).toBe('forbidden')
  })
})

describe('how much is said in a room (XEP-0502)', () => {
  const clock = new SteppedClock()
  const own = ownServer('[modules.mod_muc]\n', { clock })

  it('is told of a public room that stays, once an hour is over', async () => {
    const lena = await own.client('lena', 'pc')
    const [room, hidden] = [freshRoom('localhost'), freshRoom('localhost')]
    await opens(lena, room, persistent)
    await opens(lena, hidden, { ...persistent, 'muc#roomconfig_publicroom': '0' })
    const said = async (asker: Client, to: string) => {
      const form = (await asker.asks(info, 'get', { to })).child('query', infoNs)?.child('x', formsNs)
      const field = form?.elements().find((each) => each.attr('var') === '{urn:xmpp:muc-activity}message-activity')
      return field?.child('value')?.text()
    }
    const body = '<body>hello</body>'
    const correction = `<replace xmlns='urn:xmpp:message-correct:0' id='x'/>`
    for (const inner of [body, body, body, `${body}${correction}`, '<subject>news</subject>', '<nothing xmlns="x"/>']) {
      lena.sends(`<message to='${room}' type='groupchat'>${inner}</message>`)
    }
    lena.sends(`<message to='${room}/owner' type='chat'>${body}</message>`)
    lena.sends(`<message to='${hidden}' type='groupchat'>${body}</message>`)
    await lena.drains()
    expect(await said(lena, room)).toBeUndefined()
    // Nobody stays connected without a word for so long.
    clock.advance(2 * 3_600_000)
    const mona = await own.client('mona', 'pc')
    expect(await said(mona, room)).toBe('1.50')
    expect(await said(mona, hidden)).toBeUndefined()
  })
})

describe('passwords that a service elsewhere knows', () => {
  let http: Server
  let answer: { status: number; body: string } = { status: 200, body: '' }
  const asked: string[] = []
  const config = { text: '' }
  beforeAll(async () => {
    http = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(answer.status).end(answer.body)
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    config.text = String((http.address() as AddressInfo).port)
  })
  afterAll(() => {
    http.close()
  })
  const own = ownServer(
    () => `
[modules.mod_muc]
http_auth_pool = "rooms"
default_room.password_protected = true
[outgoing_pools.http.rooms]
workers = 2
[outgoing_pools.http.rooms.connection]
host = "http://127.0.0.1:${config.text}"
path_prefix = "/muc/"
`,
  )

  it('right, wrong, and a service that does not answer', async () => {
    const [lena, mona] = [await own.client('lena', 'pc'), await own.client('mona', 'pc')]
    const room = freshRoom('localhost')
    answer = { status: 200, body: '{"code":0,"msg":"OK"}' }
    asksIn(lena, room, 'first', '<password>a b&amp;c</password>')
    await lena.takes((each) => codesOf(each).includes('201'))
    expect(asked).toEqual([
      `/muc/check_password?from=${encodeURIComponent(lena.jid)}&to=${encodeURIComponent(room)}&pass=a%20b%26c`,
    ])
    await lena.asks(`<query xmlns='${ownerNs}'><x xmlns='${formsNs}' type='submit'/></query>`, 'set', { to: room })
    const refusal = async () => {
      mona.sends(`<presence to='${room}/second'><x xmlns='${mucNs}'><password>x</password></x></presence>`)
      return mona.takes((each) => each.attr('type') === 'error')
    }
    answer = { status: 200, body: '{"code":7,"msg":"no way"}' }
    const wrong = await refusal()
    expect(errorOf(wrong)).toBe('not-authorized')
    expect(wrong.toString()).toContain('7 no way')
    for (const broken of [
      { status: 500, body: '' },
      { status: 200, body: 'what?' },
    ]) {
      answer = broken
      expect(errorOf(await refusal())).toBe('service-unavailable')
    }
    http.closeAllConnections()
    http.close()
    expect(errorOf(await refusal())).toBe('service-unavailable')
  })
})
