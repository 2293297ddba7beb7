import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSelfSigned } from '../../src/net/certificate.ts'
import { dialTls } from '../net/support.ts'
import { FileServer } from '../support/file-server.ts'
import { mechanismsOf, openStream } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'

const config = `
[general]
hosts = ["one.example", "two.example"]

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
access = "c2s"
tls.mode = "starttls_required"

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"

[auth.password]
scram_iterations = 4096

[acl]
friends = [{ user = "alice" }]

[access]
c2s = [{ acl = "all", value = "allow" }]

[modules.mod_ping]
[modules.mod_version]

[[host_config]]
host = "two.example"
[host_config.auth]
sasl_mechanisms = ["scram_sha256"]
password.hash = ["sha256"]
password.scram_iterations = 5000
[host_config.acl]
friends = [{ user = "bob" }]
strangers = [{ user = "carol" }]
[host_config.access]
c2s = [{ acl = "strangers", value = "deny" }]
[host_config.modules.mod_time]
`

let server: FileServer
beforeAll(async () => {
  server = await FileServer.start(config)
})
afterAll(() => server[Symbol.asyncDispose]())

const on = (domain: string) => server.address('c2s', 0, domain)

describe('a host with settings of its own', () => {
  it('has its own modules and not the general ones', async () => {
    const [one, two] = [
      await server.client('alice', on('one.example')),
      await server.client('alice', on('two.example')),
    ]
    const version = `<query xmlns='jabber:iq:version'/>`
    const time = `<time xmlns='urn:xmpp:time'/>`
    await one.asks(version, 'get', { to: 'one.example' })
    await one.asks(time, 'get', { to: 'one.example', refused: 'service-unavailable' })
    await two.asks(version, 'get', { to: 'two.example', refused: 'service-unavailable' })
    await two.asks(time, 'get', { to: 'two.example' })
  })

  it('has its own access rules', async () => {
    await server.client('carol', on('one.example'))
    await expect(server.client('carol', on('two.example'))).rejects.toThrow()
    const [one, two] = [server.server.hostOf('one.example'), server.server.hostOf('two.example')]
    const bob = { local: 'bob', domain: 'two.example', resource: '' }
    expect(one?.config.acl['friends']).toHaveLength(1)
    expect(two?.config.acl['friends']).toHaveLength(2)
    expect(two?.access.allows('c2s', bob, 'two.example')).toBe(true)
  })

  it('has its own way to authenticate', async () => {
    const offered = async (domain: string) => {
      const stream = await RawStream.connect(server.address('c2s', 1, domain))
      const mechanisms = mechanismsOf(await openStream(stream))
      stream.destroy()
      return mechanisms
    }
    expect(await offered('one.example')).toContain('SCRAM-SHA-1')
    expect(await offered('two.example')).toEqual(['SCRAM-SHA-256'])
  })

  it('takes changed rules over at a reload', async () => {
    const changed = config.replace('value = "deny"', 'value = "allow"')
    expect(await server.reload(changed)).toMatchObject({
      applied: ['host_config[0].access.c2s[0].value'],
      needsRestart: [],
    })
    await server.client('carol', on('two.example'))
  })
})

describe('certificates of single domains', () => {
  it('are chosen by the name a client asks for, and read again at a reload', async () => {
    const make = (domain: string) => {
      const { certificate, key } = makeSelfSigned({ domains: [domain], now: Date.now() })
      writeFileSync(join(server.folder, `${domain}.pem`), certificate + key)
    }
    make('two.example')
    const direct =
      '[[listen.c2s]]\nport = 0\nip_address = "127.0.0.1"\ntls.mode = "tls"\n[[listen.http]]\nport = 0\nip_address = "127.0.0.1"\ntls = {}\n[auth.password]'
    const named =
      'hosts = ["one.example", "two.example"]\ndomain_certfile = [{ domain = "two.example", certfile = "two.example.pem" }]'
    const text = config.replace('[auth.password]', direct).replace(/hosts = .*/, named)
    await server.reload(text)
    const seen = async (kind: string, servername: string) => {
      const socket = await dialTls({ port: server.address(kind).port, servername })
      const { fingerprint256, subject } = socket.getPeerX509Certificate() ?? {}
      socket.destroy()
      return { fingerprint256, subject }
    }
    expect((await seen('c2s_tls', 'two.example')).subject).toBe('CN=two.example')
    expect((await seen('https', 'two.example')).subject).toBe('CN=two.example')
    expect((await seen('c2s_tls', 'one.example')).subject).not.toBe('CN=two.example')
    const before = await seen('c2s_tls', 'two.example')
    make('two.example')
    await server.reload(text)
    expect((await seen('c2s_tls', 'two.example')).fingerprint256).not.toBe(before.fingerprint256)
  })
})
