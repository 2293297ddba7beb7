import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { FrameConnection, FrameHandler } from '../../src/net/connection.ts'
import { type HttpListener, listenHttp } from '../../src/net/http.ts'
import { type WebSocketOptions, webSocketRoute } from '../../src/net/websocket.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { asWire, toWire } from '../../src/xml/wire.ts'
import { deferred, dial, readToEnd, temporaryFolder, tlsContext } from './support.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

class Frames implements FrameHandler {
  readonly frames: string[] = []
  readonly ended = deferred<Error | undefined>()
  readonly connection: FrameConnection
  #onFrame: (text: string, connection: FrameConnection) => void

  constructor(connection: FrameConnection, onFrame: (text: string, connection: FrameConnection) => void) {
    this.connection = connection
    this.#onFrame = onFrame
  }

  frame(bytes: Uint8Array, length: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString()
    this.frames.push(text)
    this.#onFrame(text, this.connection)
  }

  tooLarge(): void {
    this.connection.write(asWire('<error>policy-violation</error>'))
  }

  drained(): void {}

  closed(error?: Error): void {
    this.ended.resolve(error)
  }
}

interface Started {
  listener: HttpListener
  accepted: Promise<Frames>
  open(protocols?: string | string[], options?: object): WebSocket
}

async function start(
  options: Partial<WebSocketOptions> & { tls?: boolean } = {},
  onFrame: (text: string, connection: FrameConnection) => void = (text, connection) => connection.write(toWire(text)),
): Promise<Started> {
  const accepted = deferred<Frames>()
  const { tls: isSecure = false, ...rest } = options
  const route = webSocketRoute({ host: '_', path: '/ws-xmpp', ...rest }, (connection) => {
    const frames = new Frames(connection, onFrame)
    accepted.resolve(frames)
    return frames
  })
  const tls = isSecure ? await tlsContext(folder.path) : undefined
  const listener = await listenHttp({ port: 0, host: '127.0.0.1', routes: [route], tls })
  return {
    listener,
    accepted: accepted.promise,
    open: (protocols = 'xmpp', extra = {}) =>
      new WebSocket(`${isSecure ? 'wss' : 'ws'}://127.0.0.1:${listener.port}/ws-xmpp`, protocols, {
        rejectUnauthorized: false,
        ...extra,
      }),
  }
}

function collect(websocket: WebSocket, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const texts: string[] = []
    const more = (data: Buffer) => {
      if (texts.push(data.toString()) < count) return
      websocket.removeListener('message', more)
      resolve(texts)
    }
    websocket.on('message', more)
  })
}

async function closeCode(websocket: WebSocket): Promise<number> {
  const [code] = (await once(websocket, 'close')) as [number]
  return code
}

