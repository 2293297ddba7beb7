import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { EventStream } from '../../src/net/event-stream.ts'
import { type HttpListener, listenHttp } from '../../src/net/http.ts'
import { FakeClock } from '../../src/util/clock.ts'

let listener: HttpListener | undefined
afterEach(() => listener?.close())

/** A stream, how it is read, and when the server knows that it is over. */
async function open() {
  const clock = new FakeClock()
  let stream: EventStream | undefined
  listener = await listenHttp({
    ...{ port: 0, host: '127.0.0.1', compress: true },
    routes: [
      {
        ...{ host: '_', path: '/events' },
        handle(exchange) {
          stream = new EventStream(exchange, { clock, idleTimeout: 100_000 })
        },
      },
    ],
  })
  const request = get(`http://127.0.0.1:${listener.port}/events`, { agent: false })
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  if (stream === undefined) throw new Error('nobody has answered')
  const read = async () => String((await once(response, 'data'))[0])
  return { stream, closed: stream.closed, clock, request, response, read }
}

describe('a stream of events', () => {
  it('has numbered events, with a name or without', async () => {
    const { stream, response, read } = await open()
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(response.headers['x-accel-buffering']).toBe('no')
    stream.send('{}', 'message')
    expect(await read()).toBe('id: 1\nevent: message\ndata: {}\n\n')
    stream.send('a\nb\r\nc')
    expect(await read()).toBe('id: 2\ndata: a\ndata: b\ndata: c\n\n')
    await expect(stream.whenRead()).resolves.toBeUndefined()
  })

  it('says every half a minute that it is there, until there was no event for long', async () => {
    const { stream, closed, clock, response, read } = await open()
    clock.advance(30_000)
    expect(await read()).toBe(': \n\n')
    stream.send('1')
    await read()
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(30_000)
      expect(await read()).toBe(': \n\n')
    }
    clock.advance(30_000)
    response.resume()
    await once(response, 'end')
    await closed
    expect(stream.isOver).toBe(true)
    stream.send('2')
  })

  it('ends when the reader leaves', async () => {
    const { stream, closed, request } = await open()
    request.destroy()
    await closed
    expect(stream.isOver).toBe(true)
    await expect(stream.whenRead()).resolves.toBeUndefined()
  })

  it('ends for a reader that has taken nothing for half a minute, and for whom something waits', async () => {
    const { stream, closed, clock, response } = await open()
    response.pause()
    // More than the kernel has room for.
    stream.send('x'.repeat(32 << 20))
    await new Promise((resolve) => setImmediate(resolve))
    expect(stream.bufferedBytes).toBeGreaterThan(0)
    clock.advance(30_000)
    expect(stream.isOver).toBe(false)
    clock.advance(30_000)
    await closed
    expect(stream.isOver).toBe(true)
  })

  it('ends for a reader that is too far behind, and not for one event that is large', async () => {
    const { stream, closed, response } = await open()
    response.pause()
    stream.send('x'.repeat(32 << 20))
    expect(stream.isOver).toBe(false)
    stream.send('one too many')
    await closed
    expect(stream.isOver).toBe(true)
  })
})
