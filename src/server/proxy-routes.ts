import type { HttpListener } from '../config/schema.ts'
import { revproxyApi } from '../modules/revproxy/api.ts'
import { clientTls } from '../net/client-tls.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import type { ProxyRequest } from '../net/proxy-request.ts'
import { reverseProxyRoute, type Upstream } from '../net/reverse-proxy.ts'
import { asksForXmpp } from '../net/websocket.ts'
import type { ListenerParts } from './port.ts'

type Parts = Pick<ListenerParts, 'clock' | 'log' | 'modules'>

/** The reverse proxies of a listener. Rejects when a file that TLS needs cannot be read. */
export async function proxyRoutes(handlers: HttpListener['handlers'], parts: Parts): Promise<HttpRoute[]> {
  const routes: HttpRoute[] = []
  for (const handler of handlers.mod_revproxy ?? []) {
    const { host, path, timeout, body_length: bodyLength, custom_headers: headers } = handler
    const options = { host, path, timeout, bodyLength, headers, clock: parts.clock }
    const find = (request: ProxyRequest) => upstreamOf(request, parts.modules)
    const report = (event: { what: string }) => parts.log.info(event)
    routes.push(reverseProxyRoute({ ...options, find, report, tls: await clientTls(handler.tls) }))
  }
  return routes
}

/** The rules of the host that is asked for come first, then those of the others. */
function upstreamOf(request: ProxyRequest, modules: ListenerParts['modules']): Upstream | undefined {
  const own = modules.of(request.authority.toLowerCase().replace(/:\d*$/, ''))
  const others = modules.running.filter((each) => each !== own)
  for (const each of own === undefined ? others : [own, ...others]) {
    const upstream = each.modules.find(revproxyApi)?.find(request)
    if (upstream !== undefined) return upstream
  }
  return undefined
}

/** Adds proxies to routes. One on the path of XMPP over WebSocket gets all that does not ask for that. */
export function besideWebSockets(routes: readonly HttpRoute[], proxies: readonly HttpRoute[]): HttpRoute[] {
  const shared = new Set<HttpRoute>()
  const merged = routes.map((route) => {
    const proxy = proxies.find(({ host, path }) => host === route.host && path === route.path)
    if (proxy === undefined || route.upgrade === undefined) return route
    shared.add(proxy)
    return eitherOf(route, proxy)
  })
  return [...merged, ...proxies.filter((proxy) => !shared.has(proxy))]
}

function eitherOf(webSocket: HttpRoute, proxy: HttpRoute): HttpRoute {
  return {
    ...proxy,
    upgrade(info, socket, head) {
      const chosen = asksForXmpp(info.request) ? webSocket : proxy
      chosen.upgrade?.(info, socket, head)
    },
  }
}
