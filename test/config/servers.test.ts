import { describe, expect, it } from 'vitest'
import { configFor } from '../../src/config/host-config.ts'
import { parseConfig } from '../../src/config/load.ts'
import { allModules } from '../../src/modules/all.ts'
import { DialbackKeys } from '../../src/protocol/s2s/dialback-key.ts'
import { Federated, type FederatedServer, inTheClear } from '../support/federated.ts'
import { FileServer } from '../support/file-server.ts'
import { PaperPeer } from '../support/paper-peer.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const file = new URL('./stock-files/servers.toml', import.meta.url).pathname
const fixtures = '../../../src/config/fixtures/tls'
const read = (text: string) =>
  parseConfig({ text: `[general]\nhosts = ["a.test", "b.test"]\n${text}`, file, modules: allModules, env: {} })

describe('what a file says of other servers', () => {
  it('is nothing, and then there are none', () => {
    expect(read('').config.s2s).toBeUndefined()
    expect(read('[s2s]\n').config.s2s).toMatchObject({
      default_policy: 'allow',
      dialback: true,
      outgoing: { port: 5269, tls: { mode: 'starttls_required', verify_mode: 'peer' }, bidi: true, queue_limit: 1000 },
    })
    const { config } = read('[[listen.s2s]]\nport = 5269\n')
    expect(config.s2s?.outgoing.max_retry_delay).toBe(300)
    // Its certificate is its own.
    expect(config.listen.s2s[0]).toMatchObject({ ip_address: '127.0.0.1', tls: { mode: 'starttls_required' } })
  })

  it.each([
    ['false', 'none', 'none', undefined],
    ['optional', 'starttls', 'none', undefined],
    ['required', 'starttls_required', 'none', undefined],
    ['required_trusted', 'starttls_required', 'peer', 'peer'],
  ])('of MongooseIM 4.0.0, use_starttls = "%s", holds either way', (use, mode, verify, incoming) => {
    const { config } = read(
      `[[listen.s2s]]\nport = 5269\n[[listen.s2s]]\nport = 5270\ntls.mode = "tls"\n[s2s]\nuse_starttls = "${use}"\ncertfile = "server.pem"\nciphers = "ECDHE-RSA-AES256-GCM-SHA384"\nmax_retry_delay = 30\naddress = [{ host = "c.test", ip_address = "192.0.2.1", port = 5269 }]\n`,
    )
    expect(config.s2s?.outgoing).toMatchObject({
      max_retry_delay: 30,
      address: [{ host: 'c.test' }],
      tls: { mode, verify_mode: verify, ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' },
    })
    expect(config.s2s?.outgoing.tls.certfile).toMatch(/server\.pem$/)
    expect([config.listen.s2s[0]?.tls.mode, config.listen.s2s[0]?.tls.verify_mode]).toEqual([mode, incoming])
    expect(config.listen.s2s[0]?.tls.certfile).toMatch(/server\.pem$/)
    expect(config.listen.s2s[1]?.tls.mode).toBe('tls')
  })

  it('of one host takes the place of the rest, or joins it in a file of MongooseIM 4.0.0', () => {
    const own = '[[host_config]]\nhost = "b.test"\ns2s.default_policy = "deny"\n'
    const { config } = read(`[s2s]\ndialback = false\n${own}`)
    expect(configFor(config, 'b.test').s2s).toMatchObject({ default_policy: 'deny', dialback: true })
    expect(configFor(config, 'a.test').s2s).toMatchObject({ default_policy: 'allow', dialback: false })
    const old = read(`[s2s]\ndialback = false\nuse_starttls = "required"\n${own}`)
    const clear = read(`[s2s]\nuse_starttls = "required"\n${own}s2s.use_starttls = "false"\n`)
    expect(configFor(clear.config, 'b.test').s2s?.outgoing.tls.mode).toBe('none')
    expect(configFor(clear.config, 'a.test').s2s?.outgoing.tls.mode).toBe('starttls_required')
    expect(configFor(old.config, 'b.test').s2s).toMatchObject({ default_policy: 'deny', dialback: false })
  })

  it.each([
    ['[s2s]\ndefault_policy = "maybe"\n', 's2s.default_policy'],
    ['[s2s.outgoing]\nip_versions = [5]\n', 's2s.outgoing.ip_versions[0]'],
    ['[s2s.outgoing]\nshaper = "none_such"\n', 's2s.outgoing.shaper'],
    ['[s2s.outgoing]\naddress = [{ host = "c.test", ip_address = "here" }]\n', 's2s.outgoing.address[0].ip_address'],
    ['[s2s.outgoing.tls]\ncertfile = "none.pem"\n', 's2s.outgoing.tls.certfile'],
    [`[s2s.outgoing.tls]\ncertfile = "${fixtures}/cert.pem"\n`, 's2s.outgoing.tls.certfile'],
    ['[[listen.s2s]]\nport = 5269\n[[listen.c2s]]\nport = 5269\nip_address = "127.0.0.1"\n', 'listen.s2s[0].port'],
  ])('may be wrong: %s', (text, path) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ errors: [expect.objectContaining({ path })] }))
  })
})

