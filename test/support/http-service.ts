import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What is answered; `never`: nothing at all. */
export type HttpReply = { readonly status?: number; readonly text?: string } | 'never'

/** An HTTP server that gathers what it is asked and answers as the test says. */
export class HttpService {
  readonly requests: HttpRequest[] = []
  answerTo: (request: HttpRequest) => HttpReply = () => ({})
  readonly #waiting = new Set<() => void>()
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const got = { method, path, headers, body: Buffer.concat(chunks) }
      this.requests.push(got)
      const reply = this.answerTo(got)
      if (reply !== 'never') response.writeHead(reply.status ?? 200).end(reply.text ?? '')
      for (const look of this.#waiting) look()
    })
  })

  static async start(): Promise<HttpService> {
    const service = new HttpService()
    await service.run(0)
    return service
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Listens, again after `stop`. */
  async run(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  /** Waits until so many requests have come. */
  async got(count: number): Promise<readonly HttpRequest[]> {
    if (this.requests.length < count) {
      await new Promise<void>((resolve) => {
        const look = () => {
          if (this.requests.length < count) return
          this.#waiting.delete(look)
          resolve()
        }
        this.#waiting.add(look)
      })
    }
    return this.requests
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** An HTTP pool in a configuration. */
export function httpPool(tag: string, origin: string, more = ''): string {
  return `\n[outgoing_pools.http.${tag}.connection]\nhost = "${origin}"\n${more}\n`
}
