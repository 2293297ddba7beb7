import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { allModules } from '../../src/modules/all.ts'
import { ServerFolder } from '../support/child-server.ts'
import { Client } from '../support/client.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings } from '../support/plain-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { openSecure, openStream, sendAuth, toBase64 } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'

const shutdown = 'system-shutdown'

describe('an orderly stop', () => {
  let server: OwnTestServer
  afterEach(() => server.stop?.())

  async function befriended(): Promise<[Client, Client]> {
    for (const name of ['alice', 'bob']) await server.registerUser(name, name)
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map(async (local) => Client.signIn(server, { local, password: local }, 'r')),
    )
    if (alice === undefined || bob === undefined) throw new Error('nobody came')
    await alice.isPresent()
    await bob.isPresent()
    alice.sends(`<presence type='subscribe' to='${bob.bare}'/>`)
    await bob.finds(`<presence type='subscribe'>{any}</presence>`)
    bob.sends(`<presence type='subscribed' to='${alice.bare}'/>`)
    await alice.finds(`<presence from='${bob.jid}'>{any}</presence>`)
    bob.sends(`<presence type='subscribe' to='${alice.bare}'/>`)
    await alice.finds(`<presence type='subscribe'>{any}</presence>`)
    alice.sends(`<presence type='subscribed' to='${bob.bare}'/>`)
    await bob.finds(`<presence from='${alice.jid}'>{any}</presence>`)
    await alice.drains()
    await bob.drains()
    return [alice, bob]
  }

  it('tells contacts, then everybody, whatever they were at, and holds nothing afterwards', async () => {
    server = await startTestServer()
    const [alice, bob] = await befriended()
    const silent = await RawStream.connect(server)
    const opened = await RawStream.connect(server)
    await openStream(opened)
    const asking = await RawStream.connect(server, 'tls')
    await openSecure(asking)
    sendAuth(asking, 'SCRAM-SHA-1', toBase64('n,,n=alice,r=abc'))
    await asking.finds(`<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{any}</challenge>`)
    const framed = await RawStream.connect(server, 'ws')
    await openSecure(framed)
    const shaking = connect(server.tlsPort, server.host)
    await once(shaking, 'connect')
    await server.server.close()
    await bob.finds(`<presence type='unavailable' from='${alice.jid}'>{any}</presence>`)
    await bob.receivesStreamError(shutdown)
    await alice.finds(`<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`)
    await silent.receivesHeader()
    for (const stream of [silent, opened, asking, framed]) await stream.receivesStreamError(shutdown)
    if (!shaking.destroyed) await once(shaking, 'close')
    expect(server.server.allHosts.map(({ sessions }) => sessions.size)).toEqual([0])
  })

  it('while the server is still starting waits for that and then gives everything back', async () => {
    server = await startTestServer()
    const { config, log } = server.server
    await server.server.close()
    const { createServer } = await import('../../src/server.ts')
    const next = createServer({ config, log, modules: allModules })
    const starting = next.start()
    await next.close()
    await expect(starting).rejects.toThrow('stopped before')
    const third = createServer({ config, log, modules: allModules })
    await third.start()
    await third.close()
  })
})

describe('the process of a server', () => {
  const folder = new ServerFolder(plainSettings({ more: '[modules.mod_register]' }))
  afterAll(() => folder.remove())

  it('ends by itself after a signal, and the next one starts at once', async () => {
    for (let i = 0; i < 2; i++) {
      const server = await folder.start()
      const client = await PlainClient.connect(server.port)
      server.kill(i === 0 ? 'SIGTERM' : 'SIGINT')
      await client.hearsTheEnd()
      expect(client.received).toContain(shutdown)
      expect(await server.exited).toBe(0)
    }
  }, 60_000)

  it('does not wait after a second signal', async () => {
    const server = await folder.start()
    // A client that never closes its side keeps an orderly stop waiting for a while.
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    socket.resume()
    server.kill('SIGTERM')
    await once(socket, 'end')
    server.kill('SIGTERM')
    expect(await server.exited).toBe(1)
    socket.destroy()
    const next = await folder.start()
    next.kill('SIGTERM')
    expect(await next.exited).toBe(0)
  }, 60_000)
})
