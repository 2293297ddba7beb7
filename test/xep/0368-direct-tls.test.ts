import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DnsServer } from '../support/dns-server.ts'
import { Federated, type FederatedServer, trusted } from '../support/federated.ts'

describe('servers that are found by DNS (RFC 6120 §3.2, XEP-0368)', () => {
  const federated = new Federated()
  let dns: DnsServer
  let servers: FederatedServer[] = []

  beforeAll(async () => {
    dns = await DnsServer.start({})
    const dnsServers = [dns.address]
    servers = await federated.start({
      'a.test': { ...trusted, dnsServers },
      'b.test': { ...trusted, tls: trusted.tls.replace('starttls_required', 'tls'), dnsServers },
      'c.test': { ...trusted, dnsServers },
    })
  })
  afterAll(async () => {
    await federated.stop()
    await dns.stop()
  })
  const running = (index: number): FederatedServer => servers[index] as FederatedServer

  it('speak TLS from the first byte where a record says so', async () => {
    dns.zone = {
      srv: {
        '_xmpps-server._tcp.b.test': [[5, 0, running(1).s2sPort, 'host.b.test']],
        '_xmpp-server._tcp.b.test': [[10, 0, 1, 'host.b.test']],
      },
      a: { 'host.b.test': ['127.0.0.1'] },
    }
    const [alice, bob] = [await running(0).client('alice', 'x'), await running(1).client('bob', 'y')]
    alice.sends(`<message to='bob@b.test' id='m1'><body>Hi</body></message>`)
    await bob.receives(`<message from='alice@a.test/x' to='bob@b.test' id='m1'><body>Hi</body></message>`)
    expect(dns.asked).toEqual(expect.arrayContaining(['srv _xmpps-server._tcp.b.test', 'srv _xmpp-server._tcp.b.test']))
    expect(running(1).server.ports.map(({ kind }) => kind)).toContain('s2s_tls')
  })

  it('try the next one when one does not answer', async () => {
    dns.zone = {
      srv: {
        '_xmpps-server._tcp.c.test': [[1, 0, 1, 'none.c.test']],
        '_xmpp-server._tcp.c.test': [
          [2, 0, 1, 'none.c.test'],
          [3, 0, running(2).s2sPort, 'host.c.test'],
        ],
      },
      a: { 'none.c.test': ['127.0.0.1'], 'host.c.test': ['127.0.0.1'] },
    }
    const [alice, cora] = [await running(0).client('anna', 'x'), await running(2).client('cora', 'y')]
    alice.sends(`<message to='cora@c.test' id='m1'><body>Hi</body></message>`)
    await cora.receives(`<message from='anna@a.test/x' to='cora@c.test' id='m1'><body>Hi</body></message>`)
  })

  it('are not looked for where a record says that there are none', async () => {
    dns.zone = {
      srv: { '_xmpp-server._tcp.d.test': [[0, 0, 0, '.']] },
      a: { 'd.test': ['127.0.0.1'] },
    }
    const alice = await running(0).client('ada', 'x')
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'd.test', refused: 'remote-server-not-found' })
    expect(dns.asked).not.toContain('a d.test')
  })

  it('are unknown without any record, and late when name servers have trouble', async () => {
    const alice = await running(0).client('amy', 'x')
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'none.test', refused: 'remote-server-not-found' })
    dns.zone = { failing: ['_xmpp-server._tcp.ill.test'] }
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'ill.test', refused: 'remote-server-timeout' })
  })
})
