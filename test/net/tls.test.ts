import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSelfSigned, writeCertificate } from '../../src/net/certificate.ts'
import { endPointBinding } from '../../src/net/channel-binding.ts'
import type { Connection } from '../../src/net/connection.ts'
import { listenTcp, type TcpOptions } from '../../src/net/tcp.ts'
import { TlsContext } from '../../src/net/tls-context.ts'
import { FakeClock, systemClock } from '../../src/util/clock.ts'
import { asWire } from '../../src/xml/wire.ts'
import {
  certificateFiles,
  closeOf,
  deferred,
  dial,
  dialTls,
  echo,
  Recorded,
  readToEnd,
  readUntil,
  temporaryFolder,
  tlsContext,
} from './support.ts'

const local = { port: 0, host: '127.0.0.1' }
let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

/** A direct TLS listener that keeps its first connection. */
async function secureListener(options: Partial<TcpOptions> = {}) {
  const accepted = deferred<Recorded>()
  const failures: unknown[] = []
  const tls = options.tls ?? (await tlsContext(folder.path, { alpn: ['xmpp-client'] }))
  const report = (event: Record<string, unknown>) => void failures.push(event['why'] ?? event['what'])
  const listener = await listenTcp({ ...local, report, ...options, tls }, (connection) => {
    const server = new Recorded(connection, (text) => connection.write(asWire(text)))
    accepted.resolve(server)
    return server
  })
  return { listener, accepted: accepted.promise, failures }
}

