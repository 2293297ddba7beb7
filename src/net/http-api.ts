import type { Report } from './connection.ts'
import type { Gate } from './http-credentials.ts'
import { HttpError, type HttpExchange, type HttpRoute, readBody, respond, respondJson } from './http-exchange.ts'

/** Largest body that an API takes, in bytes. */
const largestBody = 1 << 20

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export type ApiMethod = (typeof methods)[number]

/** An answer: with a value as JSON, with a text, or with a status alone. */
export interface ApiAnswer {
  readonly status: number
  readonly json?: unknown
  readonly text?: string
  /** Type of the text, `text/plain` unless given. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request of somebody who may make it. */
export interface ApiRequest<Caller> extends HttpExchange {
  readonly caller: Caller
  /** The body; undefined where there is none. Throws 400 for what is not JSON, 413, and 415 for what does not say that it is. */
  json(): Promise<unknown>
}

/** Answers a request; undefined where it has written to the response itself, as streams do. */
export type ApiHandler<Caller> = (request: ApiRequest<Caller>) => Promise<ApiAnswer | undefined>

/** What is under one path. */
export interface ApiResource<Caller> {
  /** Pattern below the path of the API, as in `HttpRoute`. Without methods it answers 404 to those who may ask. */
  readonly path: string
  readonly methods: Readonly<Partial<Record<ApiMethod, ApiHandler<Caller>>>>
  /** While this says no, it is as if there were nothing. */
  readonly isThere?: (() => boolean) | undefined
}

/** Which pages of other origins may use an API. */
export interface CorsPolicy {
  /** With credentials that the browser knows, not only with those that the page does. */
  readonly credentials: boolean
  /** None after all: who asks without being a page is told the methods, as MongooseIM does. */
  readonly refusesPages?: boolean | undefined
}

/** One HTTP API at its place. */
export interface HttpApi<Caller> {
  readonly host: string
  /** What all paths begin with. */
  readonly path: string
  readonly gate: Gate<Caller>
  /** Which pages of other origins may use it; none unless given. */
  readonly cors?: CorsPolicy | undefined
  /** The answer to what a handler or the gate has thrown; undefined: as usual, which is the reason as a string of JSON. */
  readonly failure?: ((error: unknown) => ApiAnswer | undefined) | undefined
  /** Is told what is our own fault, which is answered with 500. */
  readonly report: Report
}

/** Whatever else is below the path of an API. */
export const anythingElse: ApiResource<unknown> = { path: '/[...]', methods: {} }

/** The routes of an API: credentials come before everything but `OPTIONS`, then method and handler. */
export function apiRoutes<Caller>(api: HttpApi<Caller>, resources: readonly ApiResource<Caller>[]): HttpRoute[] {
  const prefix = api.path.replace(/\/+$/, '')
  return resources.map((resource) => ({
    host: api.host,
    path: `${prefix}${resource.path}`,
    handle: async (exchange) => {
      const answer = await answerOf(api, resource, exchange)
      if (answer !== undefined) write(exchange, answer)
    },
  }))
}

async function answerOf<Caller>(
  api: HttpApi<Caller>,
  resource: ApiResource<Caller>,
  exchange: HttpExchange,
): Promise<ApiAnswer | undefined> {
  const { request } = exchange
  const allowed = methodsOf(resource)
  try {
    if (api.cors !== undefined) permitOrigins(exchange, api.cors, allowed)
    if (request.method === 'OPTIONS' && allowed.length > 0) {
      return { status: 200, headers: { allow: allowed.join(', ') } }
    }
    const caller = await api.gate(exchange)
    if (allowed.length === 0) throw new HttpError(404, 'Not found')
    const handle = handlerOf(resource, request.method)
    if (handle === undefined) throw new HttpError(405, 'Method not allowed', { allow: allowed.join(', ') })
    return await handle({ ...exchange, caller, json: () => readJson(exchange) })
  } catch (error) {
    return failed(api, exchange, error)
  }
}

/** The methods of a resource, with `OPTIONS`. */
function methodsOf(resource: ApiResource<never>): string[] {
  const own = resource.isThere?.() === false ? [] : methods.filter((name) => resource.methods[name] !== undefined)
  return own.length === 0 ? [] : [...own, 'OPTIONS']
}

function handlerOf<Caller>(resource: ApiResource<Caller>, method: string | undefined): ApiHandler<Caller> | undefined {
  const name = methods.find((known) => known === (method === 'HEAD' ? 'GET' : method))
  return name === undefined ? undefined : resource.methods[name]
}

/** Tells browsers that pages of any origin may ask; what is asked without one is no page. */
function permitOrigins(
  { request, response }: HttpExchange,
  { credentials, refusesPages }: CorsPolicy,
  allowed: readonly string[],
): void {
  const { origin } = request.headers
  response.setHeader('vary', 'origin')
  if (origin === undefined ? request.method !== 'OPTIONS' : refusesPages === true) return
  response.setHeader('access-control-allow-origin', origin ?? '*')
  response.setHeader('access-control-allow-methods', allowed.join(', '))
  response.setHeader('access-control-allow-headers', 'authorization, content-type')
  if (credentials && origin !== undefined) response.setHeader('access-control-allow-credentials', 'true')
}

/** The body of a request as JSON; undefined where there is none. Throws 400, 413 and 415. */
async function readJson({ request }: HttpExchange): Promise<unknown> {
  const { headers } = request
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  if (isEmpty) return undefined
  const isJson = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '')
  if (!isJson || headers['content-encoding'] !== undefined)
    throw new HttpError(415, 'The body must be application/json')
  const body = await readBody(request, largestBody)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
  } catch (cause) {
    throw notJson(cause)
  }
}

function notJson(cause: unknown): HttpError {
  return new HttpError(400, 'The body is not JSON', {}, { cause })
}

function failed<Caller>(api: HttpApi<Caller>, exchange: HttpExchange, error: unknown): ApiAnswer | undefined {
  const { request, response, path } = exchange
  // A body nobody reads would be taken for the next request.
  if (!request.complete && !response.headersSent) response.setHeader('connection', 'close')
  const answer = failureOf(api, error)
  if (answer === undefined) api.report({ what: 'http_handler_failed', path, error })
  if (!response.headersSent) return answer ?? failureOf(api, new HttpError(500, 'Internal error'))
  response.destroy()
  return undefined
}

function failureOf<Caller>({ failure }: HttpApi<Caller>, error: unknown): ApiAnswer | undefined {
  const own = failure?.(error)
  if (own !== undefined || !(error instanceof HttpError)) return own
  return { status: error.status, json: error.message, headers: error.headers }
}

function write(exchange: HttpExchange, { status, json, text, type, headers = {} }: ApiAnswer): void {
  const { response } = exchange
  response.setHeader('cache-control', 'no-store')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (text !== undefined) respond(exchange, status, type ?? 'text/plain; charset=utf-8', text)
  else if (json !== undefined) respondJson(exchange, status, json)
  else response.writeHead(status).end()
}
