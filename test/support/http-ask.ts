import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

/** What a request has besides its line. */
export interface Ask {
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | undefined
}

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown
}

/** Sends one request, such as `GET /api/things`, over a connection of its own. */
export async function ask(port: number, line: string, { headers = {}, body }: Ask = {}): Promise<HttpAnswer> {
  const [method = '', path = ''] = line.split(' ')
  // Node sends bodies of DELETE without a length otherwise.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const all = { ...length, ...headers }
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers: all, agent: false })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString()
  const isJson = String(response.headers['content-type']).startsWith('application/json')
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: text,
    json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
  }
}

/** The header of Basic credentials, `name:password`. */
export function basic(credentials: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}
