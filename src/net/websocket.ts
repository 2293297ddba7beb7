import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import { type Clock, systemClock } from '../util/clock.ts'
import type { FrameConnection, FrameHandler, Report } from './connection.ts'
import { refuseUpgrade } from './http.ts'
import { HttpError, type HttpRequestInfo, type HttpRoute } from './http-exchange.ts'
import { StallWatch } from './stall-watch.ts'
import { WebSocketConnection, type WebSocketHost } from './websocket-connection.ts'

/** A WebSocket endpoint for XMPP (RFC 7395). */
export interface WebSocketOptions {
  /** Host name, or `_` for any. */
  readonly host: string
  readonly path: string
  /** Largest frame in bytes; no limit of our own without it. */
  readonly maxFrameBytes?: number | undefined
  /** Milliseconds between pings; half the idle limit without it. */
  readonly pingRate?: number | undefined
  /** Milliseconds after which a silent peer is dropped; pongs count. Infinity for never. */
  readonly idleTimeout?: number | undefined
  /** Origins of pages that may connect, `*` for all. Programs that are no browser send none and are let in. */
  readonly origins?: readonly string[] | '*' | undefined
  readonly clock?: Clock | undefined
  readonly report?: Report | undefined
}

/** Called for each WebSocket. Returns who is told what happens on it. */
export type AcceptFrames = (connection: FrameConnection) => FrameHandler

const protocol = 'xmpp'
const idleDefault = 60_000
// The library wants a number; no element of this size would pass any scanner.
const noLimit = 2 ** 30

/** The library's WebSocket, which tells before it closes: what is queued has to leave first. */
class AnnouncingWebSocket extends WebSocket {
  owner: WebSocketConnection | undefined = undefined

  override close(code?: number, data?: string | Buffer): void {
    this.owner?.closing(code)
    super.close(code, data)
  }
}

/** The route of a WebSocket endpoint, to be mounted on an HTTP listener. */
export function webSocketRoute(options: WebSocketOptions, accept: AcceptFrames): HttpRoute {
  const endpoint = new Endpoint(options, accept)
  return {
    host: options.host,
    path: options.path,
    handle() {
      throw new HttpError(426, 'This is a WebSocket', { upgrade: 'websocket', connection: 'upgrade' })
    },
    upgrade: (info, socket, head) => endpoint.upgrade(info, socket, head),
  }
}

class Endpoint implements WebSocketHost {
  readonly report: Report
  readonly stalls: StallWatch
  readonly connections = new Set<WebSocketConnection>()
  readonly #options: WebSocketOptions
  readonly #accept: AcceptFrames
  readonly #clock: Clock
  readonly #server: WebSocketServer
  readonly #idleTimeout: number
  readonly #pingRate: number
  #isSweeping = false

  constructor(options: WebSocketOptions, accept: AcceptFrames) {
    const { clock = systemClock, report = () => {}, idleTimeout = idleDefault } = options
    this.report = report
    this.stalls = new StallWatch(clock)
    this.#options = options
    this.#accept = accept
    this.#clock = clock
    this.#idleTimeout = idleTimeout
    this.#pingRate = options.pingRate ?? idleTimeout / 2
    const { maxFrameBytes = noLimit } = options
    const settings: ServerOptions<typeof AnnouncingWebSocket> & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: Math.min(maxFrameBytes, noLimit),
      handleProtocols: () => protocol,
      WebSocket: AnnouncingWebSocket,
      closeTimeout: 5_000,
    }
    this.#server = new WebSocketServer(settings)
  }

  now(): number {
    return this.#clock.now()
  }

  upgrade(info: HttpRequestInfo, socket: Duplex, head: Buffer): void {
    const { request } = info
    if (!offersXmpp(request)) {
      refuseUpgrade(socket, 400, 'Bad Request')
      return
    }
    const { origin } = request.headers
    const { origins = '*' } = this.#options
    if (origins !== '*' && origin !== undefined && !origins.includes(origin)) {
      refuseUpgrade(socket, 403, 'Forbidden')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (websocket) => {
      this.#opened(websocket as AnnouncingWebSocket, socket, info)
    })
  }

  #opened(websocket: AnnouncingWebSocket, socket: Duplex, info: HttpRequestInfo): void {
    const connection = new WebSocketConnection(this, websocket, socket, info)
    websocket.owner = connection
    try {
      connection.attach(this.#accept(connection))
    } catch (error) {
      this.report({ what: 'connection_handler_failed', error })
      connection.destroy()
    }
    this.#sweepLater()
  }

  /** One timer for all: pings those whose turn it is and drops the silent ones. */
  #sweepLater(): void {
    const step = Math.min(this.#idleTimeout, this.#pingRate) / 4
    if (this.#isSweeping || this.connections.size === 0 || !Number.isFinite(step)) return
    this.#isSweeping = true
    this.#clock.after(step, () => {
      this.#isSweeping = false
      this.#sweep()
      this.#sweepLater()
    })
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const connection of this.connections) {
      if (now - connection.lastHeard >= this.#idleTimeout) connection.idle()
      else if (now - connection.lastPing >= this.#pingRate) connection.ping()
    }
  }
}

/** Whether a request asks for XMPP over WebSocket. */
export function asksForXmpp(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket' && offersXmpp(request)
}

function offersXmpp(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some((name) => name.trim().toLowerCase() === protocol)
}