describe('direct TLS', () => {
  it('carries bytes both ways under load', async () => {
    const { listener } = await secureListener()
    await Promise.all(
      Array.from({ length: 20 }, async (_, number) => {
        const client = await dialTls({ port: listener.port })
        const sent = `${number};`.repeat(50_000)
        const answer = readUntil(client, (text) => text.length >= sent.length)
        client.write(sent)
        expect(await answer).toBe(sent)
        client.destroy()
      }),
    )
    await listener.close()
  })

  it('loses nothing that comes in one piece with the handshake', async () => {
    const { listener } = await secureListener()
    for (let round = 0; round < 20; round++) {
      const client = connect({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false })
      const sent = `${round};`.repeat(30_000)
      client.write(sent)
      expect(await readUntil(client, (text) => text.length >= sent.length)).toBe(sent)
      client.destroy()
    }
    await listener.close()
  })

  it('pauses and resumes reading without losing a byte', async () => {
    const all = deferred()
    const listener = await listenTcp({ ...local, tls: await tlsContext(folder.path) }, (connection) => {
      const server = new Recorded(connection, () => {
        connection.pauseReading()
        setImmediate(() => connection.resumeReading())
        if (server.text.length === sent.length) all.resolve()
      })
      all.promise.then(() => expect(server.text === sent).toBe(true))
      return server
    })
    const sent = Array.from({ length: 300_000 }, (_, index) => index.toString(36)).join(',')
    const client = await dialTls({ port: listener.port })
    client.write(sent)
    await all.promise
    client.destroy()
    await listener.close()
  })

  it('says what was agreed on', async () => {
    const { listener, accepted } = await secureListener()
    const client = await dialTls({ port: listener.port, servername: 'example.org', ALPNProtocols: ['xmpp-client'] })
    const { connection } = await accepted
    expect(connection.isSecure).toBe(true)
    expect(connection.tls).toMatchObject({ version: 'TLSv1.3', serverName: 'example.org', alpn: 'xmpp-client' })
    expect(client.alpnProtocol).toBe('xmpp-client')
    client.destroy()
    await listener.close()
  })

  it('serves a client without ALPN and refuses one with another protocol', async () => {
    const { listener, accepted } = await secureListener()
    const client = await dialTls({ port: listener.port })
    expect((await accepted).connection.tls?.alpn).toBeUndefined()
    await expect(dialTls({ port: listener.port, ALPNProtocols: ['h2'] })).rejects.toThrow(/no application protocol/i)
    client.destroy()
    await listener.close()
  })

  it('refuses versions before 1.2', async () => {
    const { listener, failures } = await secureListener()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    await expect(dialTls({ port: listener.port, ...old })).rejects.toThrow()
    expect(failures).toHaveLength(1)
    await listener.close()
  })

  it('has the same channel bindings on both sides', async () => {
    const { listener, accepted } = await secureListener()
    const client = await dialTls({ port: listener.port })
    const { connection } = await accepted
    const exported = client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    expect(connection.channelBinding('tls-exporter')).toEqual(exported)
    const certificate = client.getPeerX509Certificate() as X509Certificate
    expect(connection.channelBinding('tls-server-end-point')).toEqual(
      Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex'),
    )
    expect(endPointBinding(certificate.raw)).toEqual(connection.channelBinding('tls-server-end-point'))
    client.destroy()
    await listener.close()
  })

  it('has no tls-exporter on TLS 1.2', async () => {
    const { listener, accepted } = await secureListener()
    const client = await dialTls({ port: listener.port, maxVersion: 'TLSv1.2' })
    const { connection } = await accepted
    expect(connection.tls?.version).toBe('TLSv1.2')
    expect(connection.channelBinding('tls-exporter')).toBeUndefined()
    expect(connection.channelBinding('tls-server-end-point')).toHaveLength(32)
    client.destroy()
    await listener.close()
  })

  it('ends with close_notify, and answers that of the client', async () => {
    const { listener, accepted } = await secureListener()
    const client = await dialTls({ port: listener.port })
    const server = await accepted
    server.connection.write(asWire('bye'))
    server.connection.end()
    expect(await readToEnd(client)).toBe('bye')
    client.end()
    expect(await server.ended.promise).toBeUndefined()
    await listener.close()
  })

  it('gives up a handshake after five seconds', async () => {
    const clock = new FakeClock()
    const { listener, failures } = await secureListener({ clock })
    const client = await dial(listener.port)
    while (listener.connections === 0) await new Promise((done) => setImmediate(done))
    clock.advance(4_999)
    expect(listener.connections).toBe(1)
    clock.advance(1)
    await closeOf(client)
    expect(listener.connections).toBe(0)
    await new Promise((done) => setImmediate(done))
    expect(failures).toEqual(['TLS handshake timed out'])
    await listener.close()
  })

  it('runs no more handshakes at once than it may, the others wait in line', async () => {
    const { listener } = await secureListener({ maxHandshakes: 1 })
    const silent = await dial(listener.port)
    while (listener.connections === 0) await new Promise((done) => setImmediate(done))
    const waiting = dialTls({ port: listener.port })
    while (listener.connections === 1) await new Promise((done) => setImmediate(done))
    silent.destroy()
    const client = await waiting
    expect(client.getProtocol()).toBe('TLSv1.3')
    client.destroy()
    await listener.close()
  })

  it('survives a client that talks nonsense or leaves in the middle', async () => {
    const { listener, failures } = await secureListener()
    const nonsense = await dial(listener.port)
    nonsense.write('<stream:stream>'.repeat(10))
    await closeOf(nonsense)
    const leaving = await dial(listener.port)
    leaving.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))
    leaving.resetAndDestroy()
    while (listener.connections > 0) await new Promise((done) => setImmediate(done))
    const client = await dialTls({ port: listener.port })
    expect(failures.length).toBeGreaterThanOrEqual(1)
    client.destroy()
    await listener.close()
  })

  it('comes behind a PROXY header, even in one piece with it', async () => {
    const { listener, accepted } = await secureListener({ proxyProtocol: true })
    const plain = await dial(listener.port)
    plain.cork()
    plain.write('PROXY TCP4 192.0.2.9 192.0.2.1 77 5223\r\n')
    const secured = dialTls({ socket: plain })
    process.nextTick(() => process.nextTick(() => plain.uncork()))
    const client = await secured
    const server = await accepted
    expect(server.connection.remote).toEqual({ address: '192.0.2.9', port: 77 })
    client.write('over TLS')
    expect(await readUntil(client, (text) => text === 'over TLS')).toBe('over TLS')
    client.destroy()
    await listener.close()
  })
})