describe('options of listeners for other servers', () => {
  const config = (options: string, rest = '') =>
    `[general]\nhosts = ["localhost"]\n[[listen.s2s]]\nport = 0\nip_address = "127.0.0.1"\n${options}\n${rest}[modules.mod_sic]\n`
  const opening = `<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`

  it('max_connections: the next one is refused', async () => {
    await using server = await FileServer.start(config('max_connections = 1\ntls.mode = "none"'))
    const { port } = server.address('s2s')
    const first = await PaperPeer.connect(port)
    first.says(opening)
    await first.hears('</stream:features>')
    const second = await PaperPeer.connect(port)
    await second.hears('<resource-constraint')
    first.destroy()
    expect(await server.server.metrics.text()).toContain('s2s_limit_reached_count{limit="connection"} 1')
  })

  it('proxy_protocol: the address is that of the header', async () => {
    await using server = await FileServer.start(config('proxy_protocol = true\ntls.mode = "none"'))
    const peer = await PaperPeer.connect(server.address('s2s').port)
    peer.says(`PROXY TCP4 192.0.2.77 127.0.0.1 4711 5269\r\n${opening}`)
    await peer.hears('</stream:features>')
    peer.says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`)
    await peer.hearsEnd()
    expect(server.logged.join('')).toContain('192.0.2.77')
  })

  it('shaper: who sends more than it may is read from slowly', async () => {
    const federated = new Federated()
    const clock = new SteppedClock()
    const slow = '[shaper.slow]\nmax_rate = 1000\n'
    const options = { ...inTheClear, clock, listen: 'shaper = "slow"', tables: slow }
    const [server] = (await federated.start({ 'a.test': options })) as [FederatedServer]
    const [slowed, other] = [await PaperPeer.connect(server.s2sPort), await PaperPeer.connect(server.s2sPort)]
    for (const peer of [slowed, other]) {
      peer.opens('b.test', 'a.test')
      await peer.hears('</stream:features>')
    }
    slowed.says(`<db:result from='b.test' to='none.test'>${'k'.repeat(10_000)}</db:result>`)
    await slowed.hears('</db:result>')
    slowed.says('</stream:stream>')
    other.says('</stream:stream>')
    await other.hearsEnd()
    expect(slowed.heard).toBe('')
    clock.advance(20_000)
    await slowed.hears('</stream:stream>')
    await federated.stop()
  })

  it('tls.verify_mode = "peer": nobody comes in without a good certificate', async () => {
    await using server = await FileServer.start(config('tls.verify_mode = "peer"'))
    const peer = await PaperPeer.connect(server.address('s2s').port)
    peer.says(opening)
    await peer.hears('</stream:features>')
    peer.says(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    await peer.hears('<proceed')
    await peer.startTls().catch(() => {})
    expect(await peer.hearsEnd()).not.toContain('<stream')
  })

  it('a reload opens the port and closes it, with other servers known from then on', async () => {
    const none = '[general]\nhosts = ["localhost"]\n[modules.mod_sic]\n'
    await using server = await FileServer.start(none)
    await server.reload(config('tls.mode = "none"'))
    const peer = await PaperPeer.connect(server.address('s2s').port)
    peer.says(opening)
    await peer.hears('<dialback')
    await server.reload(config('tls.mode = "none"', '[s2s]\ndialback = false\n'))
    const next = await PaperPeer.connect(server.address('s2s').port)
    next.says(opening)
    expect(await next.hears('</stream:features>')).not.toContain('<dialback')
    await server.reload(none)
    expect(server.address('s2s').port).toBe(0)
    for (const each of [peer, next]) each.destroy()
  })

  it('a reload brings other servers without a port, and takes them away', async () => {
    const base =
      '[general]\nhosts = ["localhost", "quiet.test"]\n[[listen.c2s]]\nport = 0\nip_address = "127.0.0.1"\ntls.mode = "starttls"\n[auth.password]\nscram_iterations = 4096\n'
    const known = '[s2s.outgoing]\naddress = [{ host = "c.test", ip_address = "127.0.0.1", port = 1 }]\n'
    await using server = await FileServer.start(base)
    const alice = await server.client('alice')
    const ask = (refused: string) => alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'c.test', refused })
    await ask('service-unavailable')
    expect(await server.reload(base + known)).toMatchObject({ applied: ['s2s'], needsRestart: [] })
    await ask('remote-server-not-found')
    const denied = `${known}[[host_config]]\nhost = "localhost"\ns2s.default_policy = "deny"\n`
    await server.reload(base + denied)
    await ask('service-unavailable')
    await server.reload(base)
    await ask('service-unavailable')
  })

  it('hosts have policies of their own', async () => {
    const text = (own: string) =>
      `[general]\nhosts = ["localhost"]\n[[listen.c2s]]\nport = 0\nip_address = "127.0.0.1"\ntls.mode = "starttls"\n[auth.password]\nscram_iterations = 4096\n[[host_config]]\nhost = "localhost"\n${own}`
    await using server = await FileServer.start(
      text('s2s.outgoing.address = [{ host = "c.test", ip_address = "127.0.0.1", port = 1 }]\n'),
    )
    const alice = await server.client('alice')
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'c.test', refused: 'remote-server-not-found' })
  })

  it('shared: who has the secret knows the keys', async () => {
    const own = '[s2s]\nshared = "s3cr3tf0rd14lb4ck"\n[[host_config]]\nhost = "localhost"\n'
    await using server = await FileServer.start(config('tls.mode = "none"', own))
    const peer = await PaperPeer.connect(server.address('s2s').port)
    peer.says(opening)
    await peer.hears('</stream:features>')
    const key = new DialbackKeys('s3cr3tf0rd14lb4ck').keyFor({
      ...{ receiving: 'b.test', originating: 'localhost', streamId: 'x' },
    })
    peer.says(`<db:verify xmlns:db='jabber:server:dialback' from='b.test' to='localhost' id='x'>${key}</db:verify>`)
    await peer.hears(`type='valid'`)
    peer.destroy()
  })
})
