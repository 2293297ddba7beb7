import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { mamApi, type RoomAccess, type RoomArchives } from '../../src/modules/mam/api.ts'
import type { Stanza } from '../../src/stanza/stanza.ts'
import { letRun } from '../../src/util/settled.ts'
import { el } from '../../src/xml/element.ts'
import { mam, query, search } from '../support/archive.ts'
import { Client } from '../support/client.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import type { XmlNode } from '../support/xml.ts'

const muc = 'http://jabber.org/protocol/muc#user'
const room = Jid.parse('tower@conference.localhost')

/** Who may do what, by local part; nobody else may do anything. */
const members = new Map<string, RoomAccess>()
let archives: RoomArchives | undefined

/** As much of a room as its archive needs: everybody's nick is the local part, and what is said comes back. */
const tower = defineModule({
  name: 'mod_tower',
  about: 'A room.',
  xeps: [],
  options: z.strictObject({}),
  needs: ['mod_mam'],
  setup({ serve, use, router }) {
    const rooms = use(mamApi).rooms as RoomArchives
    archives = rooms
    serve({
      template: 'conference.@HOST@',
      open: () => (stanza, session) => {
        const { from, kind } = stanza
        if (from === undefined) return undefined
        const access = members.get(from.local) ?? { mayRead: 'Go away.', isOwner: false, seesAddresses: false }
        if (kind === 'iq') {
          const request = { type: stanza.type as 'get', from, to: room, payload: stanza.elements()[0] as never, stanza }
          if (!rooms.answers(request.payload)) return router.bounce(stanza, 'service-unavailable')
          return rooms.answer(request, session, access).then(
            (payload) => router.post(stanza.result(payload)),
            (error) => router.post(stanza.errorReply(error) as Stanza),
          )
        }
        letRun(
          async () => {
            const said = stanza.readdressed(room.withResource(from.local), undefined)
            const sent = await rooms.append({
              room,
              stanza: said,
              sender: from,
              affiliation: 'none',
              role: 'participant',
            })
            router.post(sent.readdressed(sent.from, from))
          },
          () => {},
        )
        return undefined
      },
    })
  },
})

const config = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[auth.password]
scram_iterations = 4096
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
[modules.mod_tower]
[modules.mod_mam]
user_prefs_store = "rdbms"
[modules.mod_mam.muc]

