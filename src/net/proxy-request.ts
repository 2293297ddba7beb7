import type { IncomingMessage } from 'node:http'
import type { HttpRequestInfo } from './http-exchange.ts'

/** A request as rules look at it. */
export interface ProxyRequest {
  readonly method: string
  /** Host as the client named it, with its port. */
  readonly authority: string
  /** As it was sent, without the query. */
  readonly path: string
  /** As it was sent, with the question mark; empty where there is none. */
  readonly query: string
}

/** Whether a request has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * The status for a request that is not passed on to anybody: what two servers might read in two ways, what leads out of the
 * path that is served, and TRACE, which would show the client what is added on the way.
 */
export function refusalOf({ request, path, authority }: HttpRequestInfo): number | undefined {
  if (request.method === 'TRACE') return 501
  const coding = request.headers['transfer-encoding']
  if (coding !== undefined && request.httpVersion === '1.0') return 400
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 501
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  const isClear = hosts.length < 2 && isAuthority(authority) && !(request.url ?? '').includes('#')
  return isClear && !hasDotSegment(path) ? undefined : 400
}

/** A host with or without a port; empty, as clients of HTTP/1.0 may leave it out. */
function isAuthority(text: string): boolean {
  return /^(\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i.test(text)
}

/** `.` and `..`, plain or encoded, as they lead elsewhere (RFC 3986 §5.2.4); separators of any server are looked at. */
function hasDotSegment(path: string): boolean {
  return path.split(/[/\\;]|%2f|%5c|%3b/i).some((part) => /^(\.|%2e){1,2}$/i.test(part))
}

/** What rules look at. */
export function proxyRequest({ request, path, authority }: HttpRequestInfo): ProxyRequest {
  const target = request.url ?? ''
  const mark = target.indexOf('?')
  return { method: request.method ?? '', authority, path, query: mark < 0 ? '' : target.slice(mark) }
}
