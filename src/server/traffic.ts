import type { ClientTraffic, ElementCounts, SessionCounts, TrafficTap } from '../edges/client-traffic.ts'
import type { Metrics } from '../observe/metrics.ts'

const sessionLabels = ['connection_type', 'host_type'] as const

/** What is counted of clients; `typeOf`: the host type of a domain. */
export function clientTraffic(metrics: Metrics, typeOf: (domain: string) => string, tap: TrafficTap): ClientTraffic {
  const known = new Map<string, SessionCounts>()
  const bytesOf = (name: string) => {
    const labels = { connection_type: 'c2s' }
    const counter = (direction: string, text: string) =>
      metrics
        .counter(`${name}_data_${direction}_byte_size`, `Bytes ${text} over ${name.toUpperCase()}`, ['connection_type'])
        .with(labels)
    return { received: counter('in', 'received'), sent: counter('out', 'sent') }
  }
  return {
    tcp: bytesOf('tcp'),
    tls: bytesOf('tls'),
    websocket: {
      received: metrics.counter('websocket_data_received_byte_size', 'Bytes received over WebSocket'),
      sent: metrics.counter('websocket_data_sent_byte_size', 'Bytes sent over WebSocket'),
    },
    tap,
    of(domain) {
      const type = typeOf(domain)
      const before = known.get(type)
      if (before !== undefined) return before
      const labels = { connection_type: 'c2s', host_type: type }
      const counts = {
        incoming: elementCounts(metrics, 'in', labels),
        outgoing: elementCounts(metrics, 'out', labels),
        processed: metrics
          .histogram('c2s_message_processed_time', 'Time to process a stanza of a client, in microseconds', [
            'host_type',
          ])
          .with({ host_type: type }),
      }
      known.set(type, counts)
      return counts
    },
  }
}

function elementCounts(
  metrics: Metrics,
  direction: 'in' | 'out',
  labels: Readonly<Record<(typeof sessionLabels)[number], string>>,
): ElementCounts {
  const verb = direction === 'in' ? 'received' : 'sent'
  const counter = (name: string, what: string) =>
    metrics.counter(`xmpp_element_${direction}_${name}`, `${what} ${verb}`, sessionLabels).with(labels)
  const kind = (name: string, what: string) => ({
    all: counter(`${name}_count`, what),
    errors: counter(`${name}_error_count`, `${what} of type error`),
  })
  return {
    all: counter('count', 'Elements'),
    stanzas: counter('stanza_count', 'Stanzas'),
    errors: counter('error_count', 'Stanzas of type error'),
    kinds: { message: kind('message', 'Messages'), iq: kind('iq', 'IQs'), presence: kind('presence', 'Presences') },
    bytes: metrics
      .histogram(`xmpp_element_${direction}_byte_size`, `Size of elements ${verb}, in bytes`, sessionLabels)
      .with(labels),
  }
}
