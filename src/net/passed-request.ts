import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Clock, Timer } from '../util/clock.ts'
import type { Report } from './connection.ts'
import type { HttpExchange } from './http-exchange.ts'
import { type AddedHeader, addHeaders, asFields, endToEnd, type Headers } from './proxied-headers.ts'
import { hasBody } from './proxy-request.ts'
import type { Upstream } from './reverse-proxy.ts'

/** Milliseconds that a client may take to send or to read more. */
const clientPatience = 30_000

/** How requests are passed on; times in milliseconds. */
export interface PassSettings {
  readonly timeout: number
  /** Bytes. */
  readonly bodyLength: number
  readonly headers: readonly AddedHeader[]
  readonly clock: Clock
  readonly report: Report
}

/**
 * One request on its way to an upstream and the answer on its way back. Both are passed on as they come, neither is held: who
 * sends faster than the other reads is made to wait. The time of the answer runs while the upstream is waited for only.
 */
export class PassedRequest {
  readonly #exchange: HttpExchange
  readonly #settings: PassSettings
  #outgoing: ClientRequest | undefined
  #where = ''
  #timer: Timer | undefined
  /** Milliseconds that the upstream still has to answer, and since when they run. */
  #left: number
  #since = 0
  #isAnswered = false
  #isOver = false

  constructor(exchange: HttpExchange, settings: PassSettings) {
    this.#exchange = exchange
    this.#settings = settings
    this.#left = settings.timeout
  }

  /** Answers with a status and nothing else. */
  refuse(status: number): void {
    this.#isOver = true
    this.#timer?.cancel()
    const { request, response } = this.#exchange
    if (response.headersSent) {
      // The client must not take what it has got for the whole.
      response.destroy()
      return
    }
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    // A body nobody reads would be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close')
    response.writeHead(status, { 'content-length': 0 }).end()
  }

  send(upstream: Upstream, agent: Agent): void {
    const { request, response } = this.#exchange
    const { timeout, bodyLength } = this.#settings
    this.#where = `${upstream.hostname}:${upstream.port}`
    if (Number(request.headers['content-length'] ?? 0) > bodyLength) {
      this.refuse(413)
      return
    }
    const outgoing = this.#open(upstream, agent)
    if (outgoing === undefined) return
    this.#outgoing = outgoing
    this.#within(timeout, 504, 'no connection in time')
    outgoing.once('socket', (socket) => {
      socket.once(upstream.isSecure ? 'secureConnect' : 'connect', () => this.#passBody(outgoing))
    })
    outgoing.once('response', (answer) => this.#passAnswer(answer))
    outgoing.once('upgrade', () => this.#fail(502, 'another protocol, which nobody has asked for'))
    outgoing.on('error', (error) => this.#upstreamFailed(error))
    response.once('close', () => this.#end())
  }

  #open({ isSecure, hostname, port, path }: Upstream, agent: Agent): ClientRequest | undefined {
    const { method } = this.#exchange.request
    const headers = asFields(this.#headers())
    // Whose certificate it is to be has nothing to do with the Host that the client has named.
    const servername = isIP(hostname) === 0 ? hostname : ''
    try {
      const send = isSecure ? httpsRequest : httpRequest
      return send({ agent, method, hostname, port, path, headers, ...(isSecure && { servername }) })
    } catch (error) {
      // Node refuses characters that its parser has let through.
      this.#report(400, (error as Error).message)
      this.refuse(400)
      return undefined
    }
  }

  #headers(): Headers {
    const { request, authority } = this.#exchange
    const headers = endToEnd(request.rawHeaders)
    // The body is asked for already.
    headers.delete('expect')
    headers.set('host', [authority])
    addHeaders(headers, this.#settings.headers)
    if (request.headers['transfer-encoding'] !== undefined) {
      headers.delete('content-length')
      headers.set('transfer-encoding', ['chunked'])
    }
    return headers
  }

  #passBody(outgoing: ClientRequest): void {
    const { request } = this.#exchange
    if (this.#isOver) return
    if (!hasBody(request)) {
      this.#sent(outgoing)
      return
    }
    const { timeout, bodyLength } = this.#settings
    const awaitMore = () => this.#duringBody(clientPatience, 408, 'the client sends no more')
    let length = 0
    awaitMore()
    request.on('data', (chunk: Buffer) => {
      if (this.#isOver) return
      length += chunk.length
      if (length > bodyLength) {
        this.#fail(413, 'the body is too long')
      } else if (outgoing.write(chunk)) {
        awaitMore()
      } else {
        request.pause()
        this.#duringBody(timeout, 504, 'the request is not read')
      }
    })
    outgoing.on('drain', () => {
      request.resume()
      awaitMore()
    })
    request.once('end', () => this.#sent(outgoing))
  }

  #duringBody(ms: number, status: number, why: string): void {
    if (!this.#isAnswered) this.#within(ms, status, why)
  }

  #sent(outgoing: ClientRequest): void {
    if (this.#isOver) return
    outgoing.end()
    if (!this.#isAnswered) this.#awaitUpstream()
  }

  #passAnswer(answer: IncomingMessage): void {
    if (this.#isOver) return
    this.#isAnswered = true
    if (!this.#passHead(answer)) return
    const { response } = this.#exchange
    this.#awaitUpstream()
    answer.on('data', (chunk: Buffer) => {
      if (this.#isOver || response.write(chunk)) return
      answer.pause()
      this.#awaitClient()
    })
    response.on('drain', () => {
      answer.resume()
      this.#awaitUpstream()
    })
    answer.once('end', () => {
      this.#awaitClient()
      response.end()
    })
    answer.once('error', (error) => this.#upstreamFailed(error))
  }

  #passHead(answer: IncomingMessage): boolean {
    const { request, response } = this.#exchange
    const status = answer.statusCode ?? 0
    const headers = endToEnd(answer.rawHeaders)
    // There is no body, whatever is said of one (RFC 9110 §8.6).
    if (status === 204) headers.delete('content-length')
    try {
      for (const [name, value] of Object.entries(asFields(headers))) response.setHeader(name, value)
      if (!request.complete) response.setHeader('connection', 'close')
      response.writeHead(status)
      response.flushHeaders()
      return true
    } catch (error) {
      this.#fail(502, (error as Error).message)
      return false
    }
  }

  #awaitUpstream(): void {
    this.#since = this.#settings.clock.now()
    this.#within(this.#left, 504, 'no answer in time')
  }

  #awaitClient(): void {
    this.#left = Math.max(1, this.#left - (this.#settings.clock.now() - this.#since))
    this.#within(clientPatience, 408, 'the client reads no more')
  }

  #within(ms: number, status: number, why: string): void {
    this.#timer?.cancel()
    if (!this.#isOver) this.#timer = this.#settings.clock.after(ms, () => this.#fail(status, why))
  }

  #upstreamFailed(error: Error): void {
    if (!this.#isOver) this.#fail(502, error.message)
  }

  #fail(status: number, why: string): void {
    this.#report(status, why)
    this.refuse(status)
    this.#outgoing?.destroy()
  }

  /** Never with the path, which may hold secrets. */
  #report(status: number, why: string): void {
    this.#settings.report({ what: 'proxy_failed', upstream: this.#where, status, reason: why })
  }

  /** The answer is through, or the client has left. */
  #end(): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#outgoing?.destroy()
  }
}
