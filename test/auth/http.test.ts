import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { makeSelfSigned } from '../../src/net/certificate.ts'
import type { ClientTlsTable } from '../../src/net/client-tls.ts'
import { HttpPool } from '../../src/net/http-pool.ts'
import { systemClock } from '../../src/util/clock.ts'
import { ScramClient } from '../support/sasl.ts'
import type { OwnTestServer } from '../support/server.ts'
import { freePorts } from '../support/services.ts'
import { scram } from '../support/sign-in.ts'
import { attempt, plain, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'

/** A server for accounts as operators write them: passwords in a map. */
class AccountServer {
  readonly passwords = new Map<string, string>()
  readonly asked: string[] = []
  readonly headers: (string | undefined)[] = []
  /** Milliseconds before each answer. */
  delay = 0
  #server: HttpServer | undefined

  async start(port: number): Promise<void> {
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://x')
        this.asked.push(`${request.method} ${url.pathname}`)
        this.headers.push(request.headers.authorization)
        const fields = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams
        const [status, text] = this.#answer(url.pathname, `${fields.get('user')}@${fields.get('server')}`, fields)
        setTimeout(() => response.writeHead(status).end(text), this.delay)
      })
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  }

  #answer(path: string, user: string, fields: URLSearchParams): [number, string] {
    const stored = this.passwords.get(user)
    const given = fields.get('pass') ?? ''
    switch (path) {
      case '/auth/register':
        if (stored !== undefined) return [409, '']
        this.passwords.set(user, given)
        return [201, '']
      case '/auth/user_exists':
        return [200, String(stored !== undefined)]
      case '/auth/check_password':
        return stored === undefined ? [404, ''] : [200, String(stored === given)]
      case '/auth/get_password':
        return stored === undefined ? [404, ''] : [200, stored]
      case '/auth/set_password':
        if (stored === undefined) return [404, '']
        this.passwords.set(user, given)
        return [204, '']
      case '/auth/remove_user':
        return this.passwords.delete(user) ? [204, ''] : [404, '']
      default:
        return [500, '']
    }
  }

  async stop(): Promise<void> {
    const server = this.#server
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
  }
}

const settings = (port: number, more = '') => `
[auth]
methods = ["http"]
${more}
[auth.http]
basic_auth = "meerkat:secret"
[outgoing_pools.http.auth]
workers = 4
call_timeout = 1000
[outgoing_pools.http.auth.connection]
host = "http://127.0.0.1:${port}"
path_prefix = "/auth"
request_timeout = 300
`

describe('accounts kept by an HTTP server', () => {
  const accounts = new AccountServer()
  let server: OwnTestServer
  let port = 0
  beforeAll(async () => {
    ;[port = 0] = await freePorts(1)
    await accounts.start(port)
    server = await startAuthServer(settings(port))
  })
  afterAll(async () => {
    await server.stop()
    await accounts.stop()
  })

  it('are kept with all verbs', async () => {
    const host = server.server.hostOf('localhost')
    await server.registerUser('lena', 'secret')
    await expect(server.registerUser('lena', 'secret')).rejects.toThrow('lena')
    expect(accounts.passwords.get('lena@localhost')).toMatch(/^==MULTI_SCRAM==/)
    const user = Jid.parse('lena@localhost')
    expect(await host?.accounts.setPassword(user, 'other')).toBe(true)
    expect(await host?.accounts.checkPassword(user, 'other')).toBe(true)
    expect(await host?.accounts.remove(user)).toBe(true)
    expect(await host?.accounts.exists(user)).toBe(false)
    expect(new Set(accounts.headers)).toEqual(new Set(['Basic bWVlcmthdDpzZWNyZXQ=']))
  })

  it('log in with PLAIN and SCRAM', async () => {
    await server.registerUser('mila', 'secret')
    expect(await attempt(server, 'PLAIN', plain('mila', 'secret'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('mila', 'wrong'))).toBe('not-authorized')
    expect(await attempt(server, 'PLAIN', plain('nobody', 'secret'))).toBe('not-authorized')
    const { stream, offered } = await readyStream(server)
    expect(offered).toContain('SCRAM-SHA-256')
    await scram(
      stream,
      new ScramClient({ mechanism: 'SCRAM-SHA-256', user: 'mila', password: 'secret' }),
      'SCRAM-SHA-256',
    )
    stream.destroy()
  })

  it('cannot be told of by a server that is too slow', async () => {
    await server.registerUser('nora', 'secret')
    accounts.delay = 500
    expect(await attempt(server, 'PLAIN', plain('nora', 'secret'))).toBe('temporary-auth-failure')
    accounts.delay = 0
    expect(await attempt(server, 'PLAIN', plain('nora', 'secret'))).toBe('success')
  })

  it('log in again when the server was away under load', async () => {
    await server.registerUser('olga', 'secret')
    const outcomes = new Set<string>()
    let isOver = false
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) outcomes.add(await attempt(server, 'PLAIN', plain('olga', 'secret')))
    })
    expect(await attempt(server, 'PLAIN', plain('olga', 'secret'))).toBe('success')
    await accounts.stop()
    expect(await attempt(server, 'PLAIN', plain('olga', 'secret'))).toBe('temporary-auth-failure')
    expect(await attempt(server, 'PLAIN', plain('nobody', 'secret'))).toBe('temporary-auth-failure')
    await accounts.start(port)
    expect(await attempt(server, 'PLAIN', plain('olga', 'secret'))).toBe('success')
    isOver = true
    await Promise.all(load)
    expect([...outcomes].filter((outcome) => outcome !== 'success' && outcome !== 'temporary-auth-failure')).toEqual([])
  })
})

