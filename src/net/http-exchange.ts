import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Duplex, pipeline, type Readable } from 'node:stream'
import { createGunzip, createInflate, gzip } from 'node:zlib'
import type { RemoteAddress, TlsInfo } from './connection.ts'

/** What is known of a request before somebody answers it. */
export interface HttpRequestInfo {
  readonly request: IncomingMessage
  /** Path as sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Host the client named, lower case, without the port; empty when it named none. */
  readonly host: string
  /** Host as sent, with its port. */
  readonly authority: string
  /** Values of the `:name` parts of the route. */
  readonly params: Readonly<Record<string, string>>
  /** Segments that `[...]` of the route stands for. */
  readonly rest: readonly string[]
  readonly remote: RemoteAddress
  /** What TLS agreed on; undefined without TLS. */
  readonly tls: TlsInfo | undefined
}

/** One request and its answer. */
export interface HttpExchange extends HttpRequestInfo {
  readonly response: ServerResponse
  /** Texts may be sent compressed to those who take that. */
  readonly mayCompress?: boolean | undefined
  /** What the access log tells besides, for who finds it out. */
  readonly noted?: { jid?: string } | undefined
}

/** Shorter answers do not get smaller worth mentioning, in bytes. */
const worthCompressing = 1024

/** Answers requests. What it throws is turned into an answer: HttpError into its status, anything else into 500. */
export type HttpHandler = (exchange: HttpExchange) => void | Promise<void>

/** A handler at its place. */
export interface HttpRoute {
  /** Host name, or `_` for any. */
  readonly host: string
  /** Pattern with `:name`, `[:optional]` and `[...]`. */
  readonly path: string
  /** Who knows a path here may do something by that alone: logs show the pattern in its place. */
  readonly isPathSecret?: boolean | undefined
  readonly handle: HttpHandler
  /** Takes the socket over when the client asks for another protocol (WebSocket). */
  readonly upgrade?: ((request: HttpRequestInfo, socket: Duplex, head: Buffer) => void) | undefined
}

/** Ends an exchange with a status. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    message = '',
    headers: Readonly<Record<string, string>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options)
    this.status = status
    this.headers = headers
  }
}

/** Answers with a text and its type. */
export function respond(exchange: HttpExchange, status: number, type: string, body: string | Buffer): void {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  if (exchange.mayCompress !== true || bytes.length < worthCompressing)
    send(exchange, status, { 'content-type': type }, bytes)
  else sendCompressed(exchange, status, type, bytes)
}

function send(exchange: HttpExchange, status: number, headers: Record<string, string>, bytes: Buffer): void {
  if (exchange.response.destroyed) return
  exchange.response.writeHead(status, { ...headers, 'content-length': bytes.length })
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : bytes)
}

function sendCompressed(exchange: HttpExchange, status: number, type: string, bytes: Buffer): void {
  const headers = { 'content-type': type, vary: 'accept-encoding' }
  if (!/\bgzip\b/.test(String(exchange.request.headers['accept-encoding'] ?? ''))) {
    send(exchange, status, headers, bytes)
    return
  }
  gzip(bytes, (error, smaller) => {
    if (error) send(exchange, status, headers, bytes)
    else send(exchange, status, { ...headers, 'content-encoding': 'gzip' }, smaller)
  })
}

/** Answers with JSON. */
export function respondJson(exchange: HttpExchange, status: number, value: unknown): void {
  respond(exchange, status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`)
}

/** Lets through the named methods only, HEAD where GET is among them; throws 405 for others. */
export function allowMethods(exchange: HttpExchange, ...methods: readonly string[]): void {
  const method = exchange.request.method ?? ''
  if (methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))) return
  throw new HttpError(405, 'Method not allowed', { allow: methods.join(', ') })
}

/** The whole body. Throws 413 when it is longer than `limit` bytes, 400 when the client leaves in the middle. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new HttpError(413, 'Body too large')
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of request) {
      length += (part as Buffer).length
      if (length > limit) throw new HttpError(413, 'Body too large')
      parts.push(part as Buffer)
    }
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError(400, 'Body cut off')
  }
  return Buffer.concat(parts)
}

/**
 * The body, piece by piece and decompressed. Who stops in the middle can still answer. Throws 415 for a coding that is not known,
 * 400 for a broken one and when the client leaves in the middle.
 */
export async function* bodyParts(request: IncomingMessage): AsyncGenerator<Buffer> {
  const source = decoded(request)
  try {
    for await (const part of source.iterator({ destroyOnReturn: false })) yield part as Buffer
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError(400, 'Body cut off or badly compressed')
  }
}

function decoded(request: IncomingMessage): Readable {
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity') return request
  if (coding !== 'gzip' && coding !== 'x-gzip' && coding !== 'deflate') {
    throw new HttpError(415, 'Unknown content coding', { 'accept-encoding': 'deflate, gzip' })
  }
  const decoder = coding === 'deflate' ? createInflate() : createGunzip()
  // What fails is told to whoever reads.
  return pipeline(request, decoder, () => {})
}

/** Who may use an address from a page of another origin. */
export interface CorsRules {
  /** Origins, or `*` for all. */
  readonly origins: readonly string[] | '*'
  readonly methods?: readonly string[] | undefined
  readonly headers?: readonly string[] | undefined
}

/** Adds the CORS headers to what a handler answers, and answers preflight requests. */
export function withCors(rules: CorsRules, handle: HttpHandler): HttpHandler {
  const methods = (rules.methods ?? ['GET']).join(', ')
  const headers = (rules.headers ?? ['content-type']).join(', ')
  return (exchange) => {
    const { request, response } = exchange
    const origin = request.headers.origin
    if (rules.origins === '*') response.setHeader('access-control-allow-origin', '*')
    else {
      response.setHeader('vary', 'origin')
      if (origin !== undefined && rules.origins.includes(origin)) {
        response.setHeader('access-control-allow-origin', origin)
      }
    }
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
    if (!isPreflight) return handle(exchange)
    response.writeHead(204, {
      'access-control-allow-methods': methods,
      'access-control-allow-headers': headers,
      'access-control-max-age': '86400',
    })
    response.end()
  }
}
