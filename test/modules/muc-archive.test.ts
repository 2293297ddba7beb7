import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../support/client.ts'
import { lightService, makesRoom } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'
import { asksIn, changes, enters, freshRoom, opens } from '../support/rooms.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import type { XmlNode } from '../support/xml.ts'

const mam = 'urn:xmpp:mam:2'
const sid = 'urn:xmpp:sid:0'
const forward = 'urn:xmpp:forward:0'
const persistent = { 'muc#roomconfig_persistentroom': '1' }
const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`

async function says(client: Client, room: string, text: string): Promise<XmlNode> {
  client.sends(`<message to='${room}' type='groupchat'><body>${text}</body></message>`)
  return client.takes((each) => each.child('body')?.text() === text)
}

/** What an archive answers: the messages by id. */
async function archived(client: Client, room: string): Promise<Map<string, XmlNode>> {
  await client.asks(`<query xmlns='${mam}' queryid='q'/>`, 'set', { to: room })
  const found = new Map<string, XmlNode>()
  for (const each of await client.drains()) {
    const result = each.child('result', mam)
    const message = result?.child('forwarded', forward)?.child('message', 'jabber:client')
    if (result !== undefined && message !== undefined) found.set(result.attr('id') ?? '', message)
  }
  return found
}

describe('the archives of rooms on several domains', () => {
  let server: OwnTestServer
  beforeAll(async () => {
    const config = `
[general]
hosts = ["one.example"]
host_types = ["others"]
default_server_domain = "one.example"
registration_timeout = "infinity"
loglevel = "error"
[services.service_domain_db]
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[auth.password]
scram_iterations = 4096
[modules.mod_ping]
[modules.mod_muc]
[modules.mod_mam]
muc = {}
`
    server = await startTestServer({ config })
    for (const domain of ['two.example', 'three.example']) {
      await server.server.commands.run('domain.addDomain', { domain, hostType: 'others' })
    }
  })
  afterAll(() => server.stop())

  it.each(['one.example', 'two.example', 'three.example'])('are kept beside %s', async (domain) => {
    await server.server.commands.run('account.registerUser', { domain, username: 'alice', password: 'secret' })
    const alice = await Client.signIn({ ...server, domain }, { local: 'alice', password: 'secret' }, 'pc')
    await alice.isPresent()
    const room = freshRoom(domain)
    await opens(alice, room, persistent)
    await says(alice, room, 'kept')
    expect([...(await archived(alice, room)).values()].map((each) => each.child('body')?.text())).toEqual(['kept'])
    const shown = (await server.server.commands.run('muc.getRoomMessages', { room, pageSize: 1 })) as {
      readonly stanzas: readonly { readonly stanza: string }[]
    }
    expect(shown.stanzas.map(({ stanza }) => /<body>(.*)<\/body>/.exec(stanza)?.[1])).toEqual(['kept'])
    const nowhere = { room: freshRoom(domain) }
    await expect(server.server.commands.run('muc.getRoomMessages', nowhere)).rejects.toMatchObject({
      code: 'room_not_found',
    })
    alice.destroy()
  })
})

describe('the archive of rooms', () => {
  const own = ownServer(`
