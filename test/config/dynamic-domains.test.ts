import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { Client } from '../support/client.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { openStream } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'

const config = `
[general]
hosts = ["static.example"]
host_types = ["customers", "others"]
default_server_domain = "static.example"
registration_timeout = "infinity"
loglevel = "error"

[services.service_domain_db]

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"

[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.host_meta_handler]]
path = "/.well-known"

[auth.password]
scram_iterations = 4096

[acl]
ours = [{ match = "any_hosted_domain" }]
[access]
ours = [{ acl = "ours", value = "allow" }]

[modules.mod_presence]
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_ping]
[modules.mod_offline]
[modules.mod_private]
[modules.mod_last]
[modules.mod_vcard]
[modules.mod_sasl2]
[modules.mod_fast_auth_token]

[[host_config]]
host_type = "others"
[host_config.modules.mod_time]
[host_config.modules.mod_vcard]
host = "people.example"
`

let folder = ''
let server: OwnTestServer
const clients: RawStream[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
  server = await startTestServer({ config, folder })
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = (name: string, input: Record<string, unknown>) => server.server.commands.run(`domain.${name}`, input)
const add = (domain: string, hostType = 'customers') => run('addDomain', { domain, hostType })

async function client(local: string, domain: string): Promise<Client> {
  const host = server.server.hostOf(domain)
  if (host !== undefined) await registerAccount(host, Jid.of(local, domain), 'secret')
  const signedIn = await Client.signIn({ ...server, domain }, { local, password: 'secret' }, undefined)
  clients.push(signedIn)
  return signedIn
}

/** The error that a stream to a domain is closed with, if it is. */
async function streamErrorFor(domain: string): Promise<string | undefined> {
  const stream = await RawStream.connect({ ...server, domain })
  clients.push(stream)
  try {
    await openStream(stream)
    return undefined
  } catch (error) {
    return /host-unknown/.exec(String(error))?.[0] ?? String(error)
  }
}

describe('a domain added at run time', () => {
  it('is served at once, with the settings of its host type', async () => {
    expect(await streamErrorFor('one.example')).toBe('host-unknown')
    expect(await add('one.example')).toEqual({ domain: 'one.example', hostType: 'customers', status: 'ENABLED' })
    await add('time.example', 'others')
    const one = await client('alice', 'one.example')
    await one.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: 'one.example' })
    await one.asks(`<time xmlns='urn:xmpp:time'/>`, 'get', { to: 'one.example', refused: 'service-unavailable' })
    const time = await client('alice', 'time.example')
    await time.asks(`<time xmlns='urn:xmpp:time'/>`, 'get', { to: 'time.example' })
  })

  it('is counted under its host type, and who asks for another domain or account makes no label', async () => {
    const before = await client('alice', 'one.example')
    await before.isHeard()
    const wrong = { local: 'nobody', password: 'wrong' }
    await expect(Client.signIn({ ...server, domain: 'one.example' }, wrong, undefined)).rejects.toThrow()
    const values = await server.server.metrics.values()
    const types = new Set(values.map(({ labels }) => labels['host_type']))
    expect([...types].filter((type) => type !== undefined).sort()).toEqual(['customers', 'others', 'static.example'])
    const failed = values.find(
      ({ name, labels }) => name === 'c2s_auth_failed_count' && labels['host_type'] === 'customers',
    )
    expect(failed?.value).toBeGreaterThan(0)
    const asked = values.find(
      ({ name, labels }) => name === 'auth_authorize_count' && labels['host_type'] === 'customers',
    )
    expect(asked?.value).toBeGreaterThan(0)
  })

  it('may share the address of a service, which stays as long as one of them is there', async () => {
    await add('first.example', 'others')
    await add('second.example', 'others')
    const fixed = await client('fred', 'static.example')
    const search = `<query xmlns='jabber:iq:search'/>`
    await fixed.asks(search, 'get', { to: 'people.example' })
    await run('disableDomain', { domain: 'first.example' })
    await fixed.asks(search, 'get', { to: 'people.example' })
    for (const domain of ['second.example', 'time.example']) await run('disableDomain', { domain })
    await fixed.asks(search, 'get', { to: 'people.example', refused: 'service-unavailable' })
    for (const domain of ['first.example', 'second.example', 'time.example']) await run('enableDomain', { domain })
    await fixed.asks(search, 'get', { to: 'people.example' })
  })

  it('talks with static domains and those of other kinds', async () => {
    const [one, fixed] = [await client('bob', 'one.example'), await client('bob', 'static.example')]
    await fixed.isPresent()
    one.sends(`<message to='${fixed.bare}' type='chat'><body>hello</body></message>`)
    await fixed.receives(`<message from='${one.jid}' to='${fixed.bare}' type='chat'><body>hello</body></message>`)
  })

  it('has its services, in the list and under their addresses', async () => {
    const one = await client('carol', 'one.example')
    const items = await one.asks(`<query xmlns='http://jabber.org/protocol/disco#items'/>`, 'get', {
      to: 'one.example',
    })
    expect(String(items)).toContain('vjud.one.example')
    await one.asks(`<query xmlns='jabber:iq:search'/>`, 'get', { to: 'vjud.one.example' })
  })

  it('counts as hosted for access rules and host-meta', async () => {
    const access = server.server.hostOf('static.example')?.access
    const of = (domain: string) => access?.allows('ours', { local: 'alice', domain, resource: '' }, 'static.example')
    expect([of('one.example'), of('unknown.example')]).toEqual([true, false])
    const meta = async (host: string) => {
      const { request } = await import('node:http')
      return new Promise<number | undefined>((resolve, reject) => {
        request(`${server.httpUrl}/.well-known/host-meta`, { headers: { host } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .once('error', reject)
          .end()
      })
    }
    expect([await meta('one.example'), await meta('unknown.example')]).toEqual([200, 404])
  })

  it('has its own sessions in commands', async () => {
    await add('sessions.example')
    const { jid } = await client('alice', 'sessions.example')
    const sessions = await server.server.commands.run('session.listSessions', { domain: 'sessions.example' })
    expect(sessions).toMatchObject([{ user: jid }])
    expect(await server.server.commands.run('session.countSessions', { domain: 'sessions.example' })).toBe(1)
  })
})

describe('commands for domains', () => {
  it('refuse what cannot be', async () => {
    const refusals: [string, Record<string, unknown>, string][] = [
      ['addDomain', { domain: 'static.example', hostType: 'customers' }, 'static'],
      ['addDomain', { domain: 'new.example', hostType: 'none' }, 'unknown_host_type'],
      ['addDomain', { domain: 'new.example', hostType: 'static.example' }, 'unknown_host_type'],
      ['addDomain', { domain: 'one.example', hostType: 'others' }, 'duplicate'],
      ['addDomain', { domain: 'vjud.one.example', hostType: 'others' }, 'duplicate'],
      ['removeDomain', { domain: 'one.example', hostType: 'others' }, 'wrong_host_type'],
      ['removeDomain', { domain: 'static.example', hostType: 'customers' }, 'static'],
      ['requestRemoveDomain', { domain: 'new.example', hostType: 'customers' }, 'not_found'],
      ['enableDomain', { domain: 'new.example' }, 'not_found'],
      ['disableDomain', { domain: 'static.example' }, 'static'],
      ['domainDetails', { domain: 'new.example' }, 'not_found'],
      ['domainsByHostType', { hostType: 'none' }, 'unknown_host_type'],
      ['setDomainPassword', { domain: 'new.example', password: 'x' }, 'not_found'],
      ['deleteDomainPassword', { domain: 'one.example' }, 'not_found'],
    ]
    for (const [name, input, code] of refusals) {
      await expect(run(name, input), `${name} ${JSON.stringify(input)}`).rejects.toMatchObject({ code })
    }
  })

  it('take the same domain twice', async () => {
    await add('twice.example')
    expect(await add('twice.example')).toMatchObject({ status: 'ENABLED' })
  })

  it('tell of every domain', async () => {
    await add('told.example', 'others')
    const told = { domain: 'told.example', hostType: 'others', status: 'ENABLED', type: 'DYNAMIC' }
    const fixed = { domain: 'static.example', hostType: 'static.example', status: 'ENABLED', type: 'STATIC' }
    expect(await run('domainDetails', { domain: 'told.example' })).toEqual(told)
    expect(await run('domainDetails', { domain: 'static.example' })).toEqual(fixed)
    expect(await run('allDomains', {})).toEqual(expect.arrayContaining([told, fixed]))
    expect(await run('domainsByHostType', { hostType: 'others' })).toContain('told.example')
    await run('disableDomain', { domain: 'told.example' })
    expect(await run('domainDetails', { domain: 'told.example' })).toEqual({ ...told, status: 'DISABLED' })
    expect(await run('domainsByHostType', { hostType: 'others' })).not.toContain('told.example')
  })

  it('keep the password of an administrator, hashed', async () => {
    await add('admin.example')
    await run('setDomainPassword', { domain: 'admin.example', password: 'top-secret' })
    const { admins } = server.server.domains
    expect(await admins?.checkPassword('admin.example', 'top-secret')).toBe(true)
    expect(await admins?.checkPassword('admin.example', 'wrong')).toBe(false)
    expect(await admins?.checkPassword('one.example', 'top-secret')).toBe(false)
    await run('deleteDomainPassword', { domain: 'admin.example' })
    expect(await admins?.checkPassword('admin.example', 'top-secret')).toBe(false)
  })
})

describe('a domain that is disabled', () => {
  it('ends its sessions with host-gone and opens no stream; enabled again, everything is there', async () => {
    await add('gone.example')
    const alice = await client('alice', 'gone.example')
    await alice.asks(`<query xmlns='jabber:iq:private'><a xmlns='a'>kept</a></query>`, 'set')
    const other = await client('alice', 'one.example')
    await run('disableDomain', { domain: 'gone.example' })
    await alice.receives(`<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`)
    expect(await streamErrorFor('gone.example')).toBe('host-unknown')
    await other.asks(`<query xmlns='jabber:iq:search'/>`, 'get', {
      to: 'vjud.gone.example',
      refused: 'service-unavailable',
    })
    await run('enableDomain', { domain: 'gone.example' })
    const again = await Client.signIn(
      { ...server, domain: 'gone.example' },
      { local: 'alice', password: 'secret' },
      undefined,
    )
    clients.push(again)
    expect(String(await again.asks(`<query xmlns='jabber:iq:private'><a xmlns='a'/></query>`))).toContain('kept')
    await other.asks(`<query xmlns='jabber:iq:search'/>`, 'get', { to: 'vjud.gone.example' })
  })

  it('stays so over a restart, as the others stay enabled', async () => {
    await add('off.example')
    await add('on.example')
    await run('disableDomain', { domain: 'off.example' })
    await server.stop()
    server = await startTestServer({ config, folder })
    expect(await streamErrorFor('off.example')).toBe('host-unknown')
    expect(await streamErrorFor('on.example')).toBeUndefined()
  })
})
