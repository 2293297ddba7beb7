import { HttpError, type HttpExchange, type HttpRoute, respond } from '../../net/http-exchange.ts'
import { BoshEndpoint, type EndpointParts } from './endpoint.ts'

const plain = 'text/plain; charset=utf-8'

/** The route of a BOSH endpoint. Pages of every origin may use it, and read its errors. */
export function boshRoute({ host, path }: { host: string; path: string }, parts: EndpointParts): HttpRoute {
  const endpoint = new BoshEndpoint(parts)
  const handle = (exchange: HttpExchange): void | Promise<void> => {
    const { request, response } = exchange
    response.setHeader('access-control-allow-origin', '*')
    switch (request.method) {
      case 'POST':
        return endpoint.post(exchange)
      case 'OPTIONS':
        preflight(exchange)
        break
      case 'GET':
      case 'HEAD':
        respond(exchange, 200, plain, `XMPP over HTTP (BOSH) is spoken here, at ${path}\n`)
        break
      default:
        throw new HttpError(405, 'Use POST request method', { allow: 'POST, OPTIONS, GET' })
    }
  }
  return { host, path, handle }
}

function preflight({ request, response }: HttpExchange): void {
  response.writeHead(200, {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-methods': 'POST, OPTIONS, GET',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '1728000',
    vary: 'origin',
    'content-length': 0,
  })
  response.end()
}