describe('with passwords in plain text', () => {
  it('the HTTP server checks them', async () => {
    const accounts = new AccountServer()
    const [port = 0] = await freePorts(1)
    await accounts.start(port)
    const server = await startAuthServer(settings(port, 'password.format = "plain"'))
    await server.registerUser('lena', 'secret')
    expect(accounts.passwords.get('lena@localhost')).toBe('secret')
    const { stream, offered } = await readyStream(server)
    stream.destroy()
    expect(offered).toEqual(['PLAIN'])
    expect(await attempt(server, 'PLAIN', plain('lena', 'secret'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('lena', 'wrong'))).toBe('not-authorized')
    expect(accounts.asked).toContain('GET /auth/check_password')
    await server.stop()
    await accounts.stop()
  })
})

describe('a pool of HTTP connections', () => {
  it('keeps them, and no more than configured', async () => {
    let open = 0
    let most = 0
    const connections = new Set<unknown>()
    const peer = createServer((request, response) => {
      connections.add(request.socket)
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        response.end(request.url)
      })
    })
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
    const { port } = peer.address() as AddressInfo
    const pool = await HttpPool.open({
      origin: `http://127.0.0.1:${port}`,
      pathPrefix: '/a/',
      workers: 2,
      requestTimeout: 2000,
      callTimeout: 5000,
      clock: systemClock,
    })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => pool.call({ method: 'GET', path: `${index}` })),
    )
    expect(answers.map(({ body }) => body)).toEqual(answers.map((_, index) => `/a/${index}`))
    expect([connections.size <= 2, most <= 2]).toEqual([true, true])
    // The other side may end what is kept at any time.
    peer.closeAllConnections()
    expect((await pool.call({ method: 'POST', path: 'again', body: 'x' })).status).toBe(200)
    pool.close()
    await new Promise((resolve) => peer.close(resolve))
  })
})

describe('a pool of HTTPS connections', () => {
  it('checks the certificate unless told otherwise', async () => {
    const { certificate, key } = makeSelfSigned({ domains: ['auth.example.org'], now: Date.now() })
    const folder = await mkdtemp(join(tmpdir(), 'meerkat-https-'))
    const file = join(folder, 'ca.pem')
    await writeFile(file, certificate)
    const peer = createTlsServer({ cert: certificate, key }, (_, response) => response.end('fine'))
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
    const { port } = peer.address() as AddressInfo
    const ask = async (tls?: Partial<ClientTlsTable>) => {
      const pool = await HttpPool.open({
        origin: `https://127.0.0.1:${port}`,
        pathPrefix: '/',
        workers: 1,
        requestTimeout: 2000,
        callTimeout: 5000,
        tls: tls && { verify_mode: 'peer', versions: ['tlsv1.2', 'tlsv1.3'], crl_files: [], ...tls },
        clock: systemClock,
      })
      try {
        return (await pool.call({ method: 'GET', path: 'x' })).body
      } catch {
        return 'refused'
      } finally {
        pool.close()
      }
    }
    expect(await ask()).toBe('refused')
    expect(await ask({ cacertfile: file })).toBe('refused')
    expect(await ask({ cacertfile: file, server_name_indication: { enabled: true, host: 'auth.example.org' } })).toBe(
      'fine',
    )
    expect(await ask({ cacertfile: file, server_name_indication: { enabled: false } })).toBe('fine')
    expect(await ask({ verify_mode: 'none' })).toBe('fine')
    expect(await ask({ verify_mode: 'none', versions: ['tlsv1.2'] })).toBe('fine')
    peer.closeAllConnections()
    await new Promise((resolve) => peer.close(resolve))
    await rm(folder, { recursive: true })
  })
})
