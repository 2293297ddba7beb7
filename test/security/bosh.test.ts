import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, boshNs, endOf, RawBosh } from '../support/bosh-raw.ts'
import { Client } from '../support/client.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { parseFrame } from '../support/xml.ts'

const config = `
[general]
hosts = ["localhost"]
registration_timeout = "infinity"
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_bosh_handler]]
path = "/http-bind"
max_stanza_size = 20_000
max_body_size = 65_536
max_sessions = 20
max_sessions_per_address = 12
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[listen.http.tls]
[[listen.http.handlers.mongoose_bosh_handler]]
path = "/http-bind"
[services.service_bosh]
[auth.password]
scram_iterations = 1
[modules.mod_ping]
`

let server: OwnTestServer
const open: RawBosh[] = []

beforeAll(async () => {
  server = await startTestServer({ config })
  for (const user of ['alice', 'bob']) await server.registerUser(user, 'secret')
})

afterAll(() => server.stop())

const url = () => `${server.httpUrl}/http-bind`
const ping = `<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`

async function begun(): Promise<RawBosh> {
  const client = new RawBosh(url())
  await client.create('localhost')
  open.push(client)
  return client
}

async function signedIn(resource: string): Promise<RawBosh> {
  const client = await begun()
  await client.signIn('alice', 'secret', resource)
  return client
}

async function leave(): Promise<void> {
  for (const client of open.splice(0)) await client.says('', { type: 'terminate' })
}

describe('ids of sessions', () => {
  it('are unpredictable, and the one of another session does not help', async () => {
    const [one, two] = [await signedIn('one'), await signedIn('two')]
    expect(one.sid).toMatch(/^[0-9a-f]{40}$/)
    const stolen = one.sid.slice(0, 16) + two.sid.slice(16)
    expect(endOf(await one.exchange({ sid: stolen, rid: String(one.rid) }, ping).answer)).toBe('item-not-found')
    expect((await one.says(ping)).elements()).toHaveLength(1)
    await leave()
  })

  it('who has one has to know the ids of requests as well: a guess ends the session, and nothing is done', async () => {
    const bob = await Client.signIn(server, { local: 'bob', password: 'secret' }, 'pc')
    const client = await signedIn('victim')
    const held = client.next()
    const text = `<message xmlns='jabber:client' to='${bob.jid}'><body>forged</body></message>`
    const thief = new RawBosh(url(), 42)
    thief.sid = client.sid
    expect(endOf(await thief.says(text))).toBe('item-not-found')
    expect(endOf(await held.answer)).toBe('item-not-found')
    await bob.receivesNothing()
    open.length = 0
  })

  it('one that was made with TLS is not taken without, and lives on', async () => {
    const port = server.server.ports.find(({ kind }) => kind === 'https')?.port
    const secure = new RawBosh(`https://127.0.0.1:${port}/http-bind`, 1)
    await secure.create('localhost')
    await secure.signIn('alice', 'secret', 'secure')
    const client = new RawBosh(url(), secure.rid)
    client.sid = secure.sid
    expect(endOf(await client.says())).toBe('item-not-found')
    expect((await secure.says(ping)).elements()).toHaveLength(1)
  })
})

describe('what is too much', () => {
  const large = (bytes: number) => 'x'.repeat(bytes)

  it('a request of a stranger', async () => {
    const text = `<body xmlns='${boshNs}' rid='1' to='localhost'><a xmlns='urn:x'>${large(30_000)}</a></body>`
    const { status, text: answer, headers } = await ask(url(), 'POST', text).answer
    expect([status, endOf(parseFrame(answer))]).toEqual([413, 'policy-violation'])
    expect(headers['access-control-allow-origin']).toBe('*')
  })

  it('a request of a stranger that unfolds', async () => {
    const text = gzipSync(`<body xmlns='${boshNs}' rid='1' to='localhost'>${large(50_000_000)}`)
    const { status } = await ask(url(), 'POST', text, { 'content-encoding': 'gzip' }).answer
    expect(status).toBe(400)
    const spaces = gzipSync(`<body xmlns='${boshNs}' rid='1' to='localhost'>${' '.repeat(50_000_000)}`)
    expect((await ask(url(), 'POST', spaces, { 'content-encoding': 'gzip' }).answer).status).toBe(413)
  })

  it('an element, a request, and elements in a request of who has signed in', async () => {
    const tooLarge = 'remote-stream-error: policy-violation'
    const [element, request, many] = [await signedIn('a'), await signedIn('b'), await signedIn('c')]
    const stanza = (bytes: number) => `<message xmlns='jabber:client' to='a@b'><body>${large(bytes)}</body></message>`
    expect(endOf(await element.says(stanza(21_000)))).toBe(tooLarge)
    expect(endOf(await request.says(stanza(15_000).repeat(5)))).toBe(tooLarge)
    expect(endOf(await many.says('<a/>'.repeat(1001)))).toBe(tooLarge)
    open.length = 0
  })

  it('requests at a time', async () => {
    const client = await signedIn('many')
    const early = client.exchange({ rid: String(client.rid + 1), sid: client.sid })
    const tooEarly = client.exchange({ rid: String(client.rid + 2), sid: client.sid })
    expect(endOf(await tooEarly.answer)).toBe('item-not-found')
    expect(endOf(await early.answer)).toBe('item-not-found')
    open.length = 0
  })

  it('sessions of one address; who is in stays in', async () => {
    const client = await signedIn('first')
    while (open.length < 12) await begun()
    const refused = new RawBosh(url())
    expect(endOf(await refused.create('localhost'))).toBe('remote-stream-error: resource-constraint')
    expect((await client.says(ping)).elements()).toHaveLength(1)
    await leave()
    await begun()
    await leave()
  })
})

describe('a connection that breaks off', () => {
  it('in the middle of a request changes nothing', async () => {
    const client = await signedIn('broken')
    const half = `<body xmlns='${boshNs}' sid='${client.sid}' rid='${client.rid}'><message xmlns='jabber:client'`
    const socket = connect(Number(new URL(url()).port), '127.0.0.1')
    const head = `POST /http-bind HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${half.length + 10}\r\n\r\n`
    await new Promise<void>((resolve) => socket.write(head + half, () => resolve()))
    socket.destroy()
    await new Promise((resolve) => socket.once('close', resolve))
    expect((await client.says(ping)).elements()).toHaveLength(1)
    await leave()
  })
})
