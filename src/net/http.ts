import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../util/clock.ts'
import { plainAddress } from './address.ts'
import type { Report, TlsInfo } from './connection.ts'
import { HttpError, type HttpExchange, type HttpRequestInfo, type HttpRoute, respond } from './http-exchange.ts'
import { RouteTable } from './route-table.ts'
import type { TlsContext } from './tls-context.ts'
import { HandshakeSlots, serverSide, shakeHands } from './tls-handshake.ts'

/** How to listen for HTTP. */
export interface HttpOptions {
  /** 0 lets the system choose. */
  readonly port: number
  readonly host?: string | undefined
  readonly backlog?: number | undefined
  readonly maxConnections?: number | undefined
  readonly tls?: TlsContext | undefined
  readonly routes: readonly HttpRoute[]
  /** Send texts compressed to those who take that. */
  readonly compress?: boolean | undefined
  /** Value of the `server` header; none without it. */
  readonly serverHeader?: string | undefined
  readonly limits?: HttpLimits | undefined
  readonly clock?: Clock | undefined
  readonly report?: Report | undefined
  /** Called once a request with what an access log wants; never with the query, which may hold secrets. */
  readonly accessLog?: Report | undefined
}

/** Bytes and milliseconds. */
export interface HttpLimits {
  /** All headers of a request together. */
  readonly headerBytes?: number | undefined
  /** Until the headers are complete. */
  readonly headerTimeout?: number | undefined
  /** Until the whole request has arrived; long polls wait after that. */
  readonly requestTimeout?: number | undefined
  /** How long a connection is kept for the next request. */
  readonly keepAlive?: number | undefined
}

/** An open HTTP port. */
export interface HttpListener {
  readonly address: string
  readonly port: number
  /** How many connections are open, WebSockets included. */
  readonly connections: number
  /** Replaces what is mounted; exchanges that have begun go on. */
  mount(routes: readonly HttpRoute[]): void
  /** Other settings for connections and requests to come; the address stays. */
  update(settings: HttpSettings): void
  /** Takes no new connections. Resolves when the port is free. */
  stopAccepting(): Promise<void>
  /** Takes no new connections and drops those that are open, WebSockets included. */
  close(): Promise<void>
}

/** What can change while a port is open. */
export type HttpSettings = Pick<HttpOptions, 'maxConnections' | 'tls' | 'routes' | 'compress' | 'serverHeader'>

/** Listens for HTTP requests. Rejects when the address cannot be bound. */
export async function listenHttp(options: HttpOptions): Promise<HttpListener> {
  const listener = new NodeHttpListener(options)
  await listener.open()
  return listener
}

/** What a line of the access log is made of. */
interface Logged extends Pick<HttpExchange, 'request' | 'response' | 'noted'> {
  readonly route: HttpRoute | undefined
}

class NodeHttpListener implements HttpListener {
  address = ''
  port = 0
  #options: HttpOptions
  readonly #clock: Clock
  readonly #report: Report
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connections = 0
  readonly #secured = new WeakMap<object, TlsInfo>()
  #routes: RouteTable<HttpRoute>
  #stopped: Promise<void> | undefined

  constructor(options: HttpOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#report = options.report ?? (() => {})
    this.#routes = tableOf(options.routes)
    this.#server = this.#createServer()
  }

  get connections(): number {
    return this.#connections
  }

  mount(routes: readonly HttpRoute[]): void {
    this.#routes = tableOf(routes)
  }

