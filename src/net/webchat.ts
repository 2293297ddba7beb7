import { fileURLToPath } from 'node:url'
import { allowMethods, type HttpExchange, type HttpRoute, respond } from './http-exchange.ts'
import { staticFiles } from './static-files.ts'
import { indexPage, startScript } from './webchat-page.ts'

/** What the chat of one host starts with. */
export interface WebchatSettings {
  /** Domain people sign in to with their name alone; without it they type whole addresses. */
  readonly domain?: string | undefined
  /** Path of the WebSocket endpoint on the same host and port. */
  readonly websocketPath?: string | undefined
  /** Path of the BOSH endpoint there, used where there is no WebSocket. */
  readonly boshPath?: string | undefined
  /** Heading of the page. */
  readonly title?: string | undefined
  /** Origins the page may use beside its own, for files that are uploaded elsewhere: `https://upload.example.org`. */
  readonly origins?: readonly string[] | undefined
}

/** Where the web chat is mounted and what it consists of. */
export interface WebchatOptions {
  readonly host: string
  /** For example `/chat`. */
  readonly path: string
  /** Folder made by `tools/copy-webchat.mjs`. */
  readonly folder?: string | undefined
  readonly settings: (host: string) => WebchatSettings
}

// From src/net as well as from dist/net.
const builtFolder = fileURLToPath(new URL('../../dist/webchat', import.meta.url))

/**
 * The bundled web chat (Converse.js), complete without any other host: the policy sent along forbids the browser to ask
 * one, except those the settings name.
 */
export function webchatRoutes(options: WebchatOptions): HttpRoute[] {
  const { host, settings } = options
  const path = options.path.replace(/\/+$/, '')
  const files = staticFiles({
    folder: options.folder ?? builtFolder,
    compress: true,
    headers: { 'cross-origin-resource-policy': 'same-origin' },
  })
  const index = (exchange: HttpExchange) => {
    allowMethods(exchange, 'GET')
    const chosen = settings(exchange.host)
    const { response } = exchange
    response.setHeader('content-security-policy', policy(exchange.authority, chosen.origins ?? []))
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('x-frame-options', 'SAMEORIGIN')
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cache-control', 'no-cache')
    respond(exchange, 200, 'text/html; charset=utf-8', indexPage(`${path}/`, chosen))
  }
  return [
    { host, path, handle: leadTo(`${path}/`) },
    // The encryption library looks for its other half beside the page, not beside itself.
    { host, path: `${path}/${cipher}`, handle: leadTo(`${path}/files/${cipher}`) },
    { host, path: `${path}/`, handle: index },
    {
      host,
      path: `${path}/start.js`,
      handle: (exchange) => respond(exchange, 200, 'text/javascript; charset=utf-8', startScript),
    },
    { host, path: `${path}/files/[...]`, handle: files },
  ]
}

const cipher = 'curve25519_compiled.wasm'

function leadTo(location: string): HttpRoute['handle'] {
  return ({ response }) => {
    response.writeHead(308, { location, 'content-length': 0 }).end()
  }
}

/** What the browser may load and where it may connect (Content Security Policy). */
function policy(authority: string, origins: readonly string[]): string {
  // 'self' does not cover ws: in every browser, so the own host is named as well.
  const sockets = /^[\w.:[\]-]+$/.test(authority) ? ` ws://${authority} wss://${authority}` : ''
  const others = origins.filter((origin) => /^https?:\/\/[\w.:[\]-]+$/.test(origin)).map((origin) => ` ${origin}`)
  const also = others.join('')
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    `img-src 'self' data: blob:${also}`,
    `media-src 'self' data: blob:${also}`,
    `connect-src 'self' data: blob:${sockets}${also}`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; ')
}
