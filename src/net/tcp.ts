import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../util/clock.ts'
import type { Wire } from '../xml/wire.ts'
import type { Connection, ConnectionHandler, RemoteAddress, Report } from './connection.ts'
import { readProxyHeader } from './proxy-protocol.ts'
import { StallWatch } from './stall-watch.ts'
import { type ConnectionHost, StreamConnection } from './stream-connection.ts'
import type { TlsContext } from './tls-context.ts'
import { HandshakeSlots } from './tls-handshake.ts'

/** How to listen. */
export interface TcpOptions {
  /** 0 lets the system choose. */
  readonly port: number
  /** Address to bind to; all without it. */
  readonly host?: string | undefined
  /** Length of the system's queue of connections that wait to be accepted. */
  readonly backlog?: number | undefined
  readonly maxConnections?: number | undefined
  /** What a client beyond `maxConnections` is told before it is closed. Nothing is written on direct TLS. */
  readonly refusal?: (() => Wire) | undefined
  /** A PROXY protocol header is required on every connection. */
  readonly proxyProtocol?: boolean | undefined
  /** Direct TLS: the handshake comes first, `accept` is called when it is done. */
  readonly tls?: TlsContext | undefined
  /** How many handshakes may run at once; the others wait. */
  readonly maxHandshakes?: number | undefined
  readonly clock?: Clock | undefined
  readonly report?: Report | undefined
}

/** What can change while a port is open. */
export type TcpSettings = Pick<TcpOptions, 'maxConnections' | 'refusal' | 'proxyProtocol' | 'tls'>

/** An open port. */
export interface Listener {
  readonly address: string
  readonly port: number
  /** How many connections are open, those still in their handshake included. */
  readonly connections: number
  /** Other settings for connections to come; those that are open, and the address, stay as they are. */
  update(settings: TcpSettings, accept: Accept): void
  /** Takes no new connections; those that are open stay. Resolves when the port is free. */
  stopAccepting(): Promise<void>
  /** Takes no new connections and drops those that are open. */
  close(): Promise<void>
}

/** Called for each connection, when PROXY header and direct TLS are done. Returns who is told what happens on it. */
export type Accept = (connection: Connection) => ConnectionHandler

const proxyHeaderLimit = 5_000
const keepAliveAfter = 60_000
const refusedLinger = 1_000
const backlogDefault = 1_024

const nobody: ConnectionHandler = { data() {}, drained() {}, closed() {} }

/** Listens for byte streams. Rejects when the address cannot be bound. */
export async function listenTcp(options: TcpOptions, accept: Accept): Promise<Listener> {
  const listener = new TcpListener(options, accept)
  await listener.open()
  return listener
}

class TcpListener implements Listener {
  address = ''
  port = 0
  #options: TcpOptions
  #accept: Accept
  readonly #host: ConnectionHost
  readonly #server: Server
  #stopped: Promise<void> | undefined