[modules.mod_mam]
[modules.mod_mam.muc]
[modules.mod_stanzaid]
[modules.mod_muc]
hibernate_timeout = 500
hibernated_room_timeout = 1
hibernated_room_check_interval = 50
`)

  it('what was said is found in the archive of the room, under the id that everybody saw', async () => {
    const [lena, mona] = [await own.client('lena', 'pc'), await own.client('mona', 'pc')]
    const room = freshRoom('localhost')
    await opens(lena, room, persistent)
    await enters(mona, room, 'second')
    const heard = await says(mona, room, 'kept')
    const id = heard.child('stanza-id', sid)?.attr('id') ?? ''
    expect(heard.elements().filter((each) => each.ns === sid)).toHaveLength(1)
    expect((await archived(mona, room)).get(id)?.child('body')?.text()).toBe('kept')
    expect((await mona.asks(info, 'get', { to: room })).toString()).toContain(mam)
    expect((await mona.asks(info, 'get', { to: 'conference.localhost' })).toString()).toContain(mam)
  })

  it('is read by who may enter, and only moderators see addresses there', async () => {
    const [lena, mona, ola] = [
      await own.client('lena', 'p2'),
      await own.client('mona', 'p2'),
      await own.client('ola', 'p2'),
    ]
    const room = freshRoom('localhost')
    await opens(lena, room, { ...persistent, 'muc#roomconfig_membersonly': '1' })
    await lena.asks(changes(`affiliation='member' jid='mona@localhost'`), 'set', { to: room })
    await enters(mona, room, 'second')
    await says(lena, room, 'secret')
    const query = `<query xmlns='${mam}'/>`
    await ola.asks(query, 'set', { to: room, refused: 'not-allowed' })
    const [seen] = [...(await archived(mona, room)).values()]
    expect(seen?.toString()).not.toContain('lena@localhost')
    const [shown] = [...(await archived(lena, room)).values()]
    expect(shown?.toString()).toContain('lena@localhost')
  })

  it('a moderated message is a tombstone there', async () => {
    const lena = await own.client('lena', 'p3')
    const room = freshRoom('localhost')
    await opens(lena, room, persistent)
    const id = (await says(lena, room, 'rude')).child('stanza-id', sid)?.attr('id') ?? ''
    await lena.asks(
      `<moderate xmlns='urn:xmpp:message-moderate:1' id='${id}'><retract xmlns='urn:xmpp:message-retract:1'/></moderate>`,
      'set',
      { to: room },
    )
    const left = (await archived(lena, room)).get(id)
    expect(left?.child('body')).toBeUndefined()
    expect(left?.child('retracted', 'urn:xmpp:message-retract:1')).toBeDefined()
  })

  it('a query wakes a room that sleeps', async () => {
    const [lena, mona] = [await own.client('lena', 'p4'), await own.client('mona', 'p4')]
    const room = freshRoom('localhost')
    await opens(lena, room, persistent)
    await says(lena, room, 'before the night')
    await lena.takes((each) => each.attr('type') === 'unavailable' && each.attr('from') === `${room}/owner`)
    const found = [...(await archived(mona, room)).values()]
    expect(found.map((each) => each.child('body')?.text())).toEqual(['before the night'])
  })

  it('goes with the room: who makes one of the same name finds nothing', async () => {
    const [lena, mona] = [await own.client('lena', 'p5'), await own.client('mona', 'p5')]
    const room = freshRoom('localhost')
    await opens(lena, room)
    await says(lena, room, 'among us')
    lena.sends(`<presence type='unavailable' to='${room}/owner'/>`)
    await lena.takes((each) => each.attr('type') === 'unavailable')
    asksIn(mona, room, 'owner')
    await mona.takes((each) => each.child('subject') !== undefined)
    expect((await archived(mona, room)).size).toBe(0)
  })
})

describe('the archives of accounts that keep what is said in rooms', () => {
  const own = ownServer(`
[modules.mod_mam]
[modules.mod_mam.pm]
archive_groupchats = true
[modules.mod_mam.muc]
[modules.mod_muc]
`)

  it('have it beside that of the room, once, and not again at each entering', async () => {
    const [lena, mona] = [await own.client('lena', 'pc'), await own.client('mona', 'pc')]
    const room = freshRoom('localhost')
    await opens(lena, room, persistent)
    await enters(mona, room, 'second')
    await says(mona, room, 'kept')
    const bodies = async (client: Client, where: string) =>
      [...(await archived(client, where)).values()].map((each) => each.child('body')?.text()).filter(Boolean)
    expect(await bodies(lena, 'lena@localhost')).toEqual(['kept'])
    mona.sends(`<presence to='${room}/second' type='unavailable'/>`)
    await enters(mona, room, 'second')
    expect(await bodies(mona, room)).toEqual(['kept'])
    expect(await bodies(lena, 'lena@localhost')).toEqual(['kept'])
  })
})

describe('what rooms and their services announce of archives', () => {
  const archives = (service: string, more = '') => `[modules.mod_mam.muc]\nhost = "${service}.@HOST@"\n${more}`
  const keeping = ownServer(`[modules.mod_muc]\n${archives('conference', 'message_retraction = false')}`)
  const retracting = ownServer(`[modules.mod_muc]\n${archives('conference')}`)
  const light = ownServer(`[modules.mod_muc_light]\n${archives('muclight')}`)

  const always = ['urn:xmpp:mam:1', mam, `${mam}#extended`, 'urn:xmpp:message-retract:0', 'urn:xmpp:message-retract:1']
  const withRetraction = [
    ...always,
    'urn:xmpp:message-retract:0#tombstone',
    'urn:xmpp:message-retract:1#tombstone',
    'urn:esl:message-retract-by-stanza-id:0',
  ]

  /** The features that have to do with archives; none may stand there twice. */
  async function announced(client: Client, to: string): Promise<(string | undefined)[]> {
    const answer = await client.asks(info, 'get', { to })
    const found = answer.child('query', 'http://jabber.org/protocol/disco#info')?.elements() ?? []
    const features = found.filter(({ name }) => name === 'feature').map((each) => each.attr('var'))
    expect(new Set(features).size).toBe(features.length)
    return features.filter((name) => /mam|message-retract/.test(name ?? '')).sort()
  }

  it.each([
    ['with retraction', retracting, withRetraction],
    ['without', keeping, always],
  ] as const)('%s: the service and a room', async (_name, own, expected) => {
    const lena = await own.client('lena', 'pc')
    const room = freshRoom('localhost')
    await opens(lena, room)
    expect(await announced(lena, 'conference.localhost')).toEqual([...expected].sort())
    expect(await announced(lena, room)).toEqual([...expected].sort())
  })

  it('MUC Light does so too', async () => {
    const lena = await light.client('lena', 'pc')
    const room = await makesRoom(lena)
    expect(await announced(lena, lightService)).toEqual([...withRetraction].sort())
    expect(await announced(lena, room)).toEqual([...withRetraction].sort())
  })
})
