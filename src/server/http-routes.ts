import type { Config, HttpListener } from '../config/schema.ts'
import type { BoshTable } from '../edges/bosh/bosh-table.ts'
import { httpUploadApi } from '../modules/http-upload/api.ts'
import { healthRoute, type Readiness } from '../net/health.ts'
import { hostMetaRoutes } from '../net/host-meta.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import { metricsRoute } from '../net/metrics-page.ts'
import { uploadRoute } from '../net/upload-route.ts'
import { webchatRoutes } from '../net/webchat.ts'
import { webSocketRoute } from '../net/websocket.ts'
import { adminApis, descriptionRoutes } from './admin-apis.ts'
import { boshRoutes } from './bosh-routes.ts'
import { clientApis } from './client-apis.ts'
import type { ClientPort } from './client-port.ts'
import { mountGraphql } from './graphql.ts'
import { inviteRoutes } from './invite-routes.ts'
import type { ListenerParts } from './port.ts'
import { besideWebSockets, proxyRoutes } from './proxy-routes.ts'

export interface HttpRouteParts extends ListenerParts {
  readonly readiness: () => Readiness
  /** The edge for one WebSocket handler. */
  readonly clientPort: ClientPort
  /** Sessions over HTTP requests, which outlive other settings. */
  readonly boshTable: BoshTable
}

/** What is mounted on an HTTP listener, and in a few words what it serves. */
export interface MountedRoutes {
  readonly routes: readonly HttpRoute[]
  readonly serves: readonly string[]
}

/** The routes of the configured handlers. Rejects when a file that TLS of a proxy needs cannot be read. */
export async function httpRoutes(listener: HttpListener, parts: HttpRouteParts): Promise<MountedRoutes> {
  const { handlers } = listener
  const mounted = [
    webSockets(listener, parts),
    named('BOSH', boshRoutes(handlers.mongoose_bosh_handler ?? [], parts)),
    webchats(listener, parts),
    uploadRoutes(listener, parts),
    hostMeta(listener, parts),
    forOperators(listener, parts),
    restApis(listener, parts),
    mountGraphql(handlers.mongoose_graphql_handler, parts),
    named('invitations', inviteRoutes(handlers, parts)),
  ]
  const proxies = await proxyRoutes(handlers, parts)
  const routes = mounted.flatMap((each) => each.routes)
  return {
    routes: besideWebSockets(routes, proxies),
    serves: [...mounted, named('proxy', proxies)].flatMap(({ serves }) => serves),
  }
}

function named(kind: string, routes: readonly HttpRoute[]): MountedRoutes {
  return { routes, serves: routes.map(({ path }) => `${kind} ${path}`) }
}

function webSockets({ handlers }: HttpListener, { clock, log, clientPort }: HttpRouteParts): MountedRoutes {
  const routes = (handlers.mongoose_websocket_handler ?? []).map((handler) => {
    const { host, path, timeout, ping_rate: pingRate, max_stanza_size: maxFrameBytes } = handler
    const options = { host, path, maxFrameBytes, pingRate, idleTimeout: timeout, origins: '*' as const, clock }
    return webSocketRoute({ ...options, report: (event) => log.info(event) }, clientPort.frames(handler))
  })
  return named('WebSocket', routes)
}

/** Where clients in browsers are let in on a listener. */
function entrances({ handlers }: HttpListener, { services }: Config) {
  return {
    websocketPath: handlers.mongoose_websocket_handler?.[0]?.path,
    boshPath: services.service_bosh && handlers.mongoose_bosh_handler?.[0]?.path,
  }
}

function webchats(listener: HttpListener, { config }: HttpRouteParts): MountedRoutes {
  const mounted = listener.handlers.webchat_handler ?? []
  const settings = () => ({ domain: config.general.default_server_domain, ...entrances(listener, config) })
  return {
    routes: mounted.flatMap(({ host, path }) => webchatRoutes({ host, path, settings })),
    serves: mounted.map(({ path }) => `web chat ${path}`),
  }
}

/** What tells operators how the server is. */
function forOperators({ handlers }: HttpListener, { metrics, readiness }: HttpRouteParts): MountedRoutes {
  const health = handlers.health_handler ?? []
  const pages = handlers.mongoose_prometheus_handler ?? []
  return {
    routes: [
      ...health.map(({ host, path }) => healthRoute(host, path, readiness)),
      ...pages.map(({ host, path }) => metricsRoute(host, path, () => metrics.text())),
    ],
    serves: [...health.map(({ path }) => `health ${path}`), ...pages.map(({ path }) => `metrics ${path}`)],
  }
}

/** The REST APIs, and what describes them. */
function restApis(listener: HttpListener, parts: HttpRouteParts): MountedRoutes {
  const [admin, clients] = [adminApis(listener, parts), clientApis(listener, parts)]
  const apis = [...admin, ...clients]
  const described = apis.flatMap((api) => api.described)
  return {
    routes: [...apis.flatMap((api) => api.routes), ...descriptionRoutes(listener, described)],
    serves: [...admin.map(({ path }) => `admin API ${path}`), ...clients.map(({ path }) => `client API ${path}`)],
  }
}

function uploadRoutes({ handlers }: HttpListener, { clock, apiOf }: HttpRouteParts): MountedRoutes {
  const mounted = handlers.upload_handler ?? []
  const doorOf = (domain: string) => apiOf(domain, httpUploadApi)?.door
  return {
    routes: mounted.map(({ host, path }) => uploadRoute({ host, path, clock, doorOf })),
    serves: mounted.map(({ path }) => `uploads ${path}`),
  }
}

/** Tells where the entrances of this listener are, to who asks for a domain of ours (XEP-0156). */
function hostMeta(listener: HttpListener, { config, router }: HttpRouteParts): MountedRoutes {
  const { websocketPath, boshPath } = entrances(listener, config)
  const boshTypes = config.services.service_bosh?.host_types
  const [socket, http] = listener.tls === undefined ? ['ws', 'http'] : ['wss', 'https']
  const at = (scheme: string | undefined, domain: string, path: string | undefined) =>
    path === undefined ? [] : [`${scheme}://${domain}:${listener.port}${path}`]
  const find = (domain: string) => {
    const type = router.hostOf(domain)?.type
    if (type === undefined) return undefined
    const hasBosh = boshTypes === undefined || boshTypes.includes(type)
    return { websocket: at(socket, domain, websocketPath), bosh: hasBosh ? at(http, domain, boshPath) : [] }
  }
  const mounted = listener.handlers.host_meta_handler ?? []
  return { routes: mounted.flatMap(({ host }) => hostMetaRoutes(host, find)), serves: mounted.map(() => 'host-meta') }
}