describe('certificates', () => {
  it('are chosen by the name the client asks for', async () => {
    const names = {
      'chat.example': await certificateFiles(folder.path, 'chat.example'),
      '*.wild.example': await certificateFiles(folder.path, '*.wild.example'),
    }
    const { listener } = await secureListener({ tls: await tlsContext(folder.path, { names }) })
    const subjectFor = async (servername: string) => {
      const client = await dialTls({ port: listener.port, servername })
      const { subject } = client.getPeerX509Certificate() as X509Certificate
      client.destroy()
      return subject
    }
    expect(await subjectFor('CHAT.example')).toBe('CN=chat.example')
    expect(await subjectFor('a.wild.example')).toBe('CN=*.wild.example')
    expect(await subjectFor('other.example')).toBe('CN=example.org')
    await listener.close()
  })

  it('are read again when the files change, and kept when the new ones are broken', async () => {
    const clock = new FakeClock()
    const events: string[] = []
    const reloaded = deferred()
    const files = await certificateFiles(folder.path, 'reread.example')
    const context = await TlsContext.load({
      clock,
      table: files,
      report: ({ what }) => {
        events.push(what)
        reloaded.resolve()
      },
    })
    const before = context.main
    expect(await context.reload()).toBe(false)
    await writeCertificate(makeSelfSigned({ domains: ['new.example'], now: Date.now() }), files)
    clock.advance(120_000)
    await reloaded.promise
    expect(context.main).not.toBe(before)
    const good = context.main
    await writeFile(files.certfile, 'no certificate')
    expect(await context.reload()).toBe(false)
    expect(context.main).toBe(good)
    expect(events).toEqual(['tls_files_reloaded', 'tls_reload_failed'])
    context.close()
  })

  it('and key may be in one file', async () => {
    const { certificate, key } = makeSelfSigned({ domains: ['one.example'], now: Date.now() })
    const certfile = join(folder.path, 'both.pem')
    await writeFile(certfile, key + certificate)
    await expect(TlsContext.load({ clock: systemClock, rereadEvery: 0, table: { certfile } })).resolves.toBeDefined()
  })

  it('that are missing or do not fit are refused with the name of the file', async () => {
    const { certfile } = await certificateFiles(folder.path, 'a.example')
    const { keyfile } = await certificateFiles(folder.path, 'b.example')
    const load = (table: object) => TlsContext.load({ clock: systemClock, rereadEvery: 0, table })
    await expect(load({ certfile: '/no/such.pem' })).rejects.toThrow('/no/such.pem')
    await expect(load({ certfile, keyfile })).rejects.toThrow(certfile)
    await expect(load({})).rejects.toThrow('certfile')
    await expect(load({ certfile, keyfile, versions: ['tlsv1.1'] })).rejects.toThrow('versions')
    await utimes(certfile, 1, 1)
  })

  it('of clients are asked for, checked and required as the table says', async () => {
    const own = makeSelfSigned({ domains: [], addresses: ['romeo@example.org'], now: Date.now() })
    const cacertfile = join(folder.path, 'client.crt')
    await writeFile(cacertfile, own.certificate)
    const attempt = async (table: object, identity?: { cert: string; key: string }) => {
      const { listener, accepted, failures } = await secureListener({
        tls: await tlsContext(folder.path, { with: table }),
      })
      const client = await dialTls({ port: listener.port, ...identity })
      client.on('error', () => {})
      const outcome = await Promise.race([accepted, once(client, 'close')])
      client.destroy()
      await listener.close()
      if (!(outcome instanceof Recorded)) return `refused: ${failures[0]}`
      const peer = outcome.connection.tls?.peerCertificate
      return peer === undefined ? 'none' : peer.isTrusted ? 'trusted' : `untrusted: ${peer.problem}`
    }
    const identity = { cert: own.certificate, key: own.key }
    expect(await attempt({})).toBe('none')
    expect(await attempt({}, identity)).toMatch(/^untrusted: DEPTH_ZERO/)
    expect(await attempt({ cacertfile }, identity)).toBe('trusted')
    expect(await attempt({ disconnect_on_failure: true }, identity)).toMatch(/^refused/)
    expect(await attempt({ verify_mode: 'peer' })).toBe('refused: Client certificate refused: no certificate')
    expect(await attempt({ verify_mode: 'peer' }, identity)).toMatch(/^refused/)
    expect(await attempt({ verify_mode: 'peer', cacertfile }, identity)).toBe('trusted')
    expect(await attempt({ verify_mode: 'peer', disconnect_on_failure: false }, identity)).toMatch(/^untrusted/)
    expect(await attempt({ verify_mode: 'selfsigned_peer' }, identity)).toMatch(/^untrusted/)
    expect(await attempt({ verify_mode: 'none' }, identity)).toBe('none')
  })

  it('can have their key log written for debugging', async () => {
    const file = join(folder.path, 'keys.log')
    const { listener } = await secureListener({ tls: await tlsContext(folder.path, { with: { key_log_file: file } }) })
    const client = await dialTls({ port: listener.port })
    let text = ''
    while (!text.includes('CLIENT_TRAFFIC_SECRET_0')) text = await readFile(file, 'utf8').catch(() => '')
    client.destroy()
    await listener.close()
  })
})

