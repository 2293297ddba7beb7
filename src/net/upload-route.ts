import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ByteRange } from '../storage/blob-folder.ts'
import type { Clock } from '../util/clock.ts'
import { encodeRfc3986 } from './aws-signature.ts'
import { rangeOf } from './byte-range.ts'
import { allowMethods, HttpError, type HttpExchange, type HttpRoute, withCors } from './http-exchange.ts'

/** What stands in the address of a file, decoded. */
export interface FileAddress {
  readonly domain: string
  readonly token: string
  readonly name: string
}

/** A file that somebody sends. */
export interface IncomingFile {
  readonly address: FileAddress
  /** What the address says besides. */
  readonly query: URLSearchParams
  /** Undefined where the request does not tell it. */
  readonly length: number | undefined
  readonly contentType: string | undefined
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A file that is there. */
export interface ServedFile {
  readonly name: string
  readonly size: number
  readonly contentType: string | undefined
  /** Undefined where it has gone meanwhile. */
  read(range?: ByteRange): Promise<Readable | undefined>
}

/** Takes and gives the files of a domain. */
export interface FileDoor {
  /** Resolves when the file is on disk. Rejects with HttpError for one that may not be there, or for which there is no room. */
  receive(file: IncomingFile): Promise<void>
  find(address: FileAddress): Promise<ServedFile | undefined>
}

export interface UploadRouteOptions {
  /** Host name, or `_` for any. */
  readonly host: string
  /** What every address begins with. */
  readonly path: string
  readonly clock: Clock
  /** Undefined for a domain that keeps no files. */
  doorOf(domain: string): FileDoor | undefined
}

/** Longest silence of somebody who sends a file, in milliseconds. */
const longestSilence = 30_000

/** Files can be kept for that long by who has got them, in seconds: they do not change. */
const maxAge = 86_400

/** Nothing that was uploaded runs in a browser, or in a frame of somebody's page (XEP-0363 §11.1). */
const guarding = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
}

/** What browsers may show by themselves; everything else they are to save. */
const shown = /^(image\/(avif|bmp|gif|jpeg|png|webp)|(audio|video)\/[\w.+-]+|text\/plain)$/

/** Takes and serves uploaded files at `PATH/DOMAIN/TOKEN/NAME`. */
export function uploadRoute({ host, path, clock, doorOf }: UploadRouteOptions): HttpRoute {
  const handle = (exchange: HttpExchange) => {
    for (const [name, value] of Object.entries(guarding)) exchange.response.setHeader(name, value)
    allowMethods(exchange, 'GET', 'PUT')
    const { domain = '', token = '', name = '' } = exchange.params
    const door = doorOf(domain)
    if (door === undefined) throw new HttpError(404, 'Not found')
    const address = { domain, token, name }
    return exchange.request.method === 'PUT' ? take(exchange, door, { address, clock }) : give(exchange, door, address)
  }
  const rules = { origins: '*', methods: ['GET', 'HEAD', 'PUT'], headers: ['content-type', 'range'] } as const
  return {
    host,
    path: `${path.replace(/\/$/, '')}/:domain/:token/:name`,
    isPathSecret: true,
    handle: withCors(rules, handle),
  }
}

async function take(
  { request, response, query }: HttpExchange,
  door: FileDoor,
  { address, clock }: { readonly address: FileAddress; readonly clock: Clock },
): Promise<void> {
  const length = request.headers['content-length']
  await door.receive({
    ...{ address, query },
    length: length === undefined ? undefined : Number(length),
    contentType: request.headers['content-type'],
    bytes: steadily(request, clock),
  })
  response.writeHead(201, { 'content-length': 0 }).end()
}

/** What a client sends, as long as it does send. The request is left as it is, for the answer to be sent. */
async function* steadily(request: IncomingMessage, clock: Clock): AsyncGenerator<Uint8Array> {
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>
  for (;;) {
    const part = await inTime(parts.next(), clock)
    if (part.done === true) return
    yield part.value
  }
}

async function inTime<T>(awaited: Promise<T>, clock: Clock): Promise<T> {
  let timer = { cancel() {} }
  const silence = new Promise<never>((_, reject) => {
    timer = clock.after(longestSilence, () => reject(new HttpError(408, 'Nothing has come for too long')))
  })
  try {
    return await Promise.race([awaited, silence])
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError(400, 'The upload was cut off')
  } finally {
    timer.cancel()
  }
}

async function give({ request, response }: HttpExchange, door: FileDoor, address: FileAddress): Promise<void> {
  const file = await door.find(address)
  if (file === undefined) throw new HttpError(404, 'Not found')
  const tag = `"${address.token}"`
  const isKnown = (header: string | undefined) => header?.split(',').some((one) => [tag, '*'].includes(one.trim()))
  const { 'if-none-match': known, 'if-range': condition, range: wanted } = request.headers
  for (const [name, value] of Object.entries({ ...headersOf(file), etag: tag })) response.setHeader(name, value)
  if (isKnown(known) === true) {
    response.writeHead(304).end()
    return
  }
  const range = condition === undefined || condition === tag ? rangeOf(wanted, file.size) : undefined
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${file.size}`)
    throw new HttpError(416, 'There are no such bytes')
  }
  await pour(file, range, { request, response })
}

async function pour(
  file: ServedFile,
  range: ByteRange | undefined,
  { request, response }: Pick<HttpExchange, 'request' | 'response'>,
): Promise<void> {
  const bytes = await file.read(range)
  if (bytes === undefined) throw new HttpError(404, 'Not found')
  if (range === undefined) response.writeHead(200, { 'content-length': file.size })
  else {
    const { start, end } = range
    response.writeHead(206, {
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${file.size}`,
    })
  }
  if (request.method === 'HEAD') {
    bytes.destroy()
    response.end()
  } else {
    // A client that leaves in the middle is no error of ours; the response is destroyed then.
    await pipeline(bytes, response).catch(() => {})
  }
}

function headersOf({ name, contentType }: ServedFile): Record<string, string> {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isShown = shown.test(type)
  const text = type === 'text/plain' ? `${type}; charset=utf-8` : type
  return {
    'content-type': isShown ? text : 'application/octet-stream',
    'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeRfc3986(name)}`,
    'accept-ranges': 'bytes',
    'cache-control': `max-age=${maxAge}, immutable`,
  }
}
