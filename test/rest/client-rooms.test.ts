import { describe, expect, it } from 'vitest'
import { apiServer } from '../support/client-api.ts'
import { affiliations, creation, lightService, says, told } from '../support/light-rooms.ts'
import type { RestClient } from '../support/rest-client.ts'

const rooms = `[modules.mod_muc_light]
[modules.mod_mam]
pm = {}
muc = { host = "${lightService}", archive_chat_markers = true }
`
const what = { name: 'Book club', subject: 'Week 1' }

async function makes(owner: RestClient): Promise<string> {
  const { status, json } = await owner.ask('POST /rooms', what)
  expect(status).toBe(201)
  return (json as { id: string }).id
}

describe('REST for clients: rooms', () => {
  const own = apiServer(rooms)
  const cast = () => Promise.all([own.both('lena'), own.both('otto'), own.both('mia')])

  it('are made, listed and shown', async () => {
    const [lena, otto] = await cast()
    expect(await lena.rest.gets('GET /rooms')).toEqual([200, []])
    const id = await makes(lena.rest)
    expect(await told(lena.client, `${id}@${lightService}`)).toMatchObject({ users: expect.stringContaining('owner') })
    expect(await lena.rest.gets('GET /rooms')).toEqual([200, [{ id, ...what }]])
    expect(await otto.rest.gets('GET /rooms')).toEqual([200, []])
    const participants = [{ user: lena.rest.bare, role: 'owner' }]
    for (const name of [id, `${id}@${lightService}`, encodeURIComponent(`${id}@${lightService}`)]) {
      expect(await lena.rest.gets(`GET /rooms/${name}`)).toEqual([200, { ...what, participants }])
    }
  })

  it('are made with an id of your choice, once', async () => {
    const [lena, otto] = await cast()
    const id = `club-${lena.rest.bare.split('@')[0]}`
    expect(await lena.rest.gets(`PUT /rooms/${id.toUpperCase()}`, what)).toEqual([201, { id }])
    expect((await otto.rest.ask(`PUT /rooms/${id}`, { ...what, name: 'Mine' })).status).toBe(403)
    expect(await lena.rest.gets(`GET /rooms/${id}`)).toMatchObject([200, what])
  })

  it('are open to those who belong to them only', async () => {
    const [lena, otto] = await cast()
    const id = await makes(lena.rest)
    const other = { name: 'x', subject: 'y' }
    const attempts: readonly [string, unknown?][] = [
      [`GET /rooms/${id}`],
      [`PUT /rooms/${id}/config`, other],
      [`POST /rooms/${id}/users`, { user: otto.rest.bare }],
      [`DELETE /rooms/${id}/users/${lena.rest.bare}`],
      [`GET /rooms/${id}/messages`],
      [`GET /rooms/${id}/messages?limit=0`],
      [`POST /rooms/${id}/messages`, { body: 'hi' }],
    ]
    for (const [line, body] of attempts) {
      expect((await otto.rest.ask(line, body)).status, line).toBe(403)
      const absent = line.replace(id, 'no-such-room')
      expect((await otto.rest.ask(absent, body)).status, absent).toBe(404)
      const wrong = line.replace(id, `${id}@muc.elsewhere.example`)
      expect(await otto.rest.gets(wrong, body), wrong).toEqual([400, 'Invalid room ID'])
    }
    expect(await lena.rest.gets(`GET /rooms/${id}`)).toMatchObject([200, what])
  })

  it('are changed by their owner', async () => {
    const [lena, otto] = await cast()
    const id = await makes(lena.rest)
    await lena.rest.ask(`POST /rooms/${id}/users`, { user: otto.rest.bare })
    const other = { name: 'Chess', subject: '' }
    expect((await otto.rest.ask(`PUT /rooms/${id}/config`, other)).status).toBe(403)
    expect(await lena.rest.gets(`PUT /rooms/${id}/config`, other)).toEqual([204, undefined])
    expect(await otto.rest.gets(`GET /rooms/${id}`)).toMatchObject([200, other])
  })

  it('get members from their owner; members leave, and owners put out', async () => {
    const [lena, otto, mia] = await cast()
    const id = await makes(lena.rest)
    const users = (rest: RestClient, user: RestClient) => rest.gets(`POST /rooms/${id}/users`, { user: user.bare })
    const leave = (rest: RestClient, user: RestClient) => rest.gets(`DELETE /rooms/${id}/users/${user.bare}`)
    expect(await users(lena.rest, otto.rest)).toEqual([204, undefined])
    expect(await told(otto.client, `${id}@${lightService}`)).toMatchObject({ users: expect.stringContaining('member') })
    expect(await users(lena.rest, otto.rest)).toEqual([204, undefined])
    expect((await users(otto.rest, mia.rest))[0]).toBe(403)
    expect(await users(lena.rest, mia.rest)).toEqual([204, undefined])
    expect((await leave(otto.rest, mia.rest))[0]).toBe(403)
    expect((await leave(otto.rest, lena.rest))[0]).toBe(403)
    expect(await leave(otto.rest, otto.rest)).toEqual([204, undefined])
    expect(await leave(lena.rest, mia.rest)).toEqual([204, undefined])
    const participants = [{ user: lena.rest.bare, role: 'owner' }]
    expect(await lena.rest.gets(`GET /rooms/${id}`)).toEqual([200, { ...what, participants }])
    const nobody = await lena.rest.ask(`POST /rooms/${id}/users`, { user: 'nobody@localhost' })
    expect(nobody.status).toBe(404)
  })

  it('are talked in, by whatever way, and everybody reads what was said', async () => {
    const [lena, otto] = await cast()
    const id = await makes(lena.rest)
    const room = `${id}@${lightService}`
    await lena.rest.ask(`POST /rooms/${id}/users`, { user: otto.rest.bare })
    const said = await lena.rest.ask(`POST /rooms/${id}/messages`, { body: 'hello', markable: true })
    const first = (said.json as { id: string }).id
    expect([said.status, first]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    await otto.client.takes((each) => each.attr('id') === first && each.attr('from') === `${room}/${lena.rest.bare}`)
    says(otto.client, room, 'hi', 'm2')
    await lena.client.takes((each) => each.attr('id') === 'm2')
    const chat_marker = { type: 'displayed', id: first }
    const marked = await otto.rest.ask(`POST /rooms/${id}/messages`, { chat_marker })
    const common = { timestamp: expect.any(Number) }
    const [mine, his] = [lena.rest.bare, otto.rest.bare]
    expect(await otto.rest.gets(`GET /rooms/${id}/messages`)).toEqual([
      200,
      [
        { ...common, id: expect.any(String), type: 'affiliation', from: room, user: mine, affiliation: 'owner' },
        { ...common, id: expect.any(String), type: 'affiliation', from: room, user: his, affiliation: 'member' },
        { ...common, id: first, type: 'message', from: mine, body: 'hello', markable: true },
        { ...common, id: 'm2', type: 'message', from: his, body: 'hi' },
        { ...common, id: (marked.json as { id: string }).id, type: 'message', from: his, chat_marker },
      ],
    ])
    const page = await lena.rest.ask(`GET /rooms/${id}/messages?limit=1`)
    const [last] = page.json as [{ timestamp: number }]
    expect(page.json).toMatchObject([{ chat_marker }])
    expect(await lena.rest.gets(`GET /rooms/${id}/messages?limit=0`)).toEqual([200, []])
    const before = await lena.rest.ask(`GET /rooms/${id}/messages?before=${last.timestamp}&limit=500`)
    expect((before.json as { timestamp: number }[]).every(({ timestamp }) => timestamp < last.timestamp)).toBe(true)
  })

  it('are refused what is wrong', async () => {
    const lena = await own.user('lena')
    const id = await makes(lena)
    const wrong: readonly [string, unknown, string][] = [
      ['POST /rooms', { subject: 'x' }, 'Missing room name'],
      ['POST /rooms', { name: 'x' }, 'Missing room subject'],
      ['POST /rooms', { name: '', subject: '' }, 'Invalid room name'],
      ['POST /rooms', { name: 1, subject: '' }, 'Invalid room name'],
      ['PUT /rooms/%40', what, 'Invalid room ID'],
      [`PUT /rooms/${id}/config`, { name: 'x' }, 'Missing room subject'],
      [`POST /rooms/${id}/users`, {}, 'Missing user JID'],
      [`POST /rooms/${id}/users`, { user: 'localhost' }, 'Invalid user JID'],
      [`DELETE /rooms/${id}/users/localhost`, undefined, 'Invalid user JID'],
      [`POST /rooms/${id}/messages`, {}, 'Missing message body'],
      [`POST /rooms/${id}/messages`, { markable: true }, 'Missing message body'],
      [`POST /rooms/${id}/messages`, { body: '' }, 'Invalid message body'],
      [`POST /rooms/${id}/messages`, { body: 'x', markable: 1 }, 'Invalid markable'],
      [`POST /rooms/${id}/messages`, { chat_marker: { type: 'seen', id: 'x' } }, 'Invalid chat marker'],
      [`POST /rooms/${id}/messages`, { chat_marker: { type: 'displayed' } }, 'Invalid chat marker'],
      [`GET /rooms/${id}/messages?limit=501`, undefined, 'Invalid limit'],
      [`GET /rooms/${id}/messages?before=x`, undefined, 'Invalid before'],
    ]
    for (const [line, body, reason] of wrong) expect(await lena.gets(line, body), line).toEqual([400, reason])
    expect((await lena.ask(`GET /rooms/${id}/users`)).status).toBe(405)
    expect((await lena.ask(`DELETE /rooms/${id}`)).status).toBe(405)
  })

  it('that clients have made are the same', async () => {
    const [lena, otto] = await cast()
    const room = `made-${lena.rest.bare.split('@')[0]}@${lightService}`
    const settings = '<roomname>Chess</roomname><subject>Elo</subject>'
    await lena.client.asks(creation(settings, `${otto.rest.bare} member`), 'set', { to: room })
    const id = room.split('@')[0]
    expect(await otto.rest.gets('GET /rooms')).toEqual([200, [{ id, name: 'Chess', subject: 'Elo' }]])
    await lena.client.asks(affiliations(`${otto.rest.bare} none`), 'set', { to: room })
    expect(await otto.rest.gets('GET /rooms')).toEqual([200, []])
  })
})
