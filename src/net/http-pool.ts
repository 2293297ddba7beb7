import { type Agent, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Clock } from '../util/clock.ts'
import { CallFailed, CallSlots } from './call-slots.ts'
import { type ClientTlsTable, clientTls } from './client-tls.ts'

export interface HttpPoolOptions {
  /** `http://name:port` or `https://name:port`. */
  readonly origin: string
  /** What every path begins with; a slash at its end may be left out. */
  readonly pathPrefix: string
  /** Most connections. */
  readonly workers: number
  /** Milliseconds for the answer to a request. */
  readonly requestTimeout: number
  /** Milliseconds for a call, waiting for a connection included. */
  readonly callTimeout: number
  readonly maxWaiting?: number | undefined
  readonly tls?: ClientTlsTable | undefined
  readonly clock: Clock
}

export interface HttpCall {
  readonly method: 'GET' | 'POST'
  /** Behind the prefix, with a query if there is one; '' for the prefix as it is written. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** No service that we ask says more. */
const maxBody = 1 << 20

/** A few connections to one HTTP server, kept open between requests. */
export class HttpPool {
  readonly #options: HttpPoolOptions
  readonly #agent: Agent
  readonly #slots: CallSlots
  readonly #prefix: string
  readonly #isSecure: boolean

  private constructor(options: HttpPoolOptions, agent: Agent) {
    const { pathPrefix, workers, callTimeout, maxWaiting, clock } = options
    this.#options = options
    this.#agent = agent
    this.#slots = new CallSlots({ workers, callTimeout, maxWaiting, clock })
    this.#prefix = pathPrefix.endsWith('/') ? pathPrefix : `${pathPrefix}/`
    this.#isSecure = new URL(options.origin).protocol === 'https:'
  }

  /** Reads the files that TLS needs; connects to nobody yet. */
  static async open(options: HttpPoolOptions): Promise<HttpPool> {
    const keep = { keepAlive: true, maxSockets: options.workers }
    const isSecure = new URL(options.origin).protocol === 'https:'
    const agent = isSecure ? new HttpsAgent({ ...keep, ...(await clientTls(options.tls)) }) : new HttpAgent(keep)
    return new HttpPool(options, agent)
  }

  /** How many requests are made at a time. */
  get workers(): number {
    return this.#options.workers
  }

  /** Makes a request. Rejects when it cannot be made, is not answered in time, or the answer is too long. */
  call(call: HttpCall): Promise<HttpAnswer> {
    return this.#slots.run(async (signal) => {
      for (let kept = this.#options.workers; ; kept--) {
        try {
          return await this.#request(call, signal)
        } catch (error) {
          // The server may end a kept connection at the moment it is used again: that says nothing about the request.
          if (!(error instanceof StaleConnection) || kept === 0) throw error
        }
      }
    })
  }

  #request(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    const { origin, pathPrefix, requestTimeout, clock } = this.#options
    return new Promise((resolve, reject) => {
      const send = this.#isSecure ? httpsRequest : httpRequest
      const { method, headers = {}, body = '' } = call
      const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const path = call.path === '' ? pathPrefix : `${this.#prefix}${call.path}`
      const request = send(`${origin}${path}`, {
        agent: this.#agent,
        method,
        headers: { ...headers, ...length },
        signal,
      })
      const timer = clock.after(requestTimeout, () => request.destroy(new CallFailed('no answer in time')))
      request.once('response', (response) => {
        readAnswer(response).then(resolve, reject)
      })
      request.once('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET'
        reject(isStale ? new StaleConnection('connection ended', { cause: error }) : error)
      })
      request.once('close', () => timer.cancel())
      request.end(body)
    })
  }

  /** Ends the connections. */
  close(): void {
    this.#agent.destroy()
  }
}

class StaleConnection extends CallFailed {}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBody) throw new CallFailed('the answer is too long')
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
}
