import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSignedCertificate } from './certificates.ts'

/** A request as it came. */
export interface SecureRequest {
  readonly version: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** Which connection it came over, counted from 1. */
  readonly connection: number
}

/** What is answered. */
export interface SecureReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

/** A server for HTTP/2 and HTTPS at `localhost` that gathers what it is asked and answers as the test says. */
export class SecureService {
  readonly requests: SecureRequest[] = []
  answerTo: (request: SecureRequest) => SecureReply = () => ({})
  readonly certificate: string
  readonly #folder: string
  readonly #server: Http2SecureServer
  readonly #sessions = new Map<Http2Session, number>()

  private constructor(folder: string, certificate: string, server: Http2SecureServer) {
    this.#folder = folder
    this.certificate = certificate
    this.#server = server
    server.on('session', (session) => void this.#sessions.set(session, this.#sessions.size + 1))
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const got = this.#read(request, Buffer.concat(chunks))
        this.requests.push(got)
        const { status = 200, headers = {}, json } = this.answerTo(got)
        response.writeHead(status, headers)
        response.end(json === undefined ? '' : JSON.stringify(json))
      })
    })
  }

  static async start(): Promise<SecureService> {
    const folder = await mkdtemp(join(tmpdir(), 'meerkat-push-'))
    const { certificate, key } = await selfSignedCertificate(folder, ['localhost'])
    const options = { cert: await readFile(certificate), key: await readFile(key), allowHTTP1: true }
    const service = new SecureService(folder, certificate, createSecureServer(options))
    await new Promise<void>((resolve) => service.#server.listen(0, 'localhost', resolve))
    return service
  }

  get origin(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends the connections of now; who has something to say connects again. */
  dropConnections(): void {
    for (const session of this.#sessions.keys()) session.destroy()
  }

  async stop(): Promise<void> {
    this.dropConnections()
    this.#server.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #read(request: Http2ServerRequest, body: Buffer): SecureRequest {
    const { httpVersion: version, method, url: path, headers } = request
    const session = version === '2.0' ? request.stream.session : undefined
    const connection = session === undefined ? 0 : (this.#sessions.get(session) ?? 0)
    return { version, method, path, headers, body, connection }
  }
}