  constructor(options: TcpOptions, accept: Accept) {
    const { clock = systemClock, report = () => {}, maxHandshakes } = options
    this.#options = options
    this.#accept = accept
    this.#host = {
      clock,
      report,
      stalls: new StallWatch(clock),
      handshakes: new HandshakeSlots(maxHandshakes),
      connections: new Set(),
    }
    this.#server = createServer(
      {
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveAfter,
      },
      (socket) => this.#accepted(socket),
    )
  }

  get connections(): number {
    return this.#host.connections.size
  }

  open(): Promise<void> {
    const { port, host, backlog = backlogDefault } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, host, backlog }, () => {
        this.#server.removeListener('error', reject)
        // For example no file descriptors left: the next connection may find one again.
        this.#server.on('error', (error) => this.#host.report({ what: 'accept_failed', port, error }))
        const bound = this.#server.address() as AddressInfo
        this.address = bound.address
        this.port = bound.port
        resolve()
      })
    })
  }

  update(settings: TcpSettings, accept: Accept): void {
    this.#options = { ...this.#options, ...settings }
    this.#accept = accept
  }

  stopAccepting(): Promise<void> {
    // Node calls back only when the last connection is gone; the port is free as soon as the handle is closed.
    this.#stopped ??= new Promise((resolve) => {
      this.#server.close()
      setImmediate(resolve)
    })
    return this.#stopped
  }

  async close(): Promise<void> {
    await this.stopAccepting()
    for (const connection of this.#host.connections) connection.destroy()
  }

  #accepted(socket: Socket): void {
    const { maxConnections = Number.POSITIVE_INFINITY, proxyProtocol, tls } = this.#options
    if (this.connections >= maxConnections) {
      this.#refuse(socket)
      return
    }
    const connection = new StreamConnection(this.#host, socket)
    if (proxyProtocol) this.#expectProxyHeader(connection)
    else if (tls) this.#secure(connection, tls)
    else this.#introduce(connection)
    if (!tls || proxyProtocol) connection.startReading()
  }

  #refuse(socket: Socket): void {
    socket.on('error', () => {})
    this.#host.report({ what: 'connection_limit_reached', port: this.port })
    if (this.#options.tls || !this.#options.refusal) {
      socket.destroy()
      return
    }
    socket.end(this.#options.refusal(), 'latin1')
    // What the client sends has to be read, else the system answers with a reset and the refusal is lost.
    socket.resume()
    const timer = this.#host.clock.after(refusedLinger, () => socket.destroy())
    socket.once('close', () => timer.cancel())
  }

  #expectProxyHeader(connection: StreamConnection): void {
    const timer = this.#host.clock.after(proxyHeaderLimit, () => reader.fail('no header in time'))
    const reader = new ProxyHeaderReader({
      bad: (why) => {
        timer.cancel()
        this.#host.report({ what: 'proxy_header_refused', remote: connection.remote.address, why })
        connection.destroy()
      },
      done: (remote, rest) => {
        timer.cancel()
        if (remote !== undefined) connection.remote = remote
        if (this.#options.tls) this.#secure(connection, this.#options.tls, rest)
        else this.#introduce(connection, rest)
      },
      gone: () => timer.cancel(),
    })
    connection.attach(reader)
  }

  #secure(connection: StreamConnection, context: TlsContext, received?: Buffer): void {
    connection.attach(nobody)
    connection.secure(context, received ?? Buffer.alloc(0)).then(
      () => this.#introduce(connection),
      (error: Error) =>
        this.#host.report({ what: 'tls_handshake_failed', remote: connection.remote.address, why: error.message }),
    )
  }

  #introduce(connection: StreamConnection, received?: Buffer): void {
    connection.attach(nobody)
    try {
      connection.attach(this.#accept(connection))
    } catch (error) {
      this.#host.report({ what: 'connection_handler_failed', error })
      connection.destroy()
    }
    if (received !== undefined && received.length > 0) connection.received(received, received.length)
  }
}

interface ProxyOutcome {
  bad(why: string): void
  done(remote: RemoteAddress | undefined, rest: Buffer): void
  gone(): void
}

/** The first user of a connection behind a proxy: reads until the header is complete. */
class ProxyHeaderReader implements ConnectionHandler {
  readonly #outcome: ProxyOutcome
  #received: Buffer = Buffer.alloc(0)
  #isOver = false

  constructor(outcome: ProxyOutcome) {
    this.#outcome = outcome
  }

  data(bytes: Uint8Array, length: number): void {
    this.#received = Buffer.concat([this.#received, bytes.subarray(0, length)])
    const header = readProxyHeader(this.#received)
    if (header.kind === 'bad') this.fail(header.why)
    if (header.kind !== 'done') return
    this.#isOver = true
    this.#outcome.done(header.remote, this.#received.subarray(header.length))
  }

  fail(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#outcome.bad(why)
  }

  drained(): void {}

  closed(): void {
    this.#isOver = true
    this.#outcome.gone()
  }
}
