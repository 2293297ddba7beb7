import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { apiServer } from '../support/client-api.ts'
import { lightService } from '../support/light-rooms.ts'
import type { RestClient } from '../support/rest-client.ts'

const modules = `[modules.mod_muc_light]
[modules.mod_offline]
[[access.max_user_sessions]]
acl = "all"
value = 2
`

describe('REST for clients: events', () => {
  const own = apiServer(modules)
  const sessions = (rest: RestClient) => {
    const user = Jid.parse(rest.bare)
    return own.server.server.hostOf(user.domain)?.sessions.of(user) ?? []
  }
  const authorization = (rest: RestClient) => `Basic ${Buffer.from(`${rest.bare}:secret`).toString('base64')}`

  /** A request that is answered by hand. */
  async function asks(rest: RestClient, method: string, headers: Record<string, string> = {}) {
    const request = httpRequest(`${own.server.httpUrl}/api/sse`, {
      method,
      agent: false,
      headers: { authorization: authorization(rest), ...headers },
    })
    request.on('error', () => {})
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { request, response }
  }

  it('tell of messages to the user, in order and numbered, whoever sends them', async () => {
    const [lena, otto] = [await own.user('lena'), await own.both('otto')]
    const reader = await lena.reads()
    otto.client.sends(`<message type='chat' id='a' to='${lena.bare}'><body>one</body><thread>t</thread></message>`)
    otto.client.sends(`<message type='chat' id='b' to='${lena.bare}'><composing xmlns='urn:x'/></message>`)
    otto.client.sends(`<message id='c' to='${lena.bare}'><body>no chat</body></message>`)
    otto.client.sends(`<presence to='${lena.bare}'/>`)
    await otto.client.isHeard()
    const { json } = await otto.rest.ask('POST /messages', { to: lena.bare, body: 'two' })
    const common = { to: lena.bare, timestamp: expect.any(Number) }
    const first = await reader.next()
    expect(first).toEqual({
      event: 'message',
      id: '1',
      data: { ...common, from: otto.client.jid, id: 'a', body: 'one', thread: 't' },
    })
    const { timestamp } = first.data as { timestamp: number }
    expect(Math.abs(timestamp / 1000 - Date.now())).toBeLessThan(60_000)
    const { id } = json as { id: string }
    const data = { ...common, from: otto.rest.bare, id, body: 'two' }
    expect(await reader.next()).toEqual({ event: 'message', id: '2', data })
    reader.close()
  })

  it('tell of rooms', async () => {
    const [lena, otto] = [await own.user('lena'), await own.user('otto')]
    const reader = await lena.reads()
    const { json } = await otto.ask('POST /rooms', { name: 'Club', subject: 'x' })
    const { id: room } = json as { id: string }
    await otto.ask(`POST /rooms/${room}/users`, { user: lena.bare })
    const common = { room, id: expect.any(String), timestamp: expect.any(Number) }
    expect(await reader.next()).toEqual({
      event: 'room.message',
      id: '1',
      data: { ...common, type: 'affiliation', from: `${room}@${lightService}`, user: lena.bare, affiliation: 'member' },
    })
    await otto.ask(`PUT /rooms/${room}/config`, { name: 'Other', subject: 'y' })
    const chat_marker = { type: 'received', id: 'm' }
    await otto.ask(`POST /rooms/${room}/messages`, { body: 'hello', markable: true, chat_marker })
    const data = { ...common, type: 'message', from: otto.bare, body: 'hello', markable: true, chat_marker }
    expect(await reader.next()).toEqual({ event: 'room.message', id: '2', data })
    reader.close()
  })

  it('belong to a session that nobody sees, and which ends with the connection', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    const reader = await lena.rest.reads()
    const session = sessions(lena.rest).find(({ info }) => info.connection === 'sse')
    expect(session).toMatchObject({ priority: 0, presence: undefined, info: { address: '127.0.0.1' } })
    const full = session?.jid.full ?? ''
    expect(full).toMatch(new RegExp(`^${lena.rest.bare}/.{8,}`))
    await otto.client.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: full, refused: 'service-unavailable' })
    otto.client.sends(`<message type='chat' to='${full}'><body>to the stream</body></message>`)
    expect((await reader.next()).data).toMatchObject({ body: 'to the stream' })
    const ended = new Promise((resolve) => {
      const look = () => (sessions(lena.rest).length === 1 ? resolve(true) : setImmediate(look))
      look()
    })
    reader.close()
    await ended
    await lena.client.receivesNothing()
    await otto.client.receivesNothing()
  })

  it('end where the session is ended: by an admin, with the account', async () => {
    const lena = await own.user('lena')
    const [first, second] = [await lena.reads(), await lena.reads()]
    const [session] = sessions(lena)
    await own.command('session.kickUser', { user: session?.jid.full, reason: 'spam' })
    await first.ended
    await own.command('account.removeUser', { user: lena.bare })
    await second.ended
    expect(sessions(lena)).toEqual([])
    await expect(lena.reads()).rejects.toThrow('no stream: 401')
  })

  it('end in favour of newer ones where there are too many, and when the server stops', async () => {
    const lena = await own.user('lena')
    const readers = [await lena.reads(), await lena.reads(), await lena.reads()]
    await readers[0]?.ended
    expect(sessions(lena)).toHaveLength(2)
    await own.restart()
    await Promise.all(readers.map(({ ended }) => ended))
  })

  it('come uncompressed to those who take such a stream', async () => {
    const lena = await own.user('lena')
    const { response, request } = await asks(lena, 'GET', { accept: 'text/event-stream', 'accept-encoding': 'gzip' })
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(response.headers['cache-control']).toBe('no-store, no-transform')
    expect(response.headers).not.toHaveProperty('content-encoding')
    request.destroy()
    const refused = await asks(lena, 'GET', { accept: 'application/json' })
    expect(refused.response.statusCode).toBe(406)
    refused.response.resume()
    const head = await asks(lena, 'HEAD')
    expect(head.response).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/event-stream' } })
    head.response.resume()
    await once(head.response, 'end')
  })

  it('end for a reader that reads nothing, and what comes then waits for it', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    await lena.client.leaves()
    const { response, request } = await asks(lena.rest, 'GET')
    response.pause()
    const body = 'x'.repeat(60_000)
    while (sessions(lena.rest).length > 0) {
      otto.client.sends(`<message type='chat' to='${lena.rest.bare}'><body>${body}</body></message>`)
      await otto.client.isHeard()
    }
    request.destroy()
    otto.client.sends(`<message type='chat' id='last' to='${lena.rest.bare}'><body>last</body></message>`)
    await otto.client.isHeard()
    const client = await own.client(lena.rest.bare.split('@')[0] ?? '', 'pc')
    await client.takes((each) => each.attr('id') === 'last')
  })
})
