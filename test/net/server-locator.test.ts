import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LocateError, type LocatorOptions, ServerLocator } from '../../src/net/server-locator.ts'
import { DnsServer } from '../support/dns-server.ts'

let dns: DnsServer

beforeAll(async () => {
  dns = await DnsServer.start({})
})
afterEach(() => {
  dns.zone = {}
  dns.asked.length = 0
})
afterAll(() => dns.stop())

async function found(domain: string, own: Partial<LocatorOptions> = {}): Promise<string[]> {
  const locator = new ServerLocator({
    timeout: 2000,
    retries: 1,
    versions: [4, 6],
    port: 5269,
    wants: 'both',
    servers: [dns.address],
    ...own,
  })
  const targets: string[] = []
  for await (const { addresses, port, isDirectTls } of locator.locate(domain)) {
    targets.push(`${addresses.join(' ')} ${port}${isDirectTls ? ' tls' : ''}`)
  }
  return targets
}

describe('the servers of a domain (RFC 6120 §3.2, XEP-0368)', () => {
  it('are those of its SRV records, both kinds together by priority', async () => {
    dns.zone = {
      srv: {
        '_xmpp-server._tcp.a.example': [
          [20, 0, 5270, 'one.a.example'],
          [5, 0, 5271, 'two.a.example'],
        ],
        '_xmpps-server._tcp.a.example': [[10, 0, 443, 'one.a.example']],
      },
      a: { 'one.a.example': ['192.0.2.1'], 'two.a.example': ['192.0.2.2'] },
    }
    expect(await found('a.example')).toEqual(['192.0.2.2 5271', '192.0.2.1 443 tls', '192.0.2.1 5270'])
    expect(await found('a.example', { wants: 'direct-tls' })).toEqual(['192.0.2.1 443 tls'])
    expect(await found('a.example', { wants: 'starttls' })).toEqual(['192.0.2.2 5271', '192.0.2.1 5270'])
  })

  it('is the domain itself without any, at the usual port', async () => {
    dns.zone = { a: { 'a.example': ['192.0.2.1', '192.0.2.2'] }, aaaa: { 'a.example': ['2001:db8::1'] } }
    expect(await found('a.example')).toEqual(['192.0.2.1 2001:db8::1 192.0.2.2 5269'])
    expect(await found('a.example', { versions: [6] })).toEqual(['2001:db8::1 5269'])
    expect(await found('a.example', { versions: [6, 4], port: 1 })).toEqual(['2001:db8::1 192.0.2.1 192.0.2.2 1'])
  })

  it('is looked for by the ASCII form of its name', async () => {
    dns.zone = { a: { 'xn--bcher-kva.example': ['192.0.2.1'] } }
    expect(await found('bücher.example')).toEqual(['192.0.2.1 5269'])
  })

  it('is an address by itself', async () => {
    expect(await found('192.0.2.7')).toEqual(['192.0.2.7 5269'])
    expect(await found('[2001:db8::7]')).toEqual(['2001:db8::7 5269'])
    expect(dns.asked).toEqual([])
  })

  it('are none when the records say so, whatever addresses there are', async () => {
    dns.zone = {
      srv: { '_xmpp-server._tcp.a.example': [[0, 0, 0, '.']] },
      a: { 'a.example': ['192.0.2.1'] },
    }
    await expect(found('a.example')).rejects.toThrow('offers no XMPP service')
  })

  it('are those with an address', async () => {
    dns.zone = {
      srv: {
        '_xmpp-server._tcp.a.example': [
          [1, 0, 5269, 'gone.a.example'],
          [2, 0, 5269, 'here.a.example'],
        ],
      },
      a: { 'here.a.example': ['192.0.2.1'] },
    }
    expect(await found('a.example')).toEqual(['192.0.2.1 5269'])
  })

  it('cannot be told when nobody answers', async () => {
    await expect(found('nowhere.example')).rejects.toMatchObject({ isTimeout: false })
    dns.zone = { failing: ['_xmpp-server._tcp.a.example'] }
    await expect(found('a.example')).rejects.toMatchObject({ isTimeout: true })
    dns.zone = { silent: ['_xmpp-server._tcp.a.example', '_xmpps-server._tcp.a.example'] }
    const error = await found('a.example', { timeout: 50 }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LocateError)
    expect(error).toMatchObject({ isTimeout: true })
  })
})
