import { afterEach, describe, expect, it } from 'vitest'
import { ask, boshNs, endOf, RawBosh } from '../support/bosh-raw.ts'
import { Client } from '../support/client.ts'
import { FileServer } from '../support/file-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { SteppedClock } from '../support/stepped-clock.ts'
import { NS, type XmlNode } from '../support/xml.ts'

const base = `
[general]
hosts = ["localhost", "other.example"]
registration_timeout = "infinity"
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[auth.password]
scram_iterations = 1
[modules.mod_roster]
[modules.mod_ping]
[modules.mod_offline]
[modules.mod_stream_management]
resume_timeout = 600
`
const newest = (service: string, handler = '') => `${base}
[[listen.http.handlers.mongoose_bosh_handler]]
path = "/http-bind"
${handler}
[services.service_bosh]
${service}
`

let server: OwnTestServer | undefined

afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function start(config: string, clock?: SteppedClock): Promise<OwnTestServer> {
  const begun = await startTestServer({ config, ...(clock === undefined ? {} : { clock }) })
  server = begun
  for (const user of ['alice', 'bob']) await begun.registerUser(user, 'secret')
  return begun
}

const user = (local: string) => ({ local, password: 'secret' })

async function signedIn(of: OwnTestServer, attributes = {}, resource = 'web'): Promise<RawBosh & { jid: string }> {
  const client = new RawBosh(of.boshUrl ?? '')
  await client.create('localhost', attributes)
  return Object.assign(client, { jid: await client.signIn('alice', 'secret', resource) })
}

const message = (to: string, text: string) => `<message xmlns='jabber:client' to='${to}'><body>${text}</body></message>`
const ping = `<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`
const bodyOf = (answer: XmlNode) => answer.child('message', NS.client)?.child('body')?.text()

describe('service_bosh.max_wait', () => {
  it('is the longest time that a request is held; then it is answered empty', async () => {
    const clock = new SteppedClock()
    const of = await start(newest('max_wait = 50'), clock)
    const client = new RawBosh(of.boshUrl ?? '')
    expect((await client.create('localhost', { wait: '3600' })).attr('wait')).toBe('50')
    await client.signIn('alice', 'secret', 'web')
    const held = client.next()
    // It is there when the one before it has been answered.
    const other = client.next()
    await held.answer
    clock.advance(50_000)
    const answer = await other.answer
    expect([answer.attrs, answer.elements()]).toEqual([{}, []])
  })

  it('does not lengthen what the client asks for', async () => {
    const of = await start(newest('max_wait = 50'))
    expect((await new RawBosh(of.boshUrl ?? '').create('localhost', { wait: '10' })).attr('wait')).toBe('10')
  })
})

