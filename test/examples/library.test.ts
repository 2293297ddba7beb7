import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigErrors, createServer, type EmbeddedServer, el, Jid, MemoryLog } from 'meerkat'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Client } from '../support/client.ts'

const config = {
  general: { hosts: ['localhost'], registration_timeout: Number.POSITIVE_INFINITY },
  listen: { c2s: [{ port: 5222, ip_address: '127.0.0.1', tls: { mode: 'starttls_required' as const } }] },
  auth: { password: { scram_iterations: 4096 } },
  modules: { mod_ping: {}, mod_roster: {}, mod_private: { max_bytes: 100 } },
}

const options = { inMemory: true, freePorts: true, log: false } as const

async function signIn(server: EmbeddedServer, name: string): Promise<Client> {
  await server.registerUser(`${name}@localhost`, 'secret')
  const address = { host: '127.0.0.1', port: server.port('c2s'), domain: 'localhost' }
  return Client.signIn(address, { local: name, password: 'secret' }, 'here')
}

describe('a server inside another program', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meerkat-library-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is made of a value, keeps nothing and leaves nothing', async () => {
    const data = join(folder, 'never')
    await using server = createServer({
      ...options,
      config: { ...config, general: { ...config.general, data_dir: data } },
    })
    await server.start()
    expect(server.config.modules['mod_private']).toMatchObject({ max_bytes: 100 })
    expect(server.config.general.registration_timeout).toBe(Number.POSITIVE_INFINITY)
    expect(server.ports).toHaveLength(1)
    expect(server.port('c2s')).not.toBe(5222)
    const alice = await signIn(server, 'alice')
    await alice.isPresent()
    server.send(
      'message',
      { from: Jid.parse('localhost'), to: Jid.parse('alice@localhost') },
      el('body', 'jabber:client', 'Hi'),
    )
    await alice.receives(`<message from='localhost'><body>Hi</body></message>`)
    expect(await server.command('account.listUsers', { domain: 'localhost' })).toEqual(['alice@localhost'])
    expect(await server.registerUser('alice@localhost', 'other')).toBe(false)
    expect(await server.removeUser('alice@localhost')).toBe(true)
    await server.close()
    await server.stopped
    expect(existsSync(data)).toBe(false)
  })

  it('is made of the text of a file, or of a file that is read again', async () => {
    const text = '[general]\nhosts = ["localhost"]\n[[listen.http]]\nport = 5280\nip_address = "127.0.0.1"\n'
    await using one = createServer({ ...options, config: text })
    await one.start()
    expect(one.ports.map(({ kind }) => kind)).toEqual(['http'])
    const configFile = join(folder, 'own.toml')
    writeFileSync(configFile, text)
    await using other = createServer({ ...options, configFile })
    await other.start()
    writeFileSync(configFile, `${text}[modules.mod_ping]\n`)
    expect((await other.reload()).applied).toEqual(['modules.mod_ping'])
    expect(readdirSync(folder)).toEqual(['own.toml'])
  })

  it('keeps its data where the configuration says', async () => {
    const general = { ...config.general, data_dir: join(folder, 'data') }
    const kept = { log: false, freePorts: true, config: { ...config, general } } as const
    {
      await using server = createServer(kept)
      await server.start()
      await server.registerUser('alice@localhost', 'secret')
    }
    await using server = createServer(kept)
    await server.start()
    expect(await server.registerUser('alice@localhost', 'secret')).toBe(false)
  })

  it('tells everything that is wrong with its configuration', () => {
    const wrong = () => createServer({ config: { general: { hosts: [] }, modules: { mod_pong: {} } } })
    expect(wrong).toThrow(ConfigErrors)
    expect(wrong).toThrow(/mod_pong[\s\S]*2 errors/)
  })

  it('starts with no configuration at all', async () => {
    const log = new MemoryLog()
    await using server = createServer({ inMemory: true, freePorts: true, log })
    await server.start()
    expect(server.ports.map(({ kind }) => kind)).toEqual(['c2s', 'c2s_tls', 'http'])
    expect(log.named('node_started')).toHaveLength(1)
  })
})

describe('two servers in one process', () => {
  it('do not disturb each other', async () => {
    await using one = createServer({ ...options, config })
    await using two = createServer({ ...options, config: { ...config, modules: { mod_ping: {} } } })
    await Promise.all([one.start(), two.start()])
    const [alice, other] = await Promise.all([signIn(one, 'alice'), signIn(two, 'alice')])
    await Promise.all([alice.isPresent(), other.isPresent()])
    const stored = `<query xmlns='jabber:iq:private'><mine xmlns='urn:x'>1</mine></query>`
    await alice.asks(stored, 'set')
    await other.asks(stored, 'set', { refused: 'service-unavailable' })
    await signIn(one, 'bob')
    expect(await two.command('account.countUsers', { domain: 'localhost' })).toBe(1)
    expect(await two.command('session.countSessions')).toBe(1)
    expect(await one.command('session.countSessions')).toBe(2)
    await one.close()
    await other.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'localhost' })
    expect(await two.command('session.countSessions')).toBe(1)
  })
})
