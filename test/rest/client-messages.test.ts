import { describe, expect, it } from 'vitest'
import { apiServer } from '../support/client-api.ts'
import type { RestClient } from '../support/rest-client.ts'

const archives = '[modules.mod_mam]\npm = {}\n[modules.mod_offline]\n[modules.mod_privacy]\n[modules.mod_blocking]\n'

interface Item {
  readonly id: string
  readonly body: string
  readonly timestamp: number
}

async function read(rest: RestClient, query = ''): Promise<Item[]> {
  const { status, json } = await rest.ask(`GET /messages${query}`)
  expect(status).toBe(200)
  return json as Item[]
}

async function says(rest: RestClient, to: string, ...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) expect((await rest.ask('POST /messages', { to, body })).status).toBe(200)
}

describe('REST for clients: messages', () => {
  const own = apiServer(archives)

  it('go to whom they are for as if a client had sent them, and into both archives', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    const { status, json } = await lena.rest.ask('POST /messages', { to: otto.client.bare, body: 'Hé <b> & ☃' })
    expect([status, json]).toEqual([200, { id: expect.stringMatching(/./) }])
    const { id } = json as { id: string }
    await otto.client.receives(
      `<message type='chat' from='${lena.client.bare}' id='${id}'>{any}<body>Hé &lt;b&gt; &amp; ☃</body></message>`,
    )
    const item = { from: lena.client.bare, to: otto.client.bare, id, body: 'Hé <b> & ☃' }
    for (const { rest } of [lena, otto]) {
      const [first, ...others] = await read(rest)
      expect(first).toEqual({ ...item, timestamp: expect.any(Number) })
      expect(others).toEqual([])
      expect(Math.abs((first?.timestamp ?? 0) - Date.now())).toBeLessThan(60_000)
    }
  })

  it('wait for who is away', async () => {
    const lena = await own.user('lena')
    const otto = await own.user('otto')
    await says(lena, otto.bare, 'later')
    const client = await own.client(otto.bare.split('@')[0] ?? '', 'pc')
    await client.receives(`<message type='chat' from='${lena.bare}'>{any}<body>later</body>{any}</message>`)
  })

  it('are read oldest first, the last ones, before a moment, with one of them', async () => {
    const [lena, otto, mia] = [await own.user('lena'), await own.user('otto'), await own.user('mia')]
    await says(lena, otto.bare, 'one', 'two')
    await says(lena, mia.bare, 'three')
    await says(otto, lena.bare, 'four')
    const all = await read(lena)
    expect(all.map(({ body }) => body)).toEqual(['one', 'two', 'three', 'four'])
    expect((await read(lena, '?limit=2')).map(({ body }) => body)).toEqual(['three', 'four'])
    expect(await read(lena, '?limit=0')).toEqual([])
    expect((await read(lena, '?limit=100000')).length).toBe(4)
    const moment = all[2]?.timestamp ?? 0
    const earlier = all.filter(({ timestamp }) => timestamp < moment).map(({ body }) => body)
    expect((await read(lena, `?before=${moment}`)).map(({ body }) => body)).toEqual(earlier)
    expect(await read(lena, '?before=0')).toEqual([])
    expect((await read(lena, '?before=9007199254740991')).length).toBe(4)
    const withOtto = await read(lena, `/${encodeURIComponent(otto.bare)}`)
    expect(withOtto.map(({ body }) => body)).toEqual(['one', 'two', 'four'])
    expect((await read(lena, `/${otto.bare}?limit=1`)).map(({ body }) => body)).toEqual(['four'])
    expect(await read(lena, '/nobody@localhost')).toEqual([])
  })

  it('show threads and properties', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    const properties = `<properties xmlns='http://www.jivesoftware.com/xmlns/xmpp/properties'><property><name>a</name><value type='string'>1</value></property><property><name>__proto__</name><value>x</value></property></properties>`
    lena.client.sends(
      `<message type='chat' to='${otto.client.bare}' id='t1'><body>hi</body><thread parent='p'>t</thread>${properties}</message>`,
    )
    await otto.client.takes((each) => each.attr('id') === 't1')
    const [item] = await read(otto.rest)
    expect(item).toMatchObject({ from: lena.client.jid, id: 't1', body: 'hi', thread: 't', parent: 'p' })
    expect(JSON.stringify(item)).toContain('"properties":{"a":"1","__proto__":"x"}')
  })

  it('are refused where something is wrong with them', async () => {
    const lena = await own.user('lena')
    const send = (body: unknown) => lena.gets('POST /messages', body)
    expect(await send({ body: 'x' })).toEqual([400, 'Missing recipient JID'])
    expect(await send({ to: '@x', body: 'x' })).toEqual([400, 'Invalid recipient JID'])
    expect(await send({ to: 1, body: 'x' })).toEqual([400, 'Invalid recipient JID'])
    expect(await send({ to: 'a@localhost' })).toEqual([400, 'Missing message body'])
    expect(await send({ to: 'a@localhost', body: ['x'] })).toEqual([400, 'Invalid message body'])
    expect(await send([])).toEqual([400, 'The body must be an object'])
    expect(await send('{')).toEqual([400, 'The body is not JSON'])
    expect(await lena.gets('POST /messages')).toEqual([400, 'Missing recipient JID'])
    expect(await lena.gets('GET /messages/%40')).toEqual([400, 'Invalid JID'])
    for (const query of ['limit=-1', 'limit=x', 'limit=1.5', 'limit=', 'limit=99999999999999999999']) {
      expect(await lena.gets(`GET /messages?${query}`), query).toEqual([400, 'Invalid limit'])
    }
    expect(await lena.gets('GET /messages?before=soon')).toEqual([400, 'Invalid before'])
    expect((await lena.ask('PUT /messages', {})).headers.get('allow')).toBe('GET, POST, OPTIONS')
    expect((await lena.ask('POST /messages/a@localhost', {})).headers.get('allow')).toBe('GET, OPTIONS')
    expect(await read(lena)).toEqual([])
  })

  it('do not reach whom the sender has blocked, and who has blocked the sender', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    const block = (jid: string) => `<block xmlns='urn:xmpp:blocking'><item jid='${jid}'/></block>`
    await lena.client.asks(block(otto.client.bare), 'set')
    const refused = await lena.rest.ask('POST /messages', { to: otto.client.bare, body: 'no' })
    expect([refused.status, refused.json]).toEqual([403, 'It was refused: not-acceptable'])
    await otto.rest.ask('POST /messages', { to: lena.client.bare, body: 'no' })
    await lena.client.drains().then((all) => expect(all.filter(({ name }) => name === 'message')).toEqual([]))
    await otto.client.receivesNothing()
  })

  it('cannot be forged', async () => {
    const [lena, otto] = [await own.both('lena'), await own.both('otto')]
    const forged = { from: 'root@localhost', to: otto.client.bare, body: 'me', id: 'x', caller: 'root@localhost' }
    expect((await lena.rest.ask('POST /messages?from=root@localhost', forged)).status).toBe(200)
    await otto.client.receives(`<message type='chat' from='${lena.client.bare}'>{any}<body>me</body>{any}</message>`)
    expect(await read(otto.rest, '?caller=root@localhost')).toHaveLength(1)
    const injected = `x</body></message><message to='root@localhost'><body>`
    await says(lena.rest, otto.client.bare, injected)
    await says(lena.rest, otto.client.bare, 'a\u0000b\u001fc')
    await otto.client.takes((each) => each.child('body')?.text() === injected)
    await otto.client.takes((each) => each.child('body')?.text() === 'a\ufffdb\ufffdc')
  })
})

