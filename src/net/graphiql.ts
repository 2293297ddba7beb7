import { fileURLToPath } from 'node:url'
import { pageStyle, pageText, startScript } from './graphiql-page.ts'
import type { ApiAnswer } from './http-api.ts'
import { type HttpExchange, type HttpRoute, respond } from './http-exchange.ts'
import { staticFiles } from './static-files.ts'

/** Where a GraphQL API is. */
export interface GraphiqlOptions {
  readonly host: string
  /** Path of the API; the files of the page lie under it. */
  readonly path: string
  /** Folder made by `tools/copy-graphiql.mjs`. */
  readonly folder?: string | undefined
}

// From src/net as well as from dist/net.
const builtFolder = fileURLToPath(new URL('../../dist/graphiql', import.meta.url))

/** The page to try a GraphQL API in a browser (GraphiQL), which needs no other host, and may not ask one. */
export function graphiql({ host, path: at, folder = builtFolder }: GraphiqlOptions): {
  readonly page: (exchange: HttpExchange) => Promise<ApiAnswer>
  readonly routes: readonly HttpRoute[]
} {
  const path = at.replace(/\/+$/, '')
  const headers = { 'cross-origin-resource-policy': 'same-origin' }
  const files = staticFiles({ folder, compress: true, headers })
  const page = async () => ({
    status: 200,
    text: pageText(`${path}/graphiql`),
    type: 'text/html; charset=utf-8',
    headers: {
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      vary: 'accept',
    },
  })
  const own = (name: string, type: string, text: string): HttpRoute => ({
    host,
    path: `${path}/graphiql/${name}`,
    handle: (exchange) => respond(exchange, 200, type, text),
  })
  const routes = [
    own('start.js', 'text/javascript; charset=utf-8', startScript),
    own('page.css', 'text/css; charset=utf-8', pageStyle),
    { host, path: `${path}/graphiql/[...]`, handle: files },
  ]
  return { page, routes }
}

/** The page writes styles of its own; scripts are files of ours only. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
