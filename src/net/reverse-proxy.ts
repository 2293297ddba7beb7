import { Agent as HttpAgent, ServerResponse } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../util/clock.ts'
import type { Report } from './connection.ts'
import type { HttpExchange, HttpRequestInfo, HttpRoute } from './http-exchange.ts'
import { PassedRequest } from './passed-request.ts'
import type { AddedHeader } from './proxied-headers.ts'
import { hasBody, type ProxyRequest, proxyRequest, refusalOf } from './proxy-request.ts'

/** Where a request goes. */
export interface Upstream {
  readonly isSecure: boolean
  /** Name or address, an IPv6 address without its brackets. */
  readonly hostname: string
  readonly port: number
  /** Path and query. */
  readonly path: string
}

/** A part of an HTTP listener whose requests others answer. */
export interface ReverseProxyOptions {
  /** Host name, or `_` for any. */
  readonly host: string
  readonly path: string
  /** Who answers; undefined for nobody, which the client gets to know by 404. */
  readonly find: (request: ProxyRequest) => Upstream | undefined
  /** Milliseconds for a connection to the upstream, and again for its whole answer. */
  readonly timeout: number
  /** Longest body that is passed on, in bytes. */
  readonly bodyLength: number
  /** Added to every request. */
  readonly headers: readonly AddedHeader[]
  /** For upstreams with https; certificates are checked as Node does it, unless it says otherwise. */
  readonly tls: ConnectionOptions
  readonly clock: Clock
  readonly report: Report
}

/** The route of a reverse proxy. Each request has a connection of its own: no answer can be taken for that to another one. */
export function reverseProxyRoute(options: ReverseProxyOptions): HttpRoute {
  const agents = { plain: new HttpAgent(), secure: new HttpsAgent(options.tls) }
  const handle = (exchange: HttpExchange) => {
    for (const name of exchange.response.getHeaderNames()) exchange.response.removeHeader(name)
    const refusal = refusalOf(exchange)
    const upstream = refusal === undefined ? options.find(proxyRequest(exchange)) : undefined
    const passed = new PassedRequest(exchange, options)
    if (upstream === undefined) passed.refuse(refusal ?? 404)
    else passed.send(upstream, upstream.isSecure ? agents.secure : agents.plain)
  }
  return { host: options.host, path: options.path, handle, upgrade: ignoreUpgrade(handle) }
}

/** Answers a request for another protocol as if it asked for none, which is what a server may do (RFC 9110 §7.8). */
function ignoreUpgrade(handle: (exchange: HttpExchange) => void): NonNullable<HttpRoute['upgrade']> {
  return (info: HttpRequestInfo, socket: Duplex) => {
    const response = new ServerResponse(info.request)
    response.shouldKeepAlive = false
    response.assignSocket(socket as Socket)
    response.once('finish', () => (socket as Socket).destroySoon())
    // Node reads no body once another protocol has been asked for.
    if (hasBody(info.request)) response.writeHead(400, { 'content-length': 0 }).end()
    else handle({ ...info, response })
  }
}
