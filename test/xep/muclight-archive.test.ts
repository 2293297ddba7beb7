import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { type LightEvent, lightBroadcast, lightEvent } from '../../src/modules/muc-light/api.ts'
import { StanzaError } from '../../src/stanza/stanza-error.ts'
import { el } from '../../src/xml/element.ts'
import { type Client, errorOf } from '../support/client.ts'
import {
  affiliations,
  configuration,
  creation,
  destruction,
  freshLightRoom,
  lightNs,
  lightService,
  makesRoom,
  occupantsOf,
  says,
} from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'
import type { XmlNode } from '../support/xml.ts'

const mam = 'urn:xmpp:mam:2'
const sid = 'urn:xmpp:sid:0'
const form = (type: string) => `<query xmlns='${mam}' queryid='${type}'/>`

/** The messages of an archive, oldest first. */
async function archived(client: Client, to: string): Promise<XmlNode[]> {
  await client.drains()
  await client.asks(form('q'), 'set', { to })
  const found = (await client.drains()).map((each) => each.child('result', mam))
  const forwarded = found.flatMap((each) => each?.child('forwarded', 'urn:xmpp:forward:0') ?? [])
  return forwarded.flatMap((each) => each.child('message', 'jabber:client') ?? [])
}

/** What a message in the archive is about, for short. */
function gist(message: XmlNode): string {
  const x = message.elements().find(({ ns }) => ns.startsWith(lightNs))
  const body = message.child('body')?.text()
  if (x === undefined) return `said ${body}`
  const parts = x.elements().map((each) => {
    const users =
      each.name === 'user' ? `${each.text().split('@')[0]?.replace(/\d+$/, '')} ${each.attr('affiliation')}` : each.name
    return users
  })
  return `${x.ns.split('#')[1]}: ${parts.join(', ')}`
}

let count = 0
const cast = (own: ReturnType<typeof ownServer>) => {
  count++
  return Promise.all(['lena', 'otto', 'mia'].map((name) => own.client(`${name}${count}`, 'pc'))) as Promise<
    Client[] & { 0: Client; 1: Client; 2: Client }
  >
}

describe('MUC Light: the archive of a room', () => {
  const own = ownServer(`[modules.mod_muc_light]
[modules.mod_stanzaid]
[modules.mod_mam.pm]
[modules.mod_mam.muc]
host = "muclight.@HOST@"
`)

  it('has what was said and what has changed, in order, without the versions before; accounts have nothing of it', async () => {
    const [lena, otto, mia] = await cast(own)
    const room = await makesRoom(lena, [otto])
    says(lena, room, 'one')
    await lena.isHeard()
    await lena.asks(configuration('<subject>Soup</subject>'), 'set', { to: room })
    await lena.asks(affiliations(`${mia.bare} member`), 'set', { to: room })
    says(mia, room, 'two')
    await mia.isHeard()
    await lena.asks(affiliations(`${otto.bare} none`), 'set', { to: room })
    const all = await archived(mia, room)
    expect(all.map(gist)).toEqual([
      'affiliations: version, lena owner, otto member',
      'said one',
      'configuration: version, subject',
      'affiliations: version, mia member',
      'said two',
      'affiliations: version, otto none',
    ])
    const froms = all.map((each) => each.attr('from'))
    expect(froms).toEqual([room, `${room}/${lena.bare}`, room, room, `${room}/${mia.bare}`, room])
    // Only the own messages tell the full address.
    expect(String(all[4])).toContain(mia.jid)
    expect(String(all[1])).not.toContain(lena.jid)
    expect(await archived(lena, lena.bare)).toEqual([])
    await otto.asks(form('q'), 'set', { to: room, refused: 'item-not-found' })
  })

  it('gives everybody the same id of each message', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    otto.sends(
      `<message to='${room}' type='groupchat' id='m1'><body>x</body><stanza-id xmlns='${sid}' by='${room}' id='forged'/></message>`,
    )
    const heard = await Promise.all(
      [lena, otto].map((client) => client.takes((each) => each.child('body')?.text() === 'x')),
    )
    const ids = heard.map((each) =>
      each
        .elements()
        .filter(({ name }) => name === 'stanza-id')
        .map((id) => id.attr('id')),
    )
    expect(ids[0]).toHaveLength(1)
    expect(ids[0]).not.toContain('forged')
    expect(ids[1]).toEqual(ids[0])
    await lena.asks(configuration('<subject>x</subject>'), 'set', { to: room })
    const notice = await otto.takes((each) => each.child('x', `${lightNs}#configuration`) !== undefined)
    expect(notice.child('stanza-id', sid)?.attr('by')).toBe(room)
  })

  it('is gone with the room', async () => {
    const [lena] = await cast(own)
    const room = await makesRoom(lena)
    says(lena, room, 'secret')
    await lena.isHeard()
    await lena.asks(destruction, 'set', { to: room })
    await makesRoom(lena, [], room)
    expect((await archived(lena, room)).map(gist)).toEqual(['affiliations: version, lena owner'])
    await lena.asks(affiliations(`${lena.bare} none`), 'set', { to: room })
    await lena.asks(form('q'), 'set', { to: room, refused: 'item-not-found' })
    await makesRoom(lena, [], room)
    expect(await archived(lena, room)).toHaveLength(1)
  })

  it('is announced, and preferences are for owners', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    const info = await lena.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to: lightService })
    expect(String(info)).toContain(mam)
    const answer = await otto.asks(form('q'), 'get', { to: room })
    expect(answer.child('query', mam)).toBeDefined()
    await lena.asks(`<metadata xmlns='${mam}'/>`, 'get', { to: room })
  })

  it('is shown by a command', async () => {
    const [lena] = await cast(own)
    const room = await makesRoom(lena)
    says(lena, room, 'one')
    await lena.isHeard()
    const { stanzas } = (await own.command('muc_light.getRoomMessages', { room, pageSize: 1 })) as {
      stanzas: { sender: string; stanza: string }[]
    }
    expect(stanzas.map(({ sender }) => sender)).toEqual([`${room}/${lena.bare}`])
    expect(stanzas[0]?.stanza).toContain('<body>one</body>')
  })
})

