import type { HttpListener } from '../config/schema.ts'
import type { BoshTable } from '../edges/bosh/bosh-table.ts'
import { httpUploadApi } from '../modules/http-upload/api.ts'
import { healthRoute, type Readiness } from '../net/health.ts'
import { hostMetaRoutes } from '../net/host-meta.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import { metricsRoute } from '../net/metrics-page.ts'
import { uploadRoute } from '../net/upload-route.ts'
import { webchatRoutes } from '../net/webchat.ts'
import { webSocketRoute } from '../net/websocket.ts'
import type { Router } from '../router/router.ts'
import { adminApis, descriptionRoutes } from './admin-apis.ts'
import { boshRoutes } from './bosh-routes.ts'
import type { ClientPort } from './client-port.ts'
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

/** The routes of the configured handlers. */
export async function httpRoutes(listener: HttpListener, parts: HttpRouteParts): Promise<MountedRoutes> {
  const { handlers } = listener
  const { config, metrics, clock, log, router } = parts
  const routes: HttpRoute[] = []
  const serves: string[] = []
  for (const handler of handlers.mongoose_websocket_handler ?? []) {
    const { host, path, timeout, ping_rate: pingRate, max_stanza_size: maxFrameBytes } = handler
    const options = { host, path, maxFrameBytes, pingRate, idleTimeout: timeout, origins: '*' as const, clock }
    routes.push(webSocketRoute({ ...options, report: (event) => log.info(event) }, parts.clientPort.frames(handler)))
    serves.push(`WebSocket ${path}`)
  }
  const bosh = boshRoutes(handlers.mongoose_bosh_handler ?? [], parts)
  routes.push(...bosh)
  serves.push(...bosh.map(({ path }) => `BOSH ${path}`))
  const { service_bosh: boshService } = config.services
  const boshPath = boshService && bosh[0]?.path
  const websocketPath = handlers.mongoose_websocket_handler?.[0]?.path
  for (const { host, path } of handlers.webchat_handler ?? []) {
    const settings = () => ({ domain: config.general.default_server_domain, websocketPath, boshPath })
    routes.push(...webchatRoutes({ host, path, settings }))
    serves.push(`web chat ${path}`)
  }
  const uploads = uploadRoutes(listener, parts)
  routes.push(...uploads.routes)
  serves.push(...uploads.serves)
  for (const { host } of handlers.host_meta_handler ?? []) {
    const boshTypes = boshService?.host_types
    routes.push(...hostMeta(host, { listener, router, websocketPath, boshPath, boshTypes }))
    serves.push('host-meta')
  }
  for (const { host, path } of handlers.health_handler ?? []) {
    routes.push(healthRoute(host, path, parts.readiness))
    serves.push(`health ${path}`)
  }
  for (const { host, path } of handlers.mongoose_prometheus_handler ?? []) {
    routes.push(metricsRoute(host, path, () => metrics.text()))
    serves.push(`metrics ${path}`)
  }
  const apis = adminApis(listener, parts)
  routes.push(...apis.flatMap((api) => api.routes))
  serves.push(...apis.map(({ path }) => `admin API ${path}`))
  routes.push(
    ...descriptionRoutes(
      listener,
      apis.flatMap((api) => api.described),
    ),
  )
  const invites = inviteRoutes(handlers, parts)
  const proxies = await proxyRoutes(handlers, parts)
  serves.push(...invites.map(({ path }) => `invitations ${path}`), ...proxies.map(({ path }) => `proxy ${path}`))
  return { routes: besideWebSockets([...routes, ...invites], proxies), serves }
}

function uploadRoutes({ handlers }: HttpListener, { clock, apiOf }: HttpRouteParts): MountedRoutes {
  const mounted = handlers.upload_handler ?? []
  const doorOf = (domain: string) => apiOf(domain, httpUploadApi)?.door
  return {
    routes: mounted.map(({ host, path }) => uploadRoute({ host, path, clock, doorOf })),
    serves: mounted.map(({ path }) => `uploads ${path}`),
  }
}

interface Announced {
  readonly listener: HttpListener
  readonly router: Router
  readonly websocketPath: string | undefined
  readonly boshPath: string | undefined
  /** The host types that can be reached there; all unless given. */
  readonly boshTypes: readonly string[] | undefined
}

/** Tells where the endpoints of this listener are, to who asks for a domain of ours. */
function hostMeta(host: string, announced: Announced): HttpRoute[] {
  const { listener, router, websocketPath, boshPath, boshTypes } = announced
  const [socket, http] = listener.tls === undefined ? ['ws', 'http'] : ['wss', 'https']
  const at = (scheme: string | undefined, domain: string, path: string | undefined) =>
    path === undefined ? [] : [`${scheme}://${domain}:${listener.port}${path}`]
  return hostMetaRoutes(host, (domain) => {
    const type = router.hostOf(domain)?.type
    if (type === undefined) return undefined
    const hasBosh = boshTypes === undefined || boshTypes.includes(type)
    return { websocket: at(socket, domain, websocketPath), bosh: hasBosh ? at(http, domain, boshPath) : [] }
  })
}
