import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { OwnServer } from './own-server.ts'
import { ownServer } from './own-server.ts'

/** The three endpoints of a server, each at a path of its own. */
export type Endpoint = 'admin' | 'domain_admin' | 'user'

/** A request: its credentials as `name:password`, and what is asked. */
export interface Ask {
  readonly as?: string | undefined
  readonly variables?: unknown
  readonly operationName?: string
}

export interface GraphqlError {
  readonly message: string
  readonly path?: readonly string[]
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string }
}

/** An answer as it came. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of all shapes
  readonly data?: any
  readonly errors?: readonly GraphqlError[]
}

/** A whole request over HTTP. */
export interface Plain {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export function basic(credentials: string | undefined): Record<string, string> {
  if (credentials === undefined) return {}
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** What the test servers of GraphQL have, beside their modules. */
export const graphqlListener = (admin = 'username = "admin"\npassword = "sesame"') => `
[[listen.http]]
port = 0
ip_address = "127.0.0.1"

[[listen.http.handlers.mongoose_graphql_handler]]
path = "/admin"
schema_endpoint = "admin"
${admin}

[[listen.http.handlers.mongoose_graphql_handler]]
path = "/domain_admin"
schema_endpoint = "domain_admin"

[[listen.http.handlers.mongoose_graphql_handler]]
path = "/user"
schema_endpoint = "user"
`

/** The credentials of the administrator of the test servers. */
export const adminLogin = 'admin:sesame'

/** The GraphQL API of a test server. */
export class GraphqlServer {
  readonly own: OwnServer

  constructor(tables = '', listener = graphqlListener()) {
    this.own = ownServer(`${listener}${tables}`)
  }

  /** Sends a request and reads the answer. */
  async send({ method = 'GET', path = '/admin', headers = {}, body }: Plain): Promise<Answer> {
    const { hostname, port } = new URL(this.own.server.httpUrl)
    const request = httpRequest({ host: hostname, port, method, path, headers, agent: false })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const parts: Buffer[] = []
    for await (const part of response) parts.push(part as Buffer)
    const text = Buffer.concat(parts).toString()
    const isJson = /json/.test(response.headers['content-type'] ?? '')
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      ...(isJson ? (JSON.parse(text) as object) : {}),
    }
  }

  /** Asks by POST. */
  ask(endpoint: Endpoint, query: string, { as, ...rest }: Ask = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...basic(as) }
    return this.send({ method: 'POST', path: `/${endpoint}`, headers, body: JSON.stringify({ query, ...rest }) })
  }

  /** Asks as the administrator and gives the data; fails where there are errors. */
  async admin(query: string, variables?: unknown) {
    return dataOf(await this.ask('admin', query, { as: adminLogin, variables }))
  }

  /** The same as a user whose password is `secret`. */
  async user(name: string, query: string, variables?: unknown) {
    return dataOf(await this.ask('user', query, { as: `${name}:secret`, variables }))
  }
}

/** The data of an answer without errors. */
export function dataOf({ status, data, errors, text }: Answer) {
  if (status !== 200 || errors !== undefined) throw new Error(`${status} ${text}`)
  return data
}

/** The codes of the errors of an answer. */
export function codesOf({ errors = [] }: Answer): string[] {
  return errors.map(({ extensions }) => extensions.code)
}
