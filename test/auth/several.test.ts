import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { freePorts } from '../support/services.ts'
import { attempt, plain, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'

const program = JSON.stringify(fileURLToPath(new URL('../support/external-auth.mjs', import.meta.url)))

describe('several methods', () => {
  let server: OwnTestServer
  beforeAll(async () => {
    server = await startAuthServer(`
[auth]
methods = ["internal", "external"]
[auth.internal]
[auth.external]
program = ${program}
`)
    await server.registerUser('lena', 'secret')
  })
  afterAll(() => server.stop())

  it('work together: the first that says yes wins', async () => {
    expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('lena', 'pw-lena'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('mila', 'pw-mila'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('lena', 'other'))).toBe('not-authorized')
  })

  it('make accounts where the first that can makes them', async () => {
    expect(await server.server.hostOf('localhost')?.accounts.list('localhost')).toEqual(['lena'])
  })

  it('cover for one that cannot tell, where another says yes', async () => {
    await server.registerUser('crash', 'secret')
    expect(await attempt(server, 'PLAIN', plain('crash', 'secret'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('crash', 'other'))).toBe('temporary-auth-failure')
  })
})

it('a port narrows the methods', async () => {
  const listener = 'port = 0\nip_address = "127.0.0.1"\ntls.mode = "tls"'
  const server = await startTestServer({
    config: `
[general]
hosts = ["localhost"]
loglevel = "none"
[[listen.c2s]]
${listener}
allowed_auth_methods = ["external"]
[[listen.c2s]]
${listener}
[auth]
methods = ["anonymous", "external", "internal"]
[auth.anonymous]
[auth.internal]
[auth.external]
program = ${program}
[modules.mod_presence]
`,
  })
  await server.server.hostOf('localhost')?.accounts.only(['internal']).register(Jid.parse('lena@localhost'), 'secret')
  const [narrow, wide] = server.server.ports.map(({ port }) => ({ ...server, tlsPort: port }))
  if (narrow === undefined || wide === undefined) throw new Error('two ports are open')
  const offers = await Promise.all([narrow, wide].map((port) => readyStream(port)))
  for (const { stream } of offers) stream.destroy()
  expect(offers[0]?.offered).toEqual(['PLAIN'])
  expect(offers[1]?.offered).toContain('ANONYMOUS')
  expect(offers[1]?.offered).toContain('SCRAM-SHA-256')
  expect(await attempt(narrow, 'PLAIN', plain('lena', 'secret'))).toBe('not-authorized')
  expect(await attempt(narrow, 'PLAIN', plain('lena', 'pw-lena'))).toBe('success')
  expect(await attempt(wide, 'PLAIN', plain('lena', 'secret'))).toBe('success')
  expect(await attempt(narrow, 'ANONYMOUS', '')).toBe('invalid-mechanism')
  await server.stop()
})

it('a backend that is away when the server starts is no reason not to', async () => {
  const [port] = await freePorts(1)
  const server = await startAuthServer(`
[auth]
methods = ["http", "internal"]
[auth.http]
[outgoing_pools.http.auth]
connection.host = "http://127.0.0.1:${port}"
`)
  expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('temporary-auth-failure')
  await server.stop()
})