  update(settings: HttpSettings): void {
    this.#options = { ...this.#options, ...settings }
    limitConnections(this.#server, settings.maxConnections)
    this.mount(settings.routes)
  }

  open(): Promise<void> {
    const { port, host, backlog = 1_024 } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, host, backlog }, () => {
        this.#server.removeListener('error', reject)
        this.#server.on('error', (error) => this.#report({ what: 'accept_failed', port, error }))
        const bound = this.#server.address() as AddressInfo
        this.address = bound.address
        this.port = bound.port
        resolve()
      })
    })
  }

  stopAccepting(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#server.close()
      setImmediate(resolve)
    })
    return this.#stopped
  }

  async close(): Promise<void> {
    await this.stopAccepting()
    for (const socket of this.#sockets) socket.destroy()
  }

  #createServer(): Server {
    const { limits = {}, maxConnections } = this.#options
    const server = createServer({
      maxHeaderSize: limits.headerBytes ?? 16_384,
      headersTimeout: limits.headerTimeout ?? 10_000,
      requestTimeout: limits.requestTimeout ?? 300_000,
      keepAliveTimeout: limits.keepAlive ?? 30_000,
      connectionsCheckingInterval: 5_000,
      noDelay: true,
    })
    limitConnections(server, maxConnections)
    server.on('request', (request, response) => this.#answer(request, response))
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    server.on('clientError', refuseGarbage)
    this.#putTlsBefore(server)
    server.on('connection', (socket: Socket) => {
      this.#connections++
      socket.once('close', () => this.#connections--)
      this.#remember(socket)
    })
    return server
  }

  /** Node's own handling of a connection begins when the handshake is done. */
  #putTlsBefore(server: Server): void {
    const [serve] = server.listeners('connection') as Array<(socket: Socket) => void>
    const slots = new HandshakeSlots()
    server.removeAllListeners('connection')
    server.on('connection', (plain: Socket) => {
      const { tls: context } = this.#options
      if (context === undefined) {
        serve?.call(server, plain)
        return
      }
      plain.on('error', () => {})
      shakeHands({ plain, side: serverSide(context), slots, clock: this.#clock }).then(
        ({ socket, info }) => {
          this.#secured.set(socket, info)
          this.#remember(socket)
          serve?.call(server, socket)
        },
        (error: Error) =>
          this.#report({ what: 'tls_handshake_failed', remote: plain.remoteAddress, why: error.message }),
      )
    })
  }

  #remember(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
  }

  #find(request: IncomingMessage): { route: HttpRoute; info: HttpRequestInfo } | undefined {
    const { path, query, authority } = targetOf(request)
    const host = authority.replace(/:\d*$/, '').toLowerCase()
    const match = this.#routes.find(host, path)
    if (match === undefined) return undefined
    const { value: route, params, rest } = match
    const remote = { address: plainAddress(request.socket.remoteAddress), port: request.socket.remotePort ?? 0 }
    const tls = this.#secured.get(request.socket)
    return { route, info: { request, path, query, host, authority, params, rest, remote, tls } }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { serverHeader } = this.#options
    if (serverHeader !== undefined) response.setHeader('server', serverHeader)
    response.setHeader('x-content-type-options', 'nosniff')
    const found = this.#find(request)
    const noted: { jid?: string } = {}
    this.#logWhenDone({ request, response, noted, route: found?.route })
    if (found === undefined) {
      refuse(request, response, new HttpError(404, 'Not found'))
      return
    }
    const exchange: HttpExchange = { ...found.info, response, mayCompress: this.#options.compress, noted }
    try {
      const pending = found.route.handle(exchange)
      pending?.catch((error: unknown) => this.#failed(exchange, error))
    } catch (error) {
      this.#failed(exchange, error)
    }
  }

  #failed({ request, response, path }: HttpExchange, error: unknown): void {
    if (!(error instanceof HttpError)) this.#report({ what: 'http_handler_failed', path, error })
    if (response.headersSent) response.destroy()
    else refuse(request, response, error instanceof HttpError ? error : new HttpError(500, 'Internal error'))
  }

  #logWhenDone({ request, response, noted, route }: Logged): void {
    const { accessLog } = this.#options
    if (accessLog === undefined) return
    const begun = this.#clock.now()
    const peer = plainAddress(request.socket.remoteAddress)
    response.once('close', () => {
      const path = route?.isPathSecret === true ? route.path : targetOf(request).path
      const ms = this.#clock.now() - begun
      const { method } = request
      accessLog({ what: 'http_request', method, path, status: response.statusCode, ms, peer, ...noted })
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const found = this.#find(request)
    const upgrade = found?.route.upgrade
    if (found === undefined || upgrade === undefined) {
      refuseUpgrade(socket, found ? 400 : 404, found ? 'Nothing to upgrade to here' : 'Not found')
      return
    }
    try {
      upgrade(found.info, socket, head)
    } catch (error) {
      this.#report({ what: 'http_handler_failed', path: found.info.path, error })
      socket.destroy()
    }
  }
}

function limitConnections(server: Server, most: number | undefined): void {
  server.maxConnections = most === undefined || most === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : most
}

function tableOf(routes: readonly HttpRoute[]): RouteTable<HttpRoute> {
  return new RouteTable(routes.map((route) => ({ host: route.host, path: route.path, value: route })))
}

/** Path and host of a request, also when the client sent a whole address as to a proxy (RFC 9112 §3.2.2). */
function targetOf(request: IncomingMessage): { path: string; query: URLSearchParams; authority: string } {
  const target = request.url ?? ''
  const whole = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(target)
  const authority = whole?.[1] ?? request.headers.host ?? ''
  const [path = '', ...query] = (whole?.[2] ?? target).split('?')
  return { path: path || '/', query: new URLSearchParams(query.join('?')), authority }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value)
  // A body nobody reads would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close')
  respond({ request, response } as HttpExchange, error.status, 'text/plain; charset=utf-8', `${error.message}\n`)
}

/** Answers a request for another protocol with an error and closes the connection. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => {})
  const head = `HTTP/1.1 ${status} ${reason}\r\ncontent-type: text/plain\r\nconnection: close\r\n`
  socket.end(`${head}content-length: ${reason.length + 1}\r\n\r\n${reason}\n`)
}

function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