describe('MUC Light: archives of accounts, where they keep what rooms send', () => {
  const own = ownServer(`[modules.mod_muc_light]
[modules.mod_offline]
store_groupchat_messages = true
[modules.mod_mam.pm]
archive_groupchats = true
[modules.mod_mam.muc]
host = "muclight.@HOST@"
`)

  it('have it too', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    says(lena, room, 'one')
    await lena.isHeard()
    expect((await archived(otto, otto.bare)).map(gist)).toEqual(['affiliations: version, otto member', 'said one'])
  })

  it('who was away gets what was said, and what has changed', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    await otto.leaves()
    says(lena, room, 'one')
    await lena.asks(configuration('<subject>Soup</subject>'), 'set', { to: room })
    const again = await own.client(`otto${count}`, 'pc')
    const messages = (await again.drains()).filter(({ name }) => name === 'message')
    expect(messages.map(gist)).toEqual(['said one', 'configuration: prev-version, version, subject'])
    expect(messages[0]?.child('delay', 'urn:xmpp:delay')).toBeDefined()
  })
})

describe('MUC Light: what modules make of messages', () => {
  const events: LightEvent['kind'][] = []
  const listener = defineModule({
    name: 'mod_listener',
    about: 'Looks at what is said.',
    xeps: [],
    options: z.strictObject({}),
    setup({ on }) {
      on(lightEvent, 'main', ({ event }) => void events.push(event.kind))
      on(lightBroadcast, 'filter', (broadcast) => {
        const body = broadcast.stanza.child('body')?.text()
        if (body === 'rude') throw new StanzaError('policy-violation')
        if (body === 'lost') return 'handled'
        if (body === 'plain') broadcast.stanza = broadcast.stanza.append(el('seen', 'urn:test'))
        return undefined
      })
    },
  })
  const own = ownServer('[modules.mod_muc_light]\n[modules.mod_listener]\n', { modules: [listener] })

  it('they may change, refuse and keep it, and hear of what happens to rooms', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    for (const body of ['plain', 'lost', 'rude']) says(lena, room, body)
    expect((await otto.takes((each) => each.child('body')?.text() === 'plain')).child('seen', 'urn:test')).toBeDefined()
    expect(errorOf(await lena.takes((each) => each.attr('type') === 'error'))).toBe('policy-violation')
    await otto.receivesNothing()
    await lena.asks(configuration('<subject>x</subject>'), 'set', { to: room })
    await lena.asks(affiliations(`${otto.bare} none`), 'set', { to: room })
    await lena.asks(affiliations(`${lena.bare} none`), 'set', { to: room })
    await makesRoom(lena, [], room)
    await lena.asks(destruction, 'set', { to: room })
    expect(events).toEqual([
      'created',
      'configured',
      'affiliations',
      'affiliations',
      'abandoned',
      'created',
      'destroyed',
    ])
  })

  it('a room is read from the disk once, however many ask for it', async () => {
    const [lena, otto] = await cast(own)
    const room = await makesRoom(lena, [otto])
    await own.restart()
    const again = await own.client(`lena${count}`, 'pc')
    const reads = async () =>
      (await own.server.server.metrics.values()).find(({ name }) => name === 'mod_muc_light_room_read_count')?.value
    says(again, room, 'one')
    says(again, room, 'two')
    await again.isHeard()
    await occupantsOf(again, room)
    expect(await reads()).toBe(1)
  })
})

describe('MUC Light: members elsewhere', () => {
  const own = ownServer('[modules.mod_muc_light]\n')
  let lena: Client
  beforeAll(async () => {
    ;[lena] = await cast(own)
  })

  it('a room does not mind who cannot be reached', async () => {
    const room = freshLightRoom()
    await lena.asks(creation('', 'nobody@localhost member', 'far@away.example member'), 'set', { to: room })
    await lena.drains()
    says(lena, room, 'anybody?')
    expect(await lena.takes((each) => each.name === 'message')).toMatchObject({ name: 'message' })
    await lena.receivesNothing()
    expect(Jid.parse(room).domain).toBe(lightService)
  })
})
