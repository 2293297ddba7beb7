import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { allModules } from '../../src/modules/all.ts'
import { el } from '../../src/xml/element.ts'
import { FileServer } from '../support/file-server.ts'

const ns = 'urn:example:greeting'

/** Reads one option where it is used, another when it starts. */
const greeting = defineModule({
  name: 'mod_greeting',
  about: 'Greets.',
  xeps: [],
  options: z.strictObject({
    word: z.string().default('hello').describe('The word.').meta({ reload: 'live' }),
    mark: z.string().default('.').describe('What follows it.'),
  }),
  setup({ iq, options }) {
    const { mark } = options
    iq.server('get', ns, 'greet', () => el('greet', ns, options.word + mark))
  },
})

const modules = [...allModules, greeting]

const config = (rest: string, { level = 'info', more = '' } = {}) => `
[general]
hosts = ["localhost"]
loglevel = "${level}"
registration_timeout = 600

[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
access = "c2s"
tls.mode = "starttls_required"
${more}

[auth.password]
scram_iterations = 4096

[modules.mod_ping]
[modules.mod_disco]
${rest}
`

const anybody = '[access]\nc2s = [{ acl = "all", value = "allow" }]\n'
const notMallory =
  '[acl]\nbad = [{ user = "mallory" }]\n[access]\nc2s = [{ acl = "bad", value = "deny" }, { acl = "all", value = "allow" }]\n'

const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

describe('a reload', () => {
  it('changes log level and access rules, and tells so', async () => {
    await using server = await FileServer.start(config(anybody))
    const alice = await server.client('alice')
    expect(await server.reload(config(notMallory, { level: 'error' }))).toEqual({
      applied: ['general.loglevel', 'acl.bad', 'access.c2s'],
      needsRestart: [],
      failed: [],
      warnings: [],
    })
    expect(server.server.log.level).toBe('error')
    await expect(server.client('mallory')).rejects.toThrow()
    await server.client('bob')
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'localhost' })
  })

  it('tells what needs a restart, and goes on with what was', async () => {
    await using server = await FileServer.start(config(anybody))
    const changed = config(anybody).replace('registration_timeout = 600', 'registration_timeout = 5')
    expect(await server.reload(changed.replace('4096', '8192'))).toMatchObject({
      applied: [],
      needsRestart: ['general.registration_timeout', 'auth.password.scram_iterations'],
    })
    expect(server.server.config.general.registration_timeout).toBe(600)
  })

  it('changes nothing when the file is bad', async () => {
    await using server = await FileServer.start(config(anybody))
    const before = server.server.config
    await expect(server.reload(config(`${notMallory}\n[modules.mod_greting]\n`, { level: 'loud' }))).rejects.toThrow(
      /general\.loglevel[\s\S]*modules\.mod_greting[\s\S]*2 errors/,
    )
    expect(server.server.config).toBe(before)
    await server.client('mallory')
  })

  it('only tells when it is a dry run', async () => {
    await using server = await FileServer.start(config(anybody))
    server.write(config(notMallory))
    expect((await server.server.reload({ isDryRun: true })).applied).toEqual(['acl.bad', 'access.c2s'])
    await server.client('mallory')
  })

  it('starts and stops modules, whose features follow', async () => {
    await using server = await FileServer.start(config(anybody), modules)
    const alice = await server.client('alice')
    const features = async () => {
      const info = await alice.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', {
        to: 'localhost',
      })
      return JSON.stringify(info)
    }
    expect(await features()).not.toContain(ns)
    expect((await server.reload(config(`${anybody}\n[modules.mod_greeting]`))).applied).toEqual([
      'modules.mod_greeting',
    ])
    await alice.asks(`<greet xmlns='${ns}'/>`, 'get', { to: 'localhost' })
    expect(await features()).toContain(ns)
    expect((await server.reload(config(anybody))).applied).toEqual(['modules.mod_greeting'])
    await alice.asks(`<greet xmlns='${ns}'/>`, 'get', { to: 'localhost', refused: 'service-unavailable' })
    expect(await features()).not.toContain(ns)
  })

  it('changes options that are live, and no others', async () => {
    await using server = await FileServer.start(config(`${anybody}\n[modules.mod_greeting]`), modules)
    const alice = await server.client('alice')
    const said = async () => JSON.stringify(await alice.asks(`<greet xmlns='${ns}'/>`, 'get', { to: 'localhost' }))
    expect(await said()).toContain('hello.')
    const report = await server.reload(config(`${anybody}\n[modules.mod_greeting]\nword = "salve"\nmark = "!"`))
    expect(report).toMatchObject({
      applied: ['modules.mod_greeting.word'],
      needsRestart: ['modules.mod_greeting.mark'],
    })
    expect(await said()).toContain('salve.')
  })

  it('tells of a module that does not start, and goes on', async () => {
    const broken = defineModule({
      name: 'mod_broken',
      about: 'Does not start.',
      xeps: [],
      options: z.strictObject({}),
      setup() {
        throw new Error('no')
      },
    })
    await using server = await FileServer.start(config(anybody), [...modules, broken])
    const report = await server.reload(config(`${anybody}\n[modules.mod_broken]\n[modules.mod_greeting]`))
    expect(report.failed).toEqual(['mod_broken (localhost): no'])
    const alice = await server.client('alice')
    await alice.asks(`<greet xmlns='${ns}'/>`, 'get', { to: 'localhost' })
  })
})