describe('a WebSocket endpoint', () => {
  it('carries frames both ways, whole and in order', async () => {
    const { listener, open } = await start({ maxFrameBytes: 1_000_000 })
    const client = open()
    await once(client, 'open')
    expect(client.protocol).toBe('xmpp')
    expect(client.extensions).toBe('')
    const sent = [
      '<a/>',
      'é€😀',
      '',
      'x'.repeat(125),
      'x'.repeat(126),
      'x'.repeat(65_535),
      'x'.repeat(65_536),
      'y'.repeat(900_000),
    ]
    const got: string[] = []
    const all = new Promise<void>((resolve) => {
      client.on('message', (data: Buffer, isBinary) => {
        expect(isBinary).toBe(false)
        if (got.push(data.toString()) === sent.length) resolve()
      })
    })
    for (const text of sent) client.send(text)
    await all
    expect(got).toEqual(sent)
    client.terminate()
    await listener.close()
  })

  it('works over TLS and says so', async () => {
    const { listener, accepted, open } = await start({ tls: true })
    const client = open()
    await once(client, 'open')
    const { connection } = await accepted
    expect(connection.isSecure).toBe(true)
    expect(connection.tls?.version).toBe('TLSv1.3')
    expect(connection.remote.address).toBe('127.0.0.1')
    client.send('<open/>')
    expect(await collect(client, 1)).toEqual(['<open/>'])
    client.terminate()
    await listener.close()
  })

  it('requires the subprotocol xmpp', async () => {
    const { listener, open } = await start()
    for (const protocols of [[], ['chat']]) {
      const [, response] = await once(
        open(protocols).on('error', () => {}),
        'unexpected-response',
      )
      expect(response.statusCode).toBe(400)
      response.destroy()
    }
    const client = open(['chat', 'xmpp'])
    await once(client, 'open')
    expect(client.protocol).toBe('xmpp')
    client.terminate()
    await listener.close()
  })

  it('answers a plain request with 426 and an upgrade elsewhere with 404', async () => {
    const { listener } = await start()
    const response = await fetch(`http://127.0.0.1:${listener.port}/ws-xmpp`)
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket'])
    const elsewhere = await dial(listener.port)
    elsewhere.write('GET /none HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    expect(await readToEnd(elsewhere)).toMatch(/^HTTP\/1.1 404 /)
    elsewhere.destroy()
    await listener.close()
  })

  it('lets only named origins in when told so', async () => {
    const { listener, open } = await start({ origins: ['https://chat.example'] })
    const [, response] = await once(
      open('xmpp', { origin: 'https://evil.example' }).on('error', () => {}),
      'unexpected-response',
    )
    expect(response.statusCode).toBe(403)
    response.destroy()
    const client = open('xmpp', { origin: 'https://chat.example' })
    await once(client, 'open')
    client.terminate()
    await listener.close()
  })

  it('refuses binary frames', async () => {
    const { listener, accepted, open } = await start()
    const client = open()
    await once(client, 'open')
    client.send(Buffer.from('<a/>'))
    expect(await closeCode(client)).toBe(1003)
    expect((await accepted).frames).toEqual([])
    await listener.close()
  })

  it('lets the handler speak before it closes a connection whose frame is too large', async () => {
    const { listener, accepted, open } = await start({ maxFrameBytes: 100 })
    const client = open()
    await once(client, 'open')
    const answers = collect(client, 2)
    const code = closeCode(client)
    client.send('x'.repeat(100))
    client.send('x'.repeat(101))
    expect(await answers).toEqual(['x'.repeat(100), '<error>policy-violation</error>'])
    expect(await code).toBe(1009)
    expect(await (await accepted).ended.promise).toBeInstanceOf(Error)
    await listener.close()
  })

  it('refuses a frame that is no UTF-8', async () => {
    const { listener, open } = await start()
    const client = open()
    await once(client, 'open')
    client.send(Buffer.from([0xff]), { binary: false })
    expect(await closeCode(client)).toBe(1007)
    await listener.close()
  })

  it('sends what is queued before it closes, and knows a clean end from a broken one', async () => {
    const { listener, accepted, open } = await start({}, (_, connection) => {
      connection.write(asWire('<close/>'))
      connection.end()
      connection.write(asWire('too late'))
    })
    const client = open()
    await once(client, 'open')
    const answers: string[] = []
    client.on('message', (data: Buffer) => answers.push(data.toString()))
    client.send('<close/>')
    expect(await closeCode(client)).toBe(1000)
    expect(answers).toEqual(['<close/>'])
    expect(await (await accepted).ended.promise).toBeUndefined()
    await listener.close()

    const broken = await start()
    const leaving = broken.open()
    await once(leaving, 'open')
    const frames = await broken.accepted
    leaving.terminate()
    expect(await frames.ended.promise).toBeInstanceOf(Error)
    await broken.listener.close()
  })

  it('joins the frames of a turn in one write', async () => {
    const { listener, open } = await start({}, (_, connection) => {
      for (let index = 0; index < 20; index++) connection.write(asWire(`<m${index}/>`))
      expect(connection.bufferedBytes).toBeGreaterThan(100)
    })
    const client = open()
    await once(client, 'open')
    const raw: Buffer[] = []
    ;(client as unknown as { _socket: NodeJS.EventEmitter })._socket.on('data', (chunk: Buffer) => raw.push(chunk))
    const all = new Promise<void>((resolve) =>
      client.on('message', (data: Buffer) => `${data}` === '<m19/>' && resolve()),
    )
    client.send('go')
    await all
    expect(raw).toHaveLength(1)
    client.terminate()
    await listener.close()
  })

  it('delivers nothing while reading is paused', async () => {
    const { listener, accepted, open } = await start({}, (text, connection) => {
      if (text === 'pause') connection.pauseReading()
      if (text === 'c') connection.write(asWire('got c'))
    })
    const client = open()
    await once(client, 'open')
    const { _socket: socket } = client as unknown as { _socket: { cork(): void; uncork(): void } }
    socket.cork()
    for (const text of ['a', 'pause', 'b', 'c']) client.send(text)
    socket.uncork()
    const frames = await accepted
    while (frames.frames.length < 2) await new Promise((done) => setImmediate(done))
    await fetch(`http://127.0.0.1:${listener.port}/ws-xmpp`)
    expect(frames.frames).toEqual(['a', 'pause'])
    frames.connection.resumeReading()
    expect(await collect(client, 1)).toEqual(['got c'])
    expect(frames.frames).toEqual(['a', 'pause', 'b', 'c'])
    client.terminate()
    await listener.close()
  })

  it('pings, and drops a peer that is silent for too long', async () => {
    const clock = new FakeClock()
    const { listener, accepted, open } = await start({ clock, pingRate: 20_000, idleTimeout: 60_000 })
    const client = open('xmpp', { autoPong: false })
    await once(client, 'open')
    const frames = await accepted
    const pinged = once(client, 'ping')
    clock.advance(20_000)
    await pinged
    client.send('<alive/>')
    await collect(client, 1)
    clock.advance(59_000)
    expect(client.readyState).toBe(WebSocket.OPEN)
    clock.advance(6_000)
    expect((await frames.ended.promise)?.message).toMatch(/silent/)
    await listener.close()
  })

  it('drops a peer that takes nothing', async () => {
    const clock = new FakeClock()
    const { listener, accepted, open } = await start({ clock, idleTimeout: Number.POSITIVE_INFINITY })
    const client = open()
    await once(client, 'open')
    client.pause()
    const frames = await accepted
    for (let count = 0; count < 200; count++) frames.connection.write(asWire('z'.repeat(100_000)))
    expect(frames.connection.bufferedBytes).toBeGreaterThan(1_000_000)
    clock.advance(17_000)
    expect((await frames.ended.promise)?.message).toMatch(/takes nothing/)
    client.terminate()
    await listener.close()
  })

  it('closes a connection whose handler throws', async () => {
    const events: string[] = []
    const { listener, open } = await start({ report: ({ what }) => void events.push(what) }, () => {
      throw new Error('handler')
    })
    const client = open()
    await once(client, 'open')
    client.send('<a/>')
    expect(await closeCode(client)).toBe(1011)
    expect(events).toEqual(['connection_handler_failed'])
    await listener.close()
  })
})
