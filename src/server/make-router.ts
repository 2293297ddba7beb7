import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { isPassing } from '../router/refusal.ts'
import { Router } from '../router/router.ts'
import type { Clock } from '../util/clock.ts'

/** The router of a server, whose troubles are counted and logged. */
export function makeRouter(clock: Clock, log: Logger, metrics: Metrics): Router {
  const failed = metrics.counter('iq_handler_failed_count', 'IQ requests that could not be processed')
  const noRoute = metrics.counter('router_no_route_found_count', 'Stanzas to domains that nobody serves')
  const names = ['host_type'] as const
  const dropped = metrics.counter('router_stanza_dropped_count', 'Stanzas that a module kept from their way', names)
  const bounced = metrics.counter('sm_message_bounced_count', 'Messages sent back to their senders', names)
  return new Router(clock, {
    dropped: ({ type }) => dropped.with({ host_type: type }).inc(),
    bounced: (host) => bounced.with({ host_type: host?.type ?? '' }).inc(),
    noRoute: (stanza) => {
      noRoute.inc()
      log.debug({ what: 'no_route_found', to_jid: stanza.to?.full })
    },
    failed: ({ error, stanza }) => {
      failed.inc()
      if (isPassing(error)) return
      log.error({ what: 'iq_handler_failed', reason: error, from_jid: stanza.from?.full, stanza_id: stanza.id })
    },
    lost: ({ error, stanza }) => {
      log.error({ what: 'routing_failed', reason: error, to_jid: stanza.to?.full, stanza_id: stanza.id })
    },
  })
}
