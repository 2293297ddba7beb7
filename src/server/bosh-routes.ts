import type { HttpListener } from '../config/schema.ts'
import { boshRoute } from '../edges/bosh/route.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import type { HttpRouteParts } from './http-routes.ts'

type BoshHandlers = NonNullable<HttpListener['handlers']['mongoose_bosh_handler']>

/** The routes of BOSH handlers. Without the service they are there, and tell every client that there is nobody. */
export function boshRoutes(
  handlers: BoshHandlers,
  { config, clientPort, boshTable: table }: HttpRouteParts,
): HttpRoute[] {
  const service = config.services.service_bosh
  return handlers.map((handler) => {
    const { max_body_size: bodyBytes, max_sessions: all, max_sessions_per_address: perAddress } = handler
    const rules = { ...handler, max_stanza_size: Math.min(handler.max_stanza_size, bodyBytes) }
    return boshRoute(handler, {
      table,
      service: clientPort.requests(rules, service?.host_types),
      settings: service && {
        inactivity: service.inactivity,
        maxWait: service.max_wait,
        maxPause: service.max_pause,
        serverAcks: service.server_acks,
      },
      limits: { bodyBytes, sessions: { all, perAddress } },
    })
  })
}
