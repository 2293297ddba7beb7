import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { allowMethods, HttpError, type HttpExchange, type HttpHandler } from './http-exchange.ts'

/** What is served from where. */
export interface StaticFiles {
  readonly folder: string
  /** Served for the folder itself. */
  readonly index?: string | undefined
  /** Value of `cache-control`; the default has clients ask each time whether the file has changed. */
  readonly cacheControl?: string | undefined
  /** Further headers of every answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Compress text for clients that understand it. */
  readonly compress?: boolean | undefined
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

const compressible = /^(text\/|application\/(json|wasm|manifest)|image\/svg|font\/ttf)/

/**
 * Serves the files of a folder under a route that ends in `[...]`. Nothing outside the folder can be reached, neither by
 * dots nor by encoded slashes nor by links, and no file whose name begins with a dot.
 */
export function staticFiles(options: StaticFiles): HttpHandler {
  let root: Promise<string> | undefined
  return async (exchange) => {
    allowMethods(exchange, 'GET')
    root ??= realpath(options.folder)
    const base = await root.catch(() => {
      root = undefined
      throw new HttpError(404, 'Not found')
    })
    await sendFile(exchange, await locate(base, exchange.rest, options.index), options)
  }
}

interface Found {
  readonly path: string
  readonly size: number
  readonly modified: number
}

async function locate(root: string, segments: readonly string[], index: string | undefined): Promise<Found> {
  const isFolder = segments.length === 0 || (segments.length === 1 && segments[0] === '')
  const names = isFolder && index !== undefined ? [index] : segments
  if (names.length === 0 || !names.every(isFileName)) throw new HttpError(404, 'Not found')
  const path = await realpath(join(root, ...names)).catch(() => undefined)
  const stats = path?.startsWith(root + sep) ? await stat(path).catch(() => undefined) : undefined
  if (path === undefined || !stats?.isFile()) throw new HttpError(404, 'Not found')
  return { path, size: stats.size, modified: Math.floor(stats.mtimeMs) }
}

function isFileName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\0:]/.test(name)
}

async function sendFile({ request, response }: HttpExchange, file: Found, options: StaticFiles): Promise<void> {
  const type = types[extname(file.path).toLowerCase()] ?? 'application/octet-stream'
  const tag = `"${file.size.toString(36)}-${file.modified.toString(36)}"`
  const mayCompress = options.compress === true && compressible.test(type)
  const isCompressed = mayCompress && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const cacheControl = options.cacheControl ?? 'no-cache'
  const headers = { ...options.headers, 'content-type': type, 'cache-control': cacheControl, etag: tag }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (mayCompress) response.setHeader('vary', 'accept-encoding')
  if (isUnchanged(request.headers['if-none-match'], tag)) {
    response.writeHead(304).end()
    return
  }
  response.writeHead(
    200,
    isCompressed ? { 'content-encoding': 'gzip', etag: `W/${tag}` } : { 'content-length': file.size },
  )
  if (request.method === 'HEAD') response.end()
  else await pour(file, response, isCompressed)
}

async function pour(file: Found, response: ServerResponse, isCompressed: boolean): Promise<void> {
  const bytes = file.size === 0 ? Readable.from([]) : createReadStream(file.path, { end: file.size - 1 })
  // A client that leaves in the middle is no error of ours; the response is destroyed then.
  await (isCompressed ? pipeline(bytes, createGzip(), response) : pipeline(bytes, response)).catch(() => {})
}

function isUnchanged(known: string | undefined, tag: string): boolean {
  if (known === undefined) return false
  return known.split(',').some((one) => one.trim().replace(/^W\//, '') === tag || one.trim() === '*')
}
