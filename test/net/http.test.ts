import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpListener, type HttpOptions, listenHttp } from '../../src/net/http.ts'
import {
  allowMethods,
  HttpError,
  type HttpRoute,
  readBody,
  respond,
  respondJson,
  withCors,
} from '../../src/net/http-exchange.ts'
import { staticFiles } from '../../src/net/static-files.ts'
import { closeOf, dial, readToEnd, temporaryFolder, tlsContext } from './support.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

interface Ask {
  method?: string
  headers?: Record<string, string>
  body?: string
  tls?: boolean
}

async function ask(listener: HttpListener, path: string, { method = 'GET', headers = {}, body, tls }: Ask = {}) {
  const options = {
    host: '127.0.0.1',
    port: listener.port,
    path,
    method,
    headers,
    rejectUnauthorized: false,
    agent: false,
  }
  const request = tls ? httpsRequest(options) : httpRequest(options)
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) } as Answer
}

async function withListener(
  routes: readonly HttpRoute[],
  run: (listener: HttpListener) => Promise<void>,
  options: Partial<HttpOptions> = {},
) {
  const listener = await listenHttp({ port: 0, host: '127.0.0.1', routes, ...options })
  await run(listener)
  await listener.close()
}

const echo: HttpRoute = {
  host: '_',
  path: '/echo/:name/[...]',
  handle: (exchange) => {
    const { params, rest, host, path, remote, tls } = exchange
    respondJson(exchange, 200, {
      params,
      rest,
      host,
      path,
      q: exchange.query.get('q'),
      remote: remote.address,
      tls: !!tls,
    })
  },
}

