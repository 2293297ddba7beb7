import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { makeSelfSigned, writeCertificate } from '../../src/net/certificate.ts'
import type { Connection, ConnectionHandler } from '../../src/net/connection.ts'
import { TlsContext, type TlsContextOptions, type TlsTable } from '../../src/net/tls-context.ts'
import { systemClock } from '../../src/util/clock.ts'
import { asWire } from '../../src/xml/wire.ts'

/** A promise and what settles it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** The server's end of a connection, recorded. */
export class Recorded implements ConnectionHandler {
  readonly connection: Connection
  readonly ended = deferred<Error | undefined>()
  text = ''
  drains = 0
  #onData: ((text: string) => void) | undefined

  constructor(connection: Connection, onData?: (text: string) => void) {
    this.connection = connection
    this.#onData = onData
  }

  data(bytes: Uint8Array, length: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
    this.text += text
    this.#onData?.(text)
  }

  drained(): void {
    this.drains++
  }

  closed(error?: Error): void {
    this.ended.resolve(error)
  }
}

export function echo(connection: Connection): ConnectionHandler {
  return new Recorded(connection, (text) => connection.write(asWire(text)))
}

export function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

export function dialTls(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

/** Reads from a socket until `isEnough` says so, or its end. */
export function readUntil(socket: Socket, isEnough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = () => {
      socket.removeListener('data', more).removeListener('end', finish).removeListener('close', finish)
      socket.removeListener('error', reject)
      resolve(text)
    }
    const more = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (isEnough(text)) finish()
    }
    socket.on('data', more).resume().once('end', finish).once('close', finish).once('error', reject)
  })
}

export function readToEnd(socket: Socket): Promise<string> {
  return readUntil(socket, () => false)
}

export function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    socket.on('error', () => {})
    socket.once('end', () => socket.end())
    socket.once('close', () => resolve())
    socket.resume()
  })
}

/** A new folder that is removed when the scope ends. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'meerkat-net-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** A TLS context with a fresh certificate. */
export async function tlsContext(
  folder: string,
  options: Partial<TlsContextOptions> & { domain?: string; with?: Partial<TlsTable> } = {},
): Promise<TlsContext> {
  const { domain = 'example.org', with: extra, ...rest } = options
  const files = await certificateFiles(folder, domain)
  return TlsContext.load({ clock: systemClock, rereadEvery: 0, table: { ...files, ...extra }, ...rest })
}

export async function certificateFiles(folder: string, domain: string): Promise<{ certfile: string; keyfile: string }> {
  const files = { certfile: join(folder, `${domain}.crt`), keyfile: join(folder, `${domain}.key`) }
  await writeCertificate(makeSelfSigned({ domains: [domain], now: Date.now() }), files)
  return files
}