describe('STARTTLS', () => {
  async function starttlsListener(context: TlsContext, clock = systemClock) {
    const outcome = deferred<string>()
    const texts: string[] = []
    let connection: Connection | undefined
    const listener = await listenTcp({ ...local, clock }, (accepted) => {
      connection = accepted
      return new Recorded(accepted, (text) => {
        texts.push(text)
        if (accepted.isSecure) return accepted.write(asWire(`secret ${text}`))
        if (!text.startsWith('<starttls/>')) return accepted.write(asWire(`open ${text}`))
        accepted.write(asWire('<proceed/>'))
        accepted.startTls(context).then(
          () => outcome.resolve('secure'),
          (error: Error) => outcome.resolve(error.message),
        )
      })
    })
    return { listener, outcome: outcome.promise, texts, connection: () => connection as Connection }
  }

  async function upgrade(port: number, request: string) {
    const plain = await dial(port)
    const proceed = readUntil(plain, (text) => text === '<proceed/>')
    plain.write(request)
    await proceed
    return plain
  }

  it('upgrades a live connection', async () => {
    const { listener, outcome, connection } = await starttlsListener(await tlsContext(folder.path))
    const plain = await dial(listener.port)
    plain.write('hello')
    expect(await readUntil(plain, (text) => text === 'open hello')).toBe('open hello')
    const proceed = readUntil(plain, (text) => text === '<proceed/>')
    plain.write('<starttls/>')
    await proceed
    const client = await dialTls({ socket: plain })
    expect(await outcome).toBe('secure')
    client.write('hello')
    expect(await readUntil(client, (text) => text === 'secret hello')).toBe('secret hello')
    expect(connection().channelBinding('tls-exporter')).toEqual(
      client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
    )
    await expect(connection().startTls(await tlsContext(folder.path))).rejects.toThrow('cannot start')
    client.destroy()
    await listener.close()
  })

  it('drops plain text that came along with the request', async () => {
    const { listener, outcome, texts } = await starttlsListener(await tlsContext(folder.path))
    const plain = await upgrade(listener.port, '<starttls/><iq>injected</iq>')
    const client = await dialTls({ socket: plain })
    expect(await outcome).toBe('secure')
    client.write('real')
    expect(await readUntil(client, (text) => text.length > 0)).toBe('secret real')
    expect(texts).toEqual(['<starttls/><iq>injected</iq>', 'real'])
    client.destroy()
    await listener.close()
  })

  it('fails when plain text comes in place of a handshake', async () => {
    const { listener, outcome, texts } = await starttlsListener(await tlsContext(folder.path))
    const plain = await upgrade(listener.port, '<starttls/>')
    plain.write('<iq>injected</iq>')
    await closeOf(plain)
    expect(await outcome).toMatch(/wrong version number|http request|packet length/i)
    expect(texts).toEqual(['<starttls/>'])
    await listener.close()
  })

  it('keeps what is written during the handshake for TLS', async () => {
    const context = await tlsContext(folder.path)
    const listener = await listenTcp(local, (connection) => {
      return new Recorded(connection, () => {
        connection.write(asWire('<proceed/>'))
        void connection.startTls(context)
        connection.write(asWire('behind the curtain'))
      })
    })
    const plain = await upgrade(listener.port, '<starttls/>')
    const client = await dialTls({ socket: plain })
    expect(await readUntil(client, (text) => text.length > 0)).toBe('behind the curtain')
    client.destroy()
    await listener.close()
  })

  it('is over when the client leaves, and closes once', async () => {
    const { listener, outcome } = await starttlsListener(await tlsContext(folder.path))
    const plain = await upgrade(listener.port, '<starttls/>')
    plain.destroy()
    expect(await outcome).toMatch(/closed|ended|ECONNRESET|disconnected/i)
    expect(listener.connections).toBe(0)
    await listener.close()
  })

  it('echoes over a connection that never asked for it', async () => {
    const listener = await listenTcp(local, echo)
    const client = await dial(listener.port)
    client.write('plain')
    expect(await readUntil(client, (text) => text === 'plain')).toBe('plain')
    client.destroy()
    await listener.close()
  })
})