`

describe('archives of rooms', () => {
  let server: OwnTestServer
  const clients: Client[] = []
  beforeAll(async () => {
    server = await startTestServer({ config, modules: [tower] })
  })
  afterAll(async () => {
    for (const client of clients) client.destroy()
    await server.stop()
  })

  async function enter(name: string, access?: Partial<RoomAccess>): Promise<Client> {
    await server.registerUser(name, 'secret').catch(() => {})
    members.set(name, { mayRead: true, isOwner: false, seesAddresses: false, ...access })
    const client = await Client.signIn(server, { local: name, password: 'secret' }, 'pc')
    clients.push(client)
    return client
  }
  async function says(client: Client, inner: string, id = 'g1'): Promise<XmlNode> {
    client.sends(`<message to='${room.full}' type='groupchat' id='${id}'>${inner}</message>`)
    return (await client.receives(`<message type='groupchat'>{any}</message>`)).element
  }
  const to = room.full
  const itemsIn = (messages: readonly XmlNode[]) =>
    messages.map((message) => message.child('x', muc)?.child('item', muc)?.attr('jid'))

  it('give what is sent its id, and forget the client that forges who it is', async () => {
    const romeo = await enter('romeo')
    const forged = `<x xmlns='${muc}'><item jid='king@localhost' role='moderator'/></x>`
    const id = `<stanza-id xmlns='urn:xmpp:sid:0' by='${room.full}' id='forged'/>`
    const sent = await says(romeo, `<body>one</body>${forged}${id}`)
    const found = await search(romeo, { to })
    expect(
      sent
        .elements()
        .filter((node) => node.name === 'stanza-id')
        .map((node) => node.attr('id')),
    ).toEqual(found.ids)
    expect(found.bodies).toEqual(['one'])
    expect(found.messages[0]?.attrs).toMatchObject({ from: `${room.full}/romeo`, type: 'groupchat' })
    expect(found.messages[0]?.attr('to')).toBeUndefined()
    expect(itemsIn(found.messages)).toEqual([romeo.jid])
    expect(sent.child('x', muc)?.child('item', muc)?.attr('jid')).toBe('king@localhost')
  })

  it('show who has written what to those who may see it, and to the author', async () => {
    const [romeo, juliet] = [await enter('romeo'), await enter('juliet')]
    const nurse = await enter('nurse', { seesAddresses: true })
    await says(juliet, '<body>two</body>')
    expect(itemsIn((await search(romeo, { to })).messages)).toEqual([romeo.jid, undefined])
    expect(itemsIn((await search(juliet, { to })).messages)).toEqual([undefined, juliet.jid])
    expect(itemsIn((await search(nurse, { to })).messages)).toEqual([romeo.jid, juliet.jid])
    const by = async (client: Client, address: string) =>
      (await search(client, { to, fields: { with: address } })).bodies
    expect(await by(romeo, `${room.full}/juliet`)).toEqual(['two'])
    expect(await by(romeo, room.full)).toEqual(['one', 'two'])
    expect(await by(romeo, juliet.bare)).toEqual([])
    expect(await by(nurse, juliet.bare)).toEqual(['two'])
    expect(await by(nurse, 'nobody@localhost')).toEqual([])
    expect((await search(romeo, { to, fields: { fulltext: 'two' } })).bodies).toEqual(['two'])
  })

  it('are closed to those who may not enter', async () => {
    const tybalt = await enter('tybalt', { mayRead: 'You are banned.' })
    const refused = await tybalt.asks(query({}), 'set', { to, refused: 'not-allowed' })
    expect(String(refused)).toContain('The action is not allowed. You are banned.')
    await tybalt.asks(`<metadata xmlns='${mam}'/>`, 'get', { to, refused: 'not-allowed' })
    await tybalt.receivesNothing()
  })

  it('take preferences from owners only', async () => {
    const [romeo, prince] = [await enter('romeo'), await enter('prince', { isOwner: true })]
    const never = `<prefs xmlns='${mam}' default='always'><never><jid>${room.full}/paris</jid></never></prefs>`
    await romeo.asks(never, 'set', { to, refused: 'not-allowed' })
    await prince.asks(never, 'set', { to })
    const told = (await romeo.asks(`<prefs xmlns='${mam}'/>`, 'get', { to })).child('prefs', mam)
    expect(told?.child('never')?.elements()).toHaveLength(1)
    const paris = await enter('paris')
    const before = (await search(prince, { to })).ids.length
    expect((await says(paris, '<body>unheard of</body>')).child('stanza-id', 'urn:xmpp:sid:0')).toBeUndefined()
    await says(romeo, '<body>three</body>')
    expect((await search(prince, { to })).ids).toHaveLength(before + 1)
  })

  it('take back what its author retracts, nobody else', async () => {
    const [romeo, juliet] = [await enter('romeo'), await enter('juliet')]
    await says(romeo, '<body>oops</body>', 'g7')
    const id = (await search(romeo, { to })).ids.at(-1) ?? ''
    const retract = `<retract xmlns='urn:xmpp:message-retract:1' id='${id}'/>`
    await says(juliet, retract, 'r1')
    expect((await search(romeo, { to, fields: { ids: id } })).bodies).toEqual(['oops'])
    await says(romeo, retract, 'r2')
    const [left] = (await search(juliet, { to, fields: { ids: id } })).messages
    expect(left?.elements().map((node) => [node.name, node.attr('id')])).toEqual([['retracted', 'r2']])
  })

  it('answer the module of the room: find, tombstone, history, count, remove', async () => {
    const romeo = await enter('romeo')
    await says(romeo, '<body>spoken</body>')
    const rooms = archives as RoomArchives
    expect([rooms.serves('conference.localhost'), rooms.serves('muc.localhost')]).toEqual([true, false])
    const [newest] = [...(await rooms.history(room, { limit: 1 }))]
    expect(newest?.stanza.child('body')?.text()).toBe('spoken')
    const id = newest?.id ?? ''
    expect((await rooms.find(room, id))?.sender).toBe(romeo.jid)
    expect(await rooms.tombstone(room, id, el('retracted', 'urn:xmpp:message-retract:1'))).toBe(true)
    expect(await rooms.tombstone(room, '7', el('retracted', 'urn:xmpp:message-retract:1'))).toBe(false)
    expect((await search(romeo, { to, fields: { ids: id } })).messages[0]?.elements().map(({ name }) => name)).toEqual([
      'retracted',
    ])
    expect(await rooms.count(room)).toBeGreaterThan(3)
    const host = server.server.hostOf('localhost')
    expect(host).toBeDefined()
    await rooms.remove(room)
    expect(await rooms.count(room)).toBe(0)
    expect(await rooms.find(room, id)).toBeUndefined()
    expect(await rooms.history(room, { limit: 5 })).toEqual([])
    const told = (await romeo.asks(`<prefs xmlns='${mam}'/>`, 'get', { to })).child('prefs', mam)
    expect(told?.child('never')?.elements()).toEqual([])
  })

  it('do not take what is no message of the room: hints, old ones', async () => {
    const romeo = await enter('romeo')
    await says(romeo, `<body>4</body><no-store xmlns='urn:xmpp:hints'/>`)
    await says(romeo, `<subject>Verona</subject>`)
    await says(romeo, `<subject>Verona</subject><store xmlns='urn:xmpp:hints'/>`)
    expect((await search(romeo, { to })).ids).toHaveLength(1)
  })
})