describe('REST for clients: who may use it', () => {
  const own = apiServer(archives)
  const as = (rest: RestClient, name: string, password = 'secret') =>
    rest.ask('GET /messages', undefined, {
      authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
    })

  it('accounts, by their address and password', async () => {
    const lena = await own.user('lena')
    expect((await as(lena, lena.bare)).status).toBe(200)
    const wrong = [
      [lena.bare, 'Secret'],
      [lena.bare, ''],
      [lena.bare.split('@')[0], 'secret'],
      [`${lena.bare}/pc`, 'secret'],
      ['nobody@localhost', 'secret'],
      ['lena@elsewhere.example', 'secret'],
    ] as const
    for (const [name = '', password] of wrong) {
      const { status, json, headers } = await as(lena, name, password)
      expect([status, json, headers.get('www-authenticate')], name).toEqual([
        401,
        'Wrong credentials',
        'Basic realm="mongooseim"',
      ])
    }
    const none = await fetch(`${own.server.httpUrl}/api/messages`)
    expect([none.status, await none.json()]).toEqual([401, 'Credentials are required'])
  })

  it('pages of every origin, which are told so', async () => {
    const lena = await own.user('lena')
    const origin = 'https://app.example'
    const { headers } = await lena.ask('GET /rooms', undefined, { origin })
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    const asked = await fetch(`${own.server.httpUrl}/api/contacts/x`, { method: 'OPTIONS', headers: { origin } })
    expect(asked.status).toBe(200)
    expect(asked.headers.get('access-control-allow-methods')).toBe('PUT, DELETE, OPTIONS')
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization, content-type')
    const refused = await fetch(`${own.server.httpUrl}/api/rooms`, { headers: { origin } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, origin])
  })

  it('says what modules are missing', async () => {
    const lena = await own.user('lena')
    expect(await lena.gets('GET /rooms')).toEqual([404, expect.stringContaining('mod_muc_light')])
    expect(await lena.gets('GET /nothing')).toEqual([404, 'Not found'])
  })
})
