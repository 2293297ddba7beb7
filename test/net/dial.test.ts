import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { DialError, Dialler } from '../../src/net/dial.ts'
import { SteppedClock } from '../support/stepped-clock.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** Listens on an address of this machine. */
async function listen(host: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).end())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const dialler = (clock = new SteppedClock()) => new Dialler(clock, () => {})
const unlimited = Number.POSITIVE_INFINITY

describe('a connection to one of several addresses (RFC 8305)', () => {
  it('is the first that answers', async () => {
    const port = await listen('127.0.0.2')
    const own = dialler()
    const connection = await own.dial({ addresses: ['127.0.0.1', '127.0.0.2'], port, timeout: unlimited })
    expect(connection.remote).toEqual({ address: '127.0.0.2', port })
    expect(own.connections).toBe(1)
    own.close()
    expect(own.connections).toBe(0)
  })

  it('does not wait for one that says nothing', async () => {
    const port = await listen('127.0.0.1')
    const own = dialler()
    // Documentation addresses (RFC 5737) lead nowhere.
    const connection = await own.dial({ addresses: ['192.0.2.1', '127.0.0.1'], port, timeout: unlimited })
    expect(connection.remote.address).toBe('127.0.0.1')
    own.close()
  })

  it('fails when all have refused, and when there are none', async () => {
    const port = await listen('127.0.0.1')
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
    const target = { addresses: ['127.0.0.1', '127.0.0.2'], port, timeout: unlimited }
    await expect(dialler().dial(target)).rejects.toMatchObject({ isTimeout: false })
    await expect(dialler().dial({ ...target, addresses: [] })).rejects.toBeInstanceOf(DialError)
  })

  it('fails when its time is over', async () => {
    const clock = new SteppedClock()
    const failure = dialler(clock)
      .dial({ addresses: ['192.0.2.1'], port: 1, timeout: 10_000 })
      .catch((error: unknown) => error)
    clock.advance(10_000)
    expect(await failure).toBeInstanceOf(DialError)
  })
})
