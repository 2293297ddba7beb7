import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, makeAuthority } from '../support/certificates.ts'
import { DnsServer } from '../support/dns-server.ts'
import { Federated, type FederatedOptions, type FederatedServer, inTheClear, trusted } from '../support/federated.ts'
import { until } from '../support/live-edge.ts'
import { PaperServer } from '../support/paper-peer.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const federated = new Federated()
afterEach(() => federated.stop())

async function start(
  options: FederatedOptions,
  others: Parameters<Federated['start']>[1] = [],
): Promise<FederatedServer> {
  const [server] = await federated.start({ 'a.test': options }, others)
  return server as FederatedServer
}

async function pings(server: FederatedServer, to: string, refused: string): Promise<void> {
  const alice = await server.client('alice', 'x')
  await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to, refused })
}

describe('where other servers are looked for', () => {
  it('port: that of domains without SRV records; ip_versions: which addresses count', async () => {
    const paper = await PaperServer.start()
    const dns = await DnsServer.start({ a: { 'b.test': ['127.0.0.1'] } })
    const options = { ...inTheClear, dnsServers: [dns.address] }
    const four = await start({ ...options, outgoing: `port = ${paper.port}` })
    const alice = await four.client('alice', 'x')
    alice.sends(`<message to='bob@b.test'><body>Hi</body></message>`)
    await (await paper.accepts()).hears(`to='b.test'`)
    await federated.stop()
    await pings(
      await start({ ...options, outgoing: `port = ${paper.port}\nip_versions = [6]` }),
      'b.test',
      'remote-server-not-found',
    )
    expect(paper.connections).toBe(1)
    await dns.stop()
    await paper.stop()
  })

  it('dns: how long name servers have', async () => {
    const silent = ['_xmpp-server._tcp.b.test', '_xmpps-server._tcp.b.test']
    const dns = await DnsServer.start({ silent })
    const own = { ...trusted, dnsServers: [dns.address], outgoing: 'dns = { timeout = 1, retries = 1 }' }
    await pings(await start(own), 'b.test', 'remote-server-timeout')
    expect(dns.asked.filter((asked) => asked.startsWith('srv')).length).toBe(2)
    await dns.stop()
  })
})

describe('what other servers may send over connections of ours', () => {
  it('max_stanza_size: larger stanzas end the stream', async () => {
    const [a, b] = (await federated.start({
      'a.test': { ...trusted, outgoing: 'max_stanza_size = 10_000' },
      'b.test': trusted,
    })) as [FederatedServer, FederatedServer]
    const [alice, bob] = [await a.client('alice', 'x'), await b.client('bob', 'y')]
    alice.sends(`<message to='bob@b.test' id='m1'><body>Hi</body></message>`)
    await bob.receives(`<message from='alice@a.test/x' to='bob@b.test' id='m1'><body>Hi</body></message>`)
    expect(a.server.federation.outgoing).toBe(1)
    bob.sends(`<message to='alice@a.test' id='m2'><body>${'x'.repeat(12_000)}</body></message>`)
    const { federation: ours } = a.server
    const { federation: theirs } = b.server
    expect(await until(() => ours.outgoing + theirs.incoming === 0)).toBe(true)
    // The next one finds another way, over a connection of their own.
    await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'a.test' })
    expect([ours.outgoing, ours.incoming]).toEqual([0, 1])
    await alice.receivesNothing()
  })
})

describe('how fast other servers may send over connections of ours', () => {
  it('shaper: who sends more than it may is read from slowly', async () => {
    const clock = new SteppedClock()
    const [a, b] = (await federated.start({
      'a.test': { ...trusted, clock, outgoing: 'shaper = "slow"', tables: '[shaper.slow]\nmax_rate = 4000\n' },
      'b.test': trusted,
    })) as [FederatedServer, FederatedServer]
    const [alice, bob] = [await a.client('alice', 'x'), await b.client('bob', 'y')]
    alice.sends(`<message to='bob@b.test' id='m1'><body>Hi</body></message>`)
    await bob.receives(`<message from='alice@a.test/x' to='bob@b.test' id='m1'><body>Hi</body></message>`)
    bob.sends(`<message to='alice@a.test' id='m2'><body>${'x'.repeat(13_000)}</body></message>`)
    await alice.takes((element) => element.attr('id') === 'm2')
    bob.sends(`<message to='alice@a.test' id='m3'><body>Hi</body></message>`)
    await bob.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'b.test' })
    await alice.receivesNothing()
    clock.advance(5000)
    await alice.takes((element) => element.attr('id') === 'm3')
  })
})

describe('TLS of connections to other servers', () => {
  let authority: Authority
  let folder: string
  let server: Server
  const seen: { name: string | false | null; subject: string }[] = []

  beforeAll(async () => {
    authority = await makeAuthority()
    folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
    const files = await authority.issue(folder, ['b.test'])
    const read = (file: string) => readFile(file, 'utf8')
    server = createServer(
      { cert: await read(files.certificate), key: await read(files.key), requestCert: true, rejectUnauthorized: false },
      (socket: TLSSocket & { servername?: string | false | null }) => {
        socket.on('error', () => {})
        seen.push({ name: socket.servername ?? null, subject: String(socket.getPeerCertificate().subject?.CN ?? '') })
        socket.destroy()
      },
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => void seen.splice(0))
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve))
    await authority.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const there = () => [{ host: 'b.test', port: (server.address() as AddressInfo).port, tls: true }]

  it('server_name_indication, certfile: what the other server is told and shown', async () => {
    const own = 'certfile = "cert.pem"\nkeyfile = "key.pem"\nverify_mode = "none"\n'
    await pings(await start({ outgoingTls: own }, there()), 'b.test', 'remote-server-not-found')
    expect(seen[0]).toEqual({ name: 'b.test', subject: 'a.test' })
    await federated.stop()
    await pings(
      await start({ outgoingTls: `${own}server_name_indication = false\n` }, there()),
      'b.test',
      'remote-server-not-found',
    )
    expect(seen.at(-1)?.name).toBe(false)
  })

  it('verify_mode = "peer": a certificate of a stranger is not good', async () => {
    const a = await start(trusted, there())
    const alice = await a.client('alice', 'x')
    alice.sends(`<iq type='get' id='p' to='b.test'><ping xmlns='urn:xmpp:ping'/></iq>`)
    expect(String(await alice.answerTo('p'))).toContain('the certificate is not good for b.test')
  })

  it('general.domain_certfile: each domain shows its own', async () => {
    const certificates = `certfile = "${folder}/cert.pem", keyfile = "${folder}/key.pem"`
    const a = await start(
      {
        outgoingTls: 'certfile = "cert.pem"\nkeyfile = "key.pem"\nverify_mode = "none"\n',
        general: `domain_certfile = [{ domain = "a.test", ${certificates} }]`,
      },
      there(),
    )
    await pings(a, 'b.test', 'remote-server-not-found')
    expect(seen[0]?.subject).toBe('b.test')
  })
})
