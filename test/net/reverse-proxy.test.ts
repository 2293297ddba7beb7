import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpListener, listenHttp } from '../../src/net/http.ts'
import { type ReverseProxyOptions, reverseProxyRoute, type Upstream } from '../../src/net/reverse-proxy.ts'
import { type Clock, FakeClock } from '../../src/util/clock.ts'
import { deferred, dial, readToEnd, readUntil } from './support.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function listening<T extends TcpServer | Server>(server: T): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Somebody who answers requests, and what has come. */
async function upstream(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = []
  const server = createHttp((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  return { requests, server, port: await listening(server) }
}

/** Somebody who says these bytes to whoever connects and has sent a request. */
async function saying(text: string): Promise<number> {
  return listening(
    createTcp((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(text, 'latin1'))
    }),
  )
}

async function proxy(port: number, options: Partial<ReverseProxyOptions> = {}) {
  const clock = new FakeClock()
  const said: Record<string, unknown>[] = []
  const route = reverseProxyRoute({
    host: '_',
    path: '/[...]',
    find: ({ path, query }): Upstream => ({ isSecure: false, hostname: '127.0.0.1', port, path: path + query }),
    timeout: 5000,
    bodyLength: 100_000,
    headers: [],
    tls: {},
    clock,
    report: (event) => said.push({ ...event }),
    ...options,
  })
  const listener = await listenHttp({ port: 0, host: '127.0.0.1', routes: [route], serverHeader: 'Mine' })
  undo.push(() => listener.close())
  return { listener, clock, said }
}

/** Sends bytes as they are and gives what comes until the end of the connection. */
async function raw({ port }: HttpListener, text: string): Promise<string> {
  const socket = await dial(port)
  const answer = readToEnd(socket)
  socket.write(text, 'latin1')
  const got = await answer
  socket.destroy()
  return got
}

const get = (path: string, more = '', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\nHost: ex.org\r\nConnection: close\r\n${more}\r\n`
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += part
  return text
}

describe('a reverse proxy', () => {
  it('passes on method, path, fields and body, and the answer back', async () => {
    const there = await upstream(async (request, response) => {
      const body = await textOf(request)
      response.writeHead(203, [
        'X-One',
        'a',
        'Set-Cookie',
        'b=1',
        'Set-Cookie',
        'c=2',
        'Connection',
        'X-Hop',
        'X-Hop',
        'z',
      ])
      response.end(`got ${body}`)
    })
    const { listener } = await proxy(there.port, { headers: [{ name: 'X-Key', value: 'real' }] })
    const fields =
      'X-Key: forged\r\nX-Key: again\r\nCookie: d=1\r\nX-Hop: y\r\nConnection: X-Hop\r\nContent-Length: 5\r\n'
    const answer = await raw(listener, `${get('/a%20b?q=%2F/..', fields, 'PUT')}hello`)
    const [request] = there.requests
    expect(request).toMatchObject({ method: 'PUT', url: '/a%20b?q=%2F/..' })
    expect(request?.headers).toEqual({
      ...{ host: 'ex.org', 'x-key': 'real', cookie: 'd=1', 'content-length': '5', connection: 'close' },
    })
    expect(answer).toMatch(/^HTTP\/1\.1 203 /)
    const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()
    expect(head).toContain('x-one: a\r\nset-cookie: b=1\r\nset-cookie: c=2')
    expect(head).not.toMatch(/x-hop|server: mine|nosniff/)
    expect(bodyOf(answer)).toContain('got hello')
  })

  it('passes on bodies of unknown length, compressed answers as they are, and no bodies where there are none', async () => {
    const packed = gzipSync('x'.repeat(5000))
    const there = await upstream(async (request, response) => {
      if (request.url === '/chunked') response.end(await textOf(request))
      else if (request.url === '/packed') {
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length })
        response.end(request.method === 'HEAD' ? undefined : packed)
      } else response.writeHead(request.url === '/204' ? 204 : 304, { etag: '"e"' }).end()
    })
    const { listener } = await proxy(there.port)
    const chunks = '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'
    expect(await raw(listener, get('/chunked', 'Transfer-Encoding: chunked\r\n', 'POST') + chunks)).toContain('abcde')
    const answer = await raw(listener, get('/packed'))
    expect(answer).toContain(`content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`)
    expect(bodyOf(answer)).toBe(packed.toString('latin1'))
    const head = await raw(listener, get('/packed', '', 'HEAD'))
    expect(head).toContain(`content-length: ${packed.length}`)
    expect(bodyOf(head)).toBe('')
    expect(await raw(listener, get('/204'))).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/)
    expect(await raw(listener, get('/304'))).toMatch(/^HTTP\/1\.1 304 [\s\S]*etag: "e"[\s\S]*\r\n\r\n$/)
  })

  it('keeps the connection of the client, and uses none of the upstream twice', async () => {
    const there = await upstream((request, response) => response.end(`at ${request.url}`))
    let connections = 0
    there.server.on('connection', () => connections++)
    const { listener } = await proxy(there.port)
    const answers = await raw(
      listener,
      `GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n${get('/3')}`,
    )
    expect(answers.match(/at \/\d/g)).toEqual(['at /1', 'at /2', 'at /3'])
    expect(there.requests.map(({ headers }) => headers.host)).toEqual(['a', 'b', 'ex.org'])
    expect(connections).toBe(3)
  })

  it.each([
    ['two lengths', get('/', 'Content-Length: 3\r\nContent-Length: 4\r\n', 'POST'), 400],
    ['length and coding', get('/', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', 'POST'), 400],
    ['another coding', get('/', 'Transfer-Encoding: gzip, chunked\r\n', 'POST'), 501],
    ['a coding of HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['two hosts', get('/', 'Host: other.example\r\n'), 400],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400],
    ['a host with a blank', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['dots', get('/a/../b'), 400],
    ['encoded dots', get('/a/%2E%2e/b'), 400],
    ['dots behind an encoded slash', get('/a%2f..%2fb'), 400],
    ['dots behind a backslash', get('/a\\..\\b'), 400],
    ['dots with a parameter', get('/a/..;x/b'), 400],
    ['a line folded', get('/', 'X-A: b\r\n c: d\r\n'), 400],
    ['a blank before the colon', get('/', 'Transfer-Encoding : chunked\r\n', 'POST'), 400],
    ['TRACE', get('/', '', 'TRACE'), 501],
    ['an upgrade with a body', get('/', 'Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 3\r\n', 'POST'), 400],
  ])('passes nothing on that can be read in two ways: %s', async (_, request, status) => {
    const there = await upstream((_request, response) => response.end('never'))
    const { listener } = await proxy(there.port)
    expect(await raw(listener, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(there.requests).toEqual([])
  })

  it('sends the host of a whole address, not that of the field beside it', async () => {
    const there = await upstream((request, response) => response.end(request.headers.host))
    const { listener } = await proxy(there.port)
    const request = 'GET http://one.example/x HTTP/1.1\r\nHost: two.example\r\nConnection: close\r\n\r\n'
    expect(await raw(listener, request)).toContain('one.example')
    expect(there.requests[0]?.url).toBe('/x')
  })

  it('asks for no other protocol, and takes none', async () => {
    const there = await upstream((request, response) => response.end(`upgrade: ${request.headers.upgrade}`))
    const { listener } = await proxy(there.port)
    const asking =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n'
    const answer = await raw(listener, asking)
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*upgrade: undefined/)
    expect(there.requests[0]?.headers).toEqual({ host: 'a', connection: 'close' })
    const eager = await proxy(
      await saying('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    )
    expect(await raw(eager.listener, get('/'))).toMatch(/^HTTP\/1\.1 502 /)
  })

  it('answers 404 with nothing where no rule fits', async () => {
    const { listener } = await proxy(0, { find: () => undefined })
    const answer = await raw(listener, get('/'))
    expect(answer).toMatch(/^HTTP\/1\.1 404 [\s\S]*content-length: 0\r\n/)
    expect(bodyOf(answer)).toBe('')
  })

  it.each([
    ['nothing', ''],
    ['no HTTP', 'hello\r\n\r\n'],
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no status', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['too many fields', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`],
  ])('answers 502 to an upstream that says %s', async (_, text) => {
    const { listener, said } = await proxy(await saying(text))
    expect(await raw(listener, get('/secret?token=1'))).toMatch(/^HTTP\/1\.1 502 /)
    expect(said).toMatchObject([{ what: 'proxy_failed', status: 502 }])
    expect(JSON.stringify(said)).not.toContain('token')
  })

  it('answers 502 where nobody listens', async () => {
    const server = createTcp()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const { listener } = await proxy(port)
    expect(await raw(listener, get('/'))).toMatch(/^HTTP\/1\.1 502 /)
  })

  it('breaks off what the upstream breaks off', async () => {
    const { listener } = await proxy(await saying('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'))
    const answer = await raw(listener, get('/'))
    expect(answer).toContain('content-length: 100')
    expect(bodyOf(answer).length).toBeLessThan(100)
  })

  it('takes no body that is too long, however it is sent', async () => {
    const there = await upstream(() => {})
    const { listener } = await proxy(there.port, { bodyLength: 4 })
    expect(await raw(listener, `${get('/', 'Content-Length: 5\r\n', 'POST')}hello`)).toMatch(/^HTTP\/1\.1 413 /)
    expect(there.requests).toEqual([])
    const chunks = '5\r\nhello\r\n'
    expect(await raw(listener, get('/', 'Transfer-Encoding: chunked\r\n', 'POST') + chunks)).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('lets an upstream answer before it has read the body', async () => {
    const there = await upstream((_, response) => response.writeHead(401, { 'content-length': 2 }).end('no'))
    const { listener } = await proxy(there.port)
    expect(await raw(listener, `${get('/', 'Content-Length: 9\r\n', 'POST')}he`)).toMatch(/^HTTP\/1\.1 401 [\s\S]*no$/)
  })
})