describe('service_bosh.inactivity', () => {
  it('ends a session that is silent for so long; contacts see the user go', async () => {
    const clock = new SteppedClock()
    const of = await start(newest('inactivity = 10'), clock)
    const bob = await Client.signIn(of, user('bob'), 'pc')
    await bob.isPresent()
    const alice = await signedIn(of)
    await alice.says(`<presence xmlns='jabber:client' to='${bob.jid}'/>${ping}`)
    await bob.receives(`<presence from='${alice.jid}'/>`)
    clock.advance(10_000)
    await bob.receives(`<presence from='${alice.jid}' type='unavailable'/>`)
    expect(endOf(await alice.says())).toBe('item-not-found')
    expect(of.server.hostOf('localhost')?.sessions.size).toBe(1)
  })

  it('leaves a session with stream management to be resumed', async () => {
    const clock = new SteppedClock()
    const of = await start(newest('inactivity = 10'), clock)
    const bob = await Client.signIn(of, user('bob'), 'pc')
    const alice = await signedIn(of)
    const enabled = await alice.says(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
    const id = enabled.child('enabled', 'urn:xmpp:sm:3')?.attr('id')
    clock.advance(10_000)
    const old = alice.sid
    bob.sends(`<message to='${alice.jid}'><body>while you were away</body></message>`)
    await bob.isHeard()
    const again = new RawBosh(of.boshUrl ?? '')
    await again.create('localhost')
    expect(again.sid).not.toBe(old)
    const sasl = `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${Buffer.from('\0alice\0secret').toString('base64')}</auth>`
    await again.says(sasl)
    await again.says('', { 'xmpp:restart': 'true' })
    const answer = await again.says(`<resume xmlns='urn:xmpp:sm:3' h='0' previd='${id}'/>`)
    expect(answer.child('resumed', 'urn:xmpp:sm:3')?.attr('previd')).toBe(id)
    expect(bodyOf(answer) ?? bodyOf(await again.says())).toBe('while you were away')
  })

  it('may be infinite', async () => {
    const of = await start(newest('inactivity = "infinity"'))
    expect((await new RawBosh(of.boshUrl ?? '').create('localhost')).attr('inactivity')).toBeUndefined()
  })
})

describe('service_bosh.max_pause', () => {
  it('lets a client be silent for as long as it asks', async () => {
    const clock = new SteppedClock()
    const of = await start(newest('inactivity = 2\nmax_pause = 10'), clock)
    const bob = await Client.signIn(of, user('bob'), 'pc')
    await bob.isPresent()
    const alice = await signedIn(of)
    await alice.says(`<presence xmlns='jabber:client' to='${bob.jid}'/>${ping}`)
    await bob.receives(`<presence from='${alice.jid}'/>`)
    const held = alice.next()
    const pause = alice.next('', { pause: '10' })
    expect([(await held.answer).elements(), (await pause.answer).elements()]).toEqual([[], []])
    bob.sends(message(alice.jid, 'hello'))
    await bob.isHeard()
    clock.advance(9000)
    expect(bodyOf(await alice.says())).toBe('hello')
    // From here on it is as before.
    clock.advance(2000)
    await bob.receives(`<presence from='${alice.jid}' type='unavailable'/>`)
    expect(endOf(await alice.says())).toBe('item-not-found')
  })

  it('is told, and may not be exceeded', async () => {
    const of = await start(newest('max_pause = 5'))
    const client = new RawBosh(of.boshUrl ?? '')
    expect((await client.create('localhost')).attr('maxpause')).toBe('5')
    expect(endOf(await client.says('', { pause: '6' }))).toBe('policy-violation')
  })
})

describe('service_bosh.server_acks', () => {
  it('tells which requests have come', async () => {
    const of = await start(newest('server_acks = true'))
    const client = new RawBosh(of.boshUrl ?? '')
    const { rid } = client
    expect((await client.create('localhost')).attr('ack')).toBe(String(rid))
    const second = client.exchange({ rid: String(rid + 2), sid: client.sid })
    const first = client.exchange({ rid: String(rid + 1), sid: client.sid })
    expect((await first.answer).attr('ack')).toBe(String(rid + 2))
    const third = client.exchange({ rid: String(rid + 3), sid: client.sid }, '')
    expect((await second.answer).attr('ack')).toBe(String(rid + 3))
    third.hangUp()
  })
})

describe('acknowledgements of the client', () => {
  it('that are behind bring a report of what is missing, and since when', async () => {
    const clock = new SteppedClock()
    const of = await start(newest(''), clock)
    const alice = await signedIn(of, { ack: '1' })
    await alice.says(ping)
    const missed = alice.rid - 1
    clock.advance(852)
    const answer = await alice.says('', { ack: String(missed - 1) })
    expect([answer.attr('report'), answer.attr('time')]).toEqual([String(missed), '852'])
  })
})

describe('service_bosh.host_types', () => {
  it('leaves other hosts out', async () => {
    const of = await start(newest('host_types = ["OTHER.example"]'))
    expect(endOf(await new RawBosh(of.boshUrl ?? '').create('localhost'))).toBe('host-unknown')
    expect((await new RawBosh(of.boshUrl ?? '').create('other.example')).attr('sid')).toBeDefined()
  })
})

describe('older configurations', () => {
  it('mod_bosh of MongooseIM 4.0.0 starts an endpoint', async () => {
    const of = await start(`${base}
[[listen.http.handlers.mod_bosh]]
host = "_"
path = "/http-bind"
[modules.mod_bosh]
maxpause = 60
`)
    expect((await new RawBosh(of.boshUrl ?? '').create('localhost')).attr('maxpause')).toBe('60')
    expect((await new RawBosh(of.boshUrl ?? '').create('other.example')).attr('sid')).toBeDefined()
  })

  it('mod_bosh of a single host starts an endpoint for it', async () => {
    const of = await start(`${base}
[[listen.http.handlers.mod_bosh]]
path = "/http-bind"
[[host_config]]
host = "other.example"
[host_config.modules.mod_roster]
[host_config.modules.mod_bosh]
`)
    expect(endOf(await new RawBosh(of.boshUrl ?? '').create('localhost'))).toBe('host-unknown')
    expect((await new RawBosh(of.boshUrl ?? '').create('other.example')).attr('sid')).toBeDefined()
  })

  it('a handler without the service serves nobody, and says so', async () => {
    const of = await start(`${base}\n[[listen.http.handlers.mongoose_bosh_handler]]\npath = "/http-bind"\n`)
    const client = new RawBosh(of.boshUrl ?? '')
    expect(endOf(await client.create('localhost'))).toBe('host-unknown')
    client.sid = 'x'
    expect(endOf(await client.says())).toBe('item-not-found')
  })
})

describe('a reload', () => {
  it('changes what sessions to come are like; those that are there go on', async () => {
    await using file = await FileServer.start(newest('inactivity = 20'))
    await file.register('alice')
    const { boshUrl = '' } = file.address('http')
    const [before, after] = [new RawBosh(boshUrl), new RawBosh(boshUrl)]
    expect((await before.create('localhost')).attr('inactivity')).toBe('20')
    await before.signIn('alice', 'secret', 'web')
    const report = await file.reload(newest('inactivity = 40\nhost_types = ["localhost"]'))
    expect(report.applied).toEqual(['services.service_bosh.inactivity', 'services.service_bosh.host_types'])
    expect((await after.create('localhost')).attr('inactivity')).toBe('40')
    expect(endOf(await new RawBosh(boshUrl).create('other.example'))).toBe('host-unknown')
    expect((await before.says(ping)).child('iq', NS.client)?.attr('id')).toBe('p')
    const without = newest('').replace('[services.service_bosh]', '')
    expect((await file.reload(without)).applied).toContain('services.service_bosh')
    expect(endOf(await new RawBosh(boshUrl).create('localhost'))).toBe('host-unknown')
    expect((await before.says(ping)).child('iq', NS.client)?.attr('id')).toBe('p')
  })
})

describe('TLS of the listener', () => {
  const sasl2 = 'urn:xmpp:sasl:2'

  it('is that of the stream: SASL2 is offered with it only, and no channel binding', async () => {
    const secure = `[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[listen.http.tls]
[[listen.http.handlers.mongoose_bosh_handler]]
path = "/http-bind"
[modules.mod_sasl2]`
    const of = await start(newest('', secure))
    const { ports } = of.server
    const urlOf = (kind: 'http' | 'https') =>
      `${kind}://127.0.0.1:${ports.find((port) => port.kind === kind)?.port}/http-bind`
    const featuresAt = async (kind: 'http' | 'https') =>
      (await new RawBosh(urlOf(kind)).create('localhost')).child('features', NS.stream)
    expect((await featuresAt('http'))?.child('authentication', sasl2)).toBeUndefined()
    const features = await featuresAt('https')
    expect(features?.child('authentication', sasl2)).toBeDefined()
    expect(String(features)).not.toContain('PLUS')
    const client = new RawBosh(urlOf('https'))
    await client.create('localhost')
    const plain = Buffer.from('\0alice\0secret').toString('base64')
    const inner = `<initial-response>${plain}</initial-response>`
    const answer = await client.says(`<authenticate xmlns='${sasl2}' mechanism='PLAIN'>${inner}</authenticate>`)
    expect(answer.child('success', sasl2)).toBeDefined()
    expect(answer.child('features', NS.stream)?.child('bind', NS.bind)).toBeDefined()
  })
})

describe('around a session', () => {
  it('host-meta tells where BOSH is spoken, and for which domains', async () => {
    const hostMeta = '[[listen.http.handlers.host_meta_handler]]\npath = "/.well-known"'
    const of = await start(newest('host_types = ["localhost"]', hostMeta))
    const linksOf = async (host: string) => {
      const { text } = await ask(`${of.httpUrl}/.well-known/host-meta.json`, 'GET', undefined, { host }).answer
      return JSON.parse(text).links
    }
    expect(await linksOf('localhost')).toEqual([
      {
        rel: 'urn:xmpp:alt-connections:xbosh',
        href: expect.stringMatching(/^http:\/\/localhost:\d+\/http-bind$/),
      },
    ])
    expect(await linksOf('other.example')).toEqual([])
  })

  it('bytes are counted', async () => {
    const of = await start(newest(''))
    const body = `<body xmlns='${boshNs}' rid='1' to='localhost'/>`
    const { text } = await ask(of.boshUrl ?? '', 'POST', body).answer
    const metrics = await of.server.metrics.text()
    expect(metrics).toContain(`\nbosh_data_received_byte_size ${body.length}\n`)
    expect(metrics).toContain(`\nbosh_data_sent_byte_size ${text.length}\n`)
  })

  it('the stop of the server is told to who waits', async () => {
    const of = await start(newest(''))
    const alice = await signedIn(of)
    const held = alice.next()
    const other = alice.next()
    await held.answer
    const stranger = new RawBosh(of.boshUrl ?? '')
    await stranger.create('localhost')
    const waiting = stranger.next()
    const seen = stranger.next()
    await waiting.answer
    await of.server.close()
    expect(endOf(await other.answer)).toBe('system-shutdown')
    expect(endOf(await seen.answer)).toBe('system-shutdown')
  })
})