describe('ports at a reload', () => {
  const more =
    '[[listen.http]]\nport = 0\nip_address = "127.0.0.1"\n[[listen.http.handlers.health_handler]]\npath = "/health"'

  it('open and close; who is connected stays', async () => {
    const second =
      '[[listen.c2s]]\nport = 0\nip_address = "127.0.0.1"\nproxy_protocol = false\ntls.mode = "starttls_required"'
    await using server = await FileServer.start(config(anybody, { more: second }))
    const [first, other] = server.server.ports.map(({ port }) => port)
    const alice = await server.client('alice', server.address('c2s', 1))
    expect((await server.reload(config(anybody, { more }))).applied).toEqual(['listen.c2s', 'listen.http'])
    expect(server.server.ports.map(({ kind }) => kind)).toEqual(['c2s', 'http'])
    expect(server.server.ports[0]?.port).toBe(first)
    expect(await isOpen(other ?? 0)).toBe(false)
    expect(await isOpen(server.address('http').port)).toBe(true)
    await alice.asks(`<ping xmlns='urn:xmpp:ping'/>`, 'get', { to: 'localhost' })
  })

  it('take other settings without closing', async () => {
    await using server = await FileServer.start(config(anybody, { more }))
    const { port } = server.address('http')
    const found = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    expect([await found('/health/live'), await found('/alive/live')]).toEqual([200, 404])
    const changed = config(anybody, { more: `max_connections = 0\n${more.replace('"/health"', '"/alive"')}` })
    await expect(server.reload(changed)).rejects.toThrow('max_connections')
    expect(await found('/health/live')).toBe(200)
    const good = config(anybody, { more: `max_connections = 1\n${more.replace('"/health"', '"/alive"')}` })
    expect((await server.reload(good)).applied).toEqual([
      'listen.c2s[0].max_connections',
      'listen.http[0].handlers.health_handler[0].path',
    ])
    expect([await found('/health/live'), await found('/alive/live')]).toEqual([404, 200])
    await server.client('alice')
    await expect(server.client('bob')).rejects.toThrow()
  })

  it('that are taken change nothing at all', async () => {
    await using taken = await FileServer.start(config(anybody))
    await using server = await FileServer.start(config(anybody))
    const { port } = taken.address('c2s')
    const text = config(notMallory, { more: `[[listen.c2s]]\nport = ${port}\nip_address = "127.0.0.1"` })
    await expect(server.reload(text)).rejects.toThrow('EADDRINUSE')
    expect(server.server.ports).toHaveLength(1)
    await server.client('mallory')
  })
})
