import { allowMethods, type HttpRoute, respond } from './http-exchange.ts'

/** The page Prometheus scrapes (text format 0.0.4). `render` gives its text. */
export function metricsRoute(host: string, path: string, render: () => string | Promise<string>): HttpRoute {
  return {
    host,
    path,
    async handle(exchange) {
      allowMethods(exchange, 'GET')
      respond(exchange, 200, 'text/plain; version=0.0.4; charset=utf-8', await render())
    },
  }
}
