import { allowMethods, HttpError, type HttpRoute, respondJson } from './http-exchange.ts'

/** Whether the server can be sent work. */
export interface Readiness {
  readonly status: 'starting' | 'started' | 'stopping'
  /** Why it is not ready, in words for an operator. */
  readonly reasons?: readonly string[] | undefined
}

/**
 * Routes for what watches over the process: `PATH` and `PATH/live` answer 200 as long as the event loop turns,
 * `PATH/ready` answers 200 only when work may be sent, else 503 with the reasons.
 */
export function healthRoute(host: string, path: string, readiness: () => Readiness): HttpRoute {
  return {
    host,
    path: `${path.replace(/\/$/, '')}/[:what]`,
    handle(exchange) {
      allowMethods(exchange, 'GET')
      exchange.response.setHeader('cache-control', 'no-store')
      const { what = 'live' } = exchange.params
      if (what === 'live') {
        respondJson(exchange, 200, { status: 'alive' })
      } else if (what === 'ready') {
        const { status, reasons = [] } = readiness()
        const isReady = status === 'started' && reasons.length === 0
        respondJson(exchange, isReady ? 200 : 503, isReady ? { status } : { status, reasons })
      } else {
        throw new HttpError(404, 'Not found')
      }
    },
  }
}

/** `PATH` alone answers like `PATH/ready` of `healthRoute`, for the usual `/ready`. */
export function readyRoute(host: string, path: string, readiness: () => Readiness): HttpRoute {
  const { handle } = healthRoute(host, path, readiness)
  return { host, path, handle: (exchange) => handle({ ...exchange, params: { what: 'ready' } }) }
}
