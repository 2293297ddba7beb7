import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Listener, listenTcp, type TcpOptions } from '../../src/net/tcp.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { asWire } from '../../src/xml/wire.ts'
import { closeOf, deferred, dial, echo, Recorded, readToEnd, readUntil } from './support.ts'

const local = { port: 0, host: '127.0.0.1' }

/** A listener that keeps what it accepts, and one client of it. */
async function pair(options: Partial<TcpOptions> = {}, first?: string | Buffer) {
  const accepted = deferred<Recorded>()
  const listener = await listenTcp({ ...local, ...options }, (connection) => {
    const server = new Recorded(connection)
    accepted.resolve(server)
    return server
  })
  const client = await dial(listener.port)
  if (first !== undefined) client.write(first)
  return { listener, client, server: await accepted.promise }
}

async function finish(listener: Listener, ...clients: Socket[]) {
  await listener.close()
  for (const client of clients) client.destroy()
}

describe('a TCP listener', () => {
  it('carries every byte in order on many connections at once', async () => {
    const listener = await listenTcp(local, echo)
    const clients = await Promise.all(Array.from({ length: 100 }, () => dial(listener.port)))
    expect(clients.length).toBe(100)
    await Promise.all(
      clients.map(async (client, number) => {
        const parts = Array.from({ length: 200 }, (_, index) => {
          return `${number}:${index}:${String.fromCharCode(0x80 + (index % 128)).repeat((index * 37) % 900)};`
        })
        const sent = parts.join('')
        const answer = readUntil(client, (text) => text.length >= sent.length)
        for (const part of parts) client.write(part, 'latin1')
        expect(await answer).toBe(sent)
      }),
    )
    expect(listener.connections).toBe(100)
    await finish(listener, ...clients)
    expect(listener.connections).toBe(0)
  })

  it('sends what is written in one turn as one piece', async () => {
    const { listener, client, server } = await pair()
    const chunk = once(client, 'data')
    for (let index = 0; index < 50; index++) server.connection.write(asWire(`<m${index}/>`))
    expect(server.connection.bufferedBytes).toBeGreaterThan(200)
    const [bytes] = (await chunk) as [Buffer]
    expect(bytes.toString()).toBe(Array.from({ length: 50 }, (_, index) => `<m${index}/>`).join(''))
    expect(server.connection.bufferedBytes).toBe(0)
    await finish(listener, client)
  })

  it('tells the peer address', async () => {
    const { listener, client, server } = await pair()
    expect(server.connection.remote).toEqual({ address: '127.0.0.1', port: client.localPort })
    expect(server.connection.isSecure).toBe(false)
    expect(server.connection.channelBinding('tls-exporter')).toBeUndefined()
    await finish(listener, client)
  })

  it('flushes and sends FIN on end, and tells when the peer has answered it', async () => {
    const { listener, client, server } = await pair()
    server.connection.write(asWire('</stream:stream>'))
    server.connection.end()
    server.connection.write(asWire('too late'))
    expect(await readToEnd(client)).toBe('</stream:stream>')
    client.end('unheard')
    expect(await server.ended.promise).toBeUndefined()
    expect(server.text).toBe('')
    await finish(listener, client)
  })

  it('answers FIN with what is queued and FIN', async () => {
    const { listener, client, server } = await pair()
    server.connection.write(asWire('x'.repeat(100)))
    client.end()
    expect(await readToEnd(client)).toBe('x'.repeat(100))
    expect(await server.ended.promise).toBeUndefined()
    await finish(listener, client)
  })

  it('gives up a closing connection whose peer sends no FIN', async () => {
    const clock = new FakeClock()
    const { listener, client, server } = await pair({ clock })
    server.connection.end()
    await readToEnd(client)
    clock.advance(14_000)
    expect(listener.connections).toBe(1)
    clock.advance(2_000)
    expect(listener.connections).toBe(0)
    expect((await server.ended.promise)?.message).toMatch(/takes nothing/)
    await finish(listener, client)
  })

  it('survives a reset and reports it', async () => {
    const { listener, client, server } = await pair()
    client.resetAndDestroy()
    expect(await server.ended.promise).toMatchObject({ code: 'ECONNRESET' })
    server.connection.write(asWire('nobody'))
    server.connection.end()
    server.connection.destroy()
    await finish(listener)
  })

  it('pauses and resumes reading without losing a byte', async () => {
    const accepted = deferred<Recorded>()
    const all = deferred()
    const listener = await listenTcp(local, (connection) => {
      connection.pauseReading()
      const server = new Recorded(connection, () => {
        // Pausing from inside a read must work too.
        connection.pauseReading()
        setImmediate(() => connection.resumeReading())
        if (server.text.length === 8_000_000) all.resolve()
      })
      accepted.resolve(server)
      return server
    })
    const client = await dial(listener.port)
    client.write('y'.repeat(8_000_000))
    const server = await accepted.promise
    const other = await dial(listener.port)
    expect(server.text).toBe('')
    expect(client.writableLength).toBeGreaterThan(0)
    server.connection.resumeReading()
    await all.promise
    await finish(listener, client, other)
  })

  it('counts what a slow reader has not taken, says when it is gone, and kills a dead one', async () => {
    const clock = new FakeClock()
    const { listener, client, server } = await pair({ clock })
    client.pause()
    const total = 16_000_000
    for (let sent = 0; sent < total; sent += 100_000) server.connection.write(asWire('z'.repeat(100_000)))
    expect(server.connection.bufferedBytes).toBeGreaterThan(1_000_000)
    clock.advance(10_000)
    expect((await readUntil(client, (text) => text.length >= total)).length).toBe(total)
    expect(server.drains).toBeGreaterThan(0)
    expect(server.connection.bufferedBytes).toBe(0)

    client.pause()
    for (let sent = 0; sent < total; sent += 100_000) server.connection.write(asWire('z'.repeat(100_000)))
    clock.advance(14_000)
    expect(listener.connections).toBe(1)
    clock.advance(3_000)
    expect((await server.ended.promise)?.message).toMatch(/takes nothing/)
    await finish(listener, client)
  })

  it('drops a connection whose handler throws, and no other', async () => {
    const events: string[] = []
    const listener = await listenTcp({ ...local, report: ({ what }) => events.push(what) }, (connection) => {
      return new Recorded(connection, (text) => {
        if (text === 'bad') throw new Error('handler')
        connection.write(asWire(text))
      })
    })
    const [good, bad] = [await dial(listener.port), await dial(listener.port)]
    bad.write('bad')
    await closeOf(bad)
    const answer = readUntil(good, (text) => text === 'fine')
    good.write('fine')
    expect(await answer).toBe('fine')
    expect(events).toEqual(['connection_handler_failed'])
    await finish(listener, good)
  })

  it('refuses connections beyond its limit with a word', async () => {
    const { listener, client } = await pair({ maxConnections: 1, refusal: () => asWire('<full/>') })
    const second = await dial(listener.port)
    second.write('<stream>')
    expect(await readToEnd(second)).toBe('<full/>')
    second.end()
    expect(listener.connections).toBe(1)
    await finish(listener, client)
  })

  it('stops accepting and keeps what it has', async () => {
    const { listener, client, server } = await pair()
    await listener.stopAccepting()
    await expect(dial(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    server.connection.write(asWire('still here'))
    expect(await readUntil(client, (text) => text === 'still here')).toBe('still here')
    await finish(listener, client)
  })

  it('rejects when the port is taken', async () => {
    const listener = await listenTcp(local, echo)
    await expect(listenTcp({ ...local, port: listener.port }, echo)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await listener.close()
  })
})

describe('the PROXY protocol', () => {
  it('takes the address from a version 1 header and the bytes behind it', async () => {
    const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 5222\r\n<stream>'
    const { listener, client, server } = await pair({ proxyProtocol: true }, header)
    expect(server.connection.remote).toEqual({ address: '192.0.2.7', port: 56_324 })
    expect(server.text).toBe('<stream>')
    await finish(listener, client)
  })

  it('waits for a header that comes byte by byte', async () => {
    const accepted = deferred<Recorded>()
    const listener = await listenTcp({ ...local, proxyProtocol: true }, (connection) => {
      const server = new Recorded(connection)
      accepted.resolve(server)
      return server
    })
    const client = await dial(listener.port)
    client.setNoDelay(true)
    for (const byte of 'PROXY TCP6 2001:db8::1 ::1 1 2\r\n') await new Promise((done) => client.write(byte, done))
    expect((await accepted.promise).connection.remote).toEqual({ address: '2001:db8::1', port: 1 })
    await finish(listener, client)
  })

  it('closes a connection without the header, or with a bad one', async () => {
    const listener = await listenTcp({ ...local, proxyProtocol: true }, echo)
    for (const bytes of ['<stream:stream>', 'PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n', 'PROXY TCP4 1']) {
      const client = await dial(listener.port)
      client.end(bytes)
      await closeOf(client)
    }
    expect(listener.connections).toBe(0)
    await listener.close()
  })

  it('does not wait for ever', async () => {
    const clock = new FakeClock()
    const reports: unknown[] = []
    const listener = await listenTcp(
      { ...local, proxyProtocol: true, clock, report: (event) => reports.push(event['why']) },
      echo,
    )
    const client = await dial(listener.port)
    client.write('PROXY')
    while (listener.connections === 0) await new Promise((done) => setImmediate(done))
    clock.advance(5_000)
    await closeOf(client)
    expect(reports).toEqual(['no header in time'])
    await listener.close()
  })
})
