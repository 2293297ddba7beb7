import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../util/clock.ts'
import { CallFailed } from './call-slots.ts'
import { type ClientTlsTable, clientTls } from './client-tls.ts'

export interface Http2ClientOptions {
  /** `https://name` or `https://name:port`. */
  readonly origin: string
  readonly tls?: ClientTlsTable | undefined
  /** Milliseconds for the answer to a request, connecting included. */
  readonly requestTimeout: number
  readonly clock: Clock
}

export interface Http2Call {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Http2Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** No service that we ask says more. */
const maxBody = 1 << 16

/** Posts to one HTTP/2 server over one connection, which is made when it is needed and anew when it is lost. */
export class Http2Client {
  readonly #options: Http2ClientOptions
  readonly #tls: ConnectionOptions
  #session: ClientHttp2Session | undefined
  /** Those that are not over yet, the current one among them. */
  readonly #sessions = new Set<ClientHttp2Session>()

  private constructor(options: Http2ClientOptions, tls: ConnectionOptions) {
    this.#options = options
    this.#tls = tls
  }

  /** Reads the files that TLS needs; connects to nobody yet. */
  static async open(options: Http2ClientOptions): Promise<Http2Client> {
    return new Http2Client(options, await clientTls(options.tls))
  }

  /** Posts. Rejects with CallFailed when that cannot be done, is not answered in time, or the answer is too long. */
  post({ path, headers, body }: Http2Call): Promise<Http2Answer> {
    const session = this.#connected()
    return new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': path, ...headers })
      const fail = (error: unknown) => {
        stream.close(constants.NGHTTP2_CANCEL)
        reject(error instanceof CallFailed ? error : new CallFailed(`HTTP/2: ${String(error)}`, { cause: error }))
      }
      const timer = this.#options.clock.after(this.#options.requestTimeout, () => {
        // A connection that says nothing may be dead: the next request has another.
        this.#forget(session)
        fail(new CallFailed('no answer in time'))
      })
      let answer: IncomingHttpHeaders = {}
      let text = ''
      stream.setEncoding('utf8')
      stream.once('response', (headers) => {
        answer = headers
      })
      stream.on('data', (chunk: string) => {
        text += chunk
        if (text.length > maxBody) fail(new CallFailed('the answer is too long'))
      })
      stream.once('error', fail)
      stream.once('close', () => {
        timer.cancel()
        const status = Number(answer[':status'] ?? 0)
        if (status === 0) fail(new CallFailed('the connection ended'))
        else resolve({ status, headers: answer, body: text })
      })
      stream.end(body)
    })
  }

  /** Ends the connections. */
  close(): void {
    for (const session of this.#sessions) session.destroy()
    this.#session = undefined
  }

  #connected(): ClientHttp2Session {
    const before = this.#session
    if (before !== undefined && !before.closed && !before.destroyed) return before
    const session = connect(this.#options.origin, this.#tls)
    session.unref()
    // What goes wrong is told to each request.
    session.on('error', () => this.#forget(session))
    session.once('goaway', () => this.#forget(session))
    session.once('close', () => {
      this.#sessions.delete(session)
      this.#forget(session)
    })
    this.#sessions.add(session)
    this.#session = session
    return session
  }

  /** Requests that are under way end as they may; new ones have another connection. */
  #forget(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined
    if (session.closed || session.destroyed) return
    session.close()
    // A dead connection would wait for the end of its requests for ever.
    this.#options.clock.after(this.#options.requestTimeout, () => session.destroy())
  }
}