describe('the patience of a reverse proxy', () => {
  it('has an end with an upstream that does not answer', async () => {
    const there = await upstream(() => {})
    const { listener, clock } = await proxy(there.port)
    const answer = raw(listener, get('/'))
    await once(there.server, 'request')
    clock.advance(5000)
    expect(await answer).toMatch(/^HTTP\/1\.1 504 /)
  })

  it('has an end with one that answers in part', async () => {
    const there = await upstream((_, response) => response.writeHead(200, { 'content-length': 9 }).write('a'))
    const { listener, clock } = await proxy(there.port)
    const socket = await dial(listener.port)
    socket.write(get('/'))
    await readUntil(socket, (text) => text.endsWith('a'))
    const end = readToEnd(socket)
    clock.advance(5000)
    expect(await end).toBe('')
    socket.destroy()
  })

  it('has an end with one that does not finish the handshake', async () => {
    const silent = createTcp((socket) => socket.on('error', () => {}))
    const port = await listening(silent)
    const find = (): Upstream => ({ isSecure: true, hostname: '127.0.0.1', port, path: '/' })
    const { listener, clock } = await proxy(port, { find })
    const answer = raw(listener, get('/'))
    await once(silent, 'connection')
    clock.advance(5000)
    expect(await answer).toMatch(/^HTTP\/1\.1 504 /)
  })

  it('has an end with a client that sends no more', async () => {
    const begun = deferred<IncomingMessage>()
    const there = await upstream((request) => request.once('data', () => begun.resolve(request)))
    const { listener, clock } = await proxy(there.port)
    const answer = raw(listener, `${get('/', 'Content-Length: 9\r\n', 'POST')}he`)
    const request = await begun.promise
    const broken = once(request, 'error')
    clock.advance(29_999)
    clock.advance(1)
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(await broken).toMatchObject([{ message: 'aborted' }])
  })

  it('has an end with a client that reads no more, whose time is not that of the upstream', async () => {
    const there = await upstream((_, response) => {
      response.on('error', () => {})
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const fake = new FakeClock()
    const waits: number[] = []
    const clock: Clock = {
      now: () => fake.now(),
      after(ms, run) {
        waits.push(ms)
        return fake.after(ms, run)
      },
    }
    const { listener, said } = await proxy(there.port, { clock })
    const socket = await dial(listener.port)
    socket.write(get('/'))
    const [, response] = (await once(there.server, 'request')) as [IncomingMessage, ServerResponse]
    // Only then is it the client that is waited for.
    const isFull = () => waits.at(-1) === 30_000
    await expect.poll(isFull).toBe(true)
    fake.advance(29_999)
    expect(response.destroyed).toBe(false)
    await expect
      .poll(() => {
        if (isFull()) fake.advance(30_000)
        return response.destroyed
      })
      .toBe(true)
    expect(said).toMatchObject([{ status: 408 }])
    socket.destroy()
  })

  it('ends with a client that leaves', async () => {
    const there = await upstream(() => {})
    const { listener } = await proxy(there.port)
    const socket = await dial(listener.port)
    socket.write(get('/'))
    const [, response] = (await once(there.server, 'request')) as [IncomingMessage, ServerResponse]
    const isGone = once(response, 'close')
    socket.destroy()
    await isGone
  })
})