describe('an HTTP listener', () => {
  it('gives a handler path, query, host and peer', async () => {
    await withListener([echo], async (listener) => {
      const { status, headers, body } = await ask(listener, '/echo/a%20b/c/d?q=1%2B1', {
        headers: { host: 'EX.org:1' },
      })
      expect(status).toBe(200)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(JSON.parse(body.toString())).toEqual({
        params: { name: 'a b' },
        rest: ['c', 'd'],
        host: 'ex.org',
        path: '/echo/a%20b/c/d',
        q: '1+1',
        remote: '127.0.0.1',
        tls: false,
      })
    })
  })

  it('understands a target with scheme and host', async () => {
    await withListener([echo], async (listener) => {
      const { body } = await ask(listener, 'http://other.example:80/echo/x?q=2', { headers: { host: 'a' } })
      expect(JSON.parse(body.toString())).toMatchObject({ host: 'other.example', q: '2', params: { name: 'x' } })
    })
  })

  it('serves HTTPS with a context of ours', async () => {
    const tls = await tlsContext(folder.path)
    await withListener(
      [echo],
      async (listener) => {
        const { body } = await ask(listener, '/echo/x', { tls: true })
        expect(JSON.parse(body.toString())).toMatchObject({ tls: true, remote: '127.0.0.1' })
        const plain = await dial(listener.port)
        plain.write('GET /echo/x HTTP/1.1\r\nhost: a\r\n\r\n')
        await closeOf(plain)
      },
      { tls },
    )
  })

  it('answers 404, 405, the status of an HttpError and 500', async () => {
    const reports: string[] = []
    const routes: HttpRoute[] = [
      { host: '_', path: '/get', handle: (exchange) => allowMethods(exchange, 'GET', 'PUT') },
      {
        host: '_',
        path: '/late',
        handle: async () => {
          await Promise.resolve()
          throw new HttpError(418, 'short and stout')
        },
      },
      {
        host: '_',
        path: '/broken',
        handle: () => {
          throw new Error('secret detail')
        },
      },
    ]
    await withListener(
      routes,
      async (listener) => {
        expect((await ask(listener, '/none')).status).toBe(404)
        const refused = await ask(listener, '/get', { method: 'DELETE' })
        expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, PUT'])
        const late = await ask(listener, '/late')
        expect([late.status, late.body.toString()]).toEqual([418, 'short and stout\n'])
        const broken = await ask(listener, '/broken')
        expect([broken.status, broken.body.toString()]).toEqual([500, 'Internal error\n'])
        expect(broken.headers['server']).toBe('Meerkat')
      },
      { report: ({ what }) => void reports.push(what), serverHeader: 'Meerkat' },
    )
    expect(reports).toEqual(['http_handler_failed'])
  })

  it('bounds headers and bodies', async () => {
    const route: HttpRoute = {
      host: '_',
      path: '/body',
      handle: async (exchange) => respond(exchange, 200, 'text/plain', await readBody(exchange.request, 10)),
    }
    await withListener([route], async (listener) => {
      expect((await ask(listener, '/body', { method: 'POST', body: '0123456789' })).body.toString()).toBe('0123456789')
      expect((await ask(listener, '/body', { method: 'POST', body: '01234567890' })).status).toBe(413)
      const chunked = { 'transfer-encoding': 'chunked' }
      expect((await ask(listener, '/body', { method: 'POST', body: '01234567890', headers: chunked })).status).toBe(413)
      expect((await ask(listener, '/body', { headers: { x: 'y'.repeat(20_000) } })).status).toBe(431)
      const garbage = await dial(listener.port)
      garbage.write('<stream:stream>\r\n\r\n')
      expect(await readToEnd(garbage)).toMatch(/^HTTP\/1.1 400/)
      garbage.destroy()
    })
  })

  it('mounts other routes while it runs', async () => {
    await withListener([], async (listener) => {
      expect((await ask(listener, '/echo/x')).status).toBe(404)
      listener.mount([echo])
      expect((await ask(listener, '/echo/x')).status).toBe(200)
    })
  })

  it('logs requests without their query', async () => {
    const logged: Record<string, unknown>[] = []
    await withListener([echo], async (listener) => void (await ask(listener, '/echo/x?q=secret')), {
      accessLog: (event) => void logged.push(event),
    })
    expect(logged).toMatchObject([
      { what: 'http_request', method: 'GET', path: '/echo/x', status: 200, peer: '127.0.0.1' },
    ])
  })

  it('logs who has asked, and no path that is a secret', async () => {
    const logged: Record<string, unknown>[] = []
    const handle: HttpRoute['handle'] = (exchange) => {
      if (exchange.noted !== undefined) exchange.noted.jid = 'kim@a.example'
      respond(exchange, 200, 'text/plain', 'ok')
    }
    const secret: HttpRoute = { host: '_', path: '/invite/:token', isPathSecret: true, handle }
    await withListener([secret], async (listener) => void (await ask(listener, '/invite/abc')), {
      accessLog: (event) => void logged.push(event),
    })
    expect(logged).toMatchObject([{ path: '/invite/:token', status: 200, jid: 'kim@a.example' }])
  })

  it('drops open connections when it closes', async () => {
    const listener = await listenHttp({ port: 0, host: '127.0.0.1', routes: [] })
    const idle = await dial(listener.port)
    idle.write('GET / HTTP/1.1\r\nhost: a\r\n')
    await listener.close()
    await closeOf(idle)
    await expect(dial(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('CORS', () => {
  it('lets pages of all or of named origins in and answers preflights', async () => {
    const handle = (exchange: Parameters<HttpRoute['handle']>[0]) => respond(exchange, 200, 'text/plain', 'ok')
    const some = { origins: ['https://a.example'], methods: ['GET', 'POST'], headers: ['authorization'] }
    const routes = [
      { host: '_', path: '/all', handle: withCors({ origins: '*' }, handle) },
      { host: '_', path: '/some', handle: withCors(some, handle) },
    ]
    await withListener(routes, async (listener) => {
      const allowed = async (path: string, origin: string) =>
        (await ask(listener, path, { headers: { origin } })).headers['access-control-allow-origin']
      expect(await allowed('/all', 'https://b.example')).toBe('*')
      expect(await allowed('/some', 'https://a.example')).toBe('https://a.example')
      expect(await allowed('/some', 'https://b.example')).toBeUndefined()
      const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
      const preflight = await ask(listener, '/some', { method: 'OPTIONS', headers })
      expect(preflight.status).toBe(204)
      expect(preflight.headers['access-control-allow-methods']).toBe('GET, POST')
      expect(preflight.headers['access-control-allow-headers']).toBe('authorization')
    })
  })
})

describe('static files', () => {
  it('are served with type and tag, whole, unchanged, compressed or by head only', async () => {
    const root = join(folder.path, 'site')
    await mkdir(join(root, 'sub'), { recursive: true })
    const script = 'let a = 1\n'.repeat(1_000)
    await writeFile(join(root, 'index.html'), '<p>')
    await writeFile(join(root, 'sub', 'a.js'), script)
    await writeFile(join(root, 'empty.txt'), '')
    const routes = [
      { host: '_', path: '/s/[...]', handle: staticFiles({ folder: root, index: 'index.html', compress: true }) },
    ]
    await withListener(routes, async (listener) => {
      const index = await ask(listener, '/s/')
      expect([index.status, index.headers['content-type'], index.body.toString()]).toEqual([
        200,
        'text/html; charset=utf-8',
        '<p>',
      ])
      const whole = await ask(listener, '/s/sub/a.js')
      expect(whole.body.toString()).toBe(script)
      expect(whole.headers['content-type']).toBe('text/javascript; charset=utf-8')
      const tag = String(whole.headers.etag)
      expect((await ask(listener, '/s/sub/a.js', { headers: { 'if-none-match': `"x", W/${tag}` } })).status).toBe(304)
      const small = await ask(listener, '/s/sub/a.js', { headers: { 'accept-encoding': 'br, gzip' } })
      expect(small.headers['content-encoding']).toBe('gzip')
      expect(gunzipSync(small.body).toString()).toBe(script)
      const head = await ask(listener, '/s/sub/a.js', { method: 'HEAD' })
      expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(script.length), 0])
      expect((await ask(listener, '/s/empty.txt')).body.length).toBe(0)
      expect((await ask(listener, '/s/sub')).status).toBe(404)
      expect((await ask(listener, '/s/index.html', { method: 'POST' })).status).toBe(405)
    })
  })

  it('cannot be left by any spelling of the path', async () => {
    const root = join(folder.path, 'inside')
    await mkdir(root)
    await writeFile(join(folder.path, 'secret.txt'), 'secret')
    await writeFile(join(root, '.hidden'), 'hidden')
    await writeFile(join(root, 'fine.txt'), 'fine')
    await symlink(join(folder.path, 'secret.txt'), join(root, 'link.txt'))
    await withListener([{ host: '_', path: '/[...]', handle: staticFiles({ folder: root }) }], async (listener) => {
      expect((await ask(listener, '/fine.txt')).status).toBe(200)
      const paths = [
        '/../secret.txt',
        '/%2e%2e/secret.txt',
        '/..%2fsecret.txt',
        '/..%5csecret.txt',
        '/x/../../secret.txt',
        '//etc/passwd',
        '/%2fetc%2fpasswd',
        '/fine.txt%00.html',
        '/.hidden',
        '/link.txt',
        '/',
        '/fine.txt/',
        '/%zz',
      ]
      for (const path of paths) expect([path, (await ask(listener, path)).status]).toEqual([path, 404])
    })
  })
})
