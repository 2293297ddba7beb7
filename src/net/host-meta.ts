import { allowMethods, HttpError, type HttpExchange, type HttpRoute, respond, withCors } from './http-exchange.ts'

/** Where a domain can be reached by other means than TCP (XEP-0156); whole addresses. */
export interface AlternativeConnections {
  /** `wss://…` */
  readonly websocket?: readonly string[] | undefined
  /** `https://…` */
  readonly bosh?: readonly string[] | undefined
}

interface Link {
  readonly rel: string
  readonly href: string
}

const relation = 'urn:xmpp:alt-connections:'

/**
 * `/.well-known/host-meta` and `host-meta.json`, readable from pages of every origin. `find` is asked with the host the
 * client named; undefined answers 404.
 */
export function hostMetaRoutes(
  host: string,
  find: (domain: string) => AlternativeConnections | undefined,
): HttpRoute[] {
  const routes: Array<[path: string, send: (exchange: HttpExchange, links: readonly Link[]) => void]> = [
    ['/.well-known/host-meta', sendXml],
    ['/.well-known/host-meta.json', sendJson],
  ]
  return routes.map(([path, send]) => ({
    host,
    path,
    handle: withCors({ origins: '*' }, (exchange) => {
      allowMethods(exchange, 'GET')
      const found = find(exchange.host)
      if (found === undefined) throw new HttpError(404, 'Not found')
      send(exchange, linksOf(found))
    }),
  }))
}

function linksOf({ websocket = [], bosh = [] }: AlternativeConnections): Link[] {
  return [
    ...websocket.map((href) => ({ rel: `${relation}websocket`, href })),
    ...bosh.map((href) => ({ rel: `${relation}xbosh`, href })),
  ]
}

function sendXml(exchange: HttpExchange, links: readonly Link[]): void {
  const lines = links.map(({ rel, href }) => `  <Link rel='${rel}' href='${escapeAttribute(href)}'/>\n`).join('')
  const xrd = `<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n${lines}</XRD>\n`
  respond(exchange, 200, 'application/xrd+xml; charset=utf-8', `<?xml version='1.0' encoding='utf-8'?>\n${xrd}`)
}

function sendJson(exchange: HttpExchange, links: readonly Link[]): void {
  respond(exchange, 200, 'application/json; charset=utf-8', `${JSON.stringify({ links }, undefined, 2)}\n`)
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;')
}
