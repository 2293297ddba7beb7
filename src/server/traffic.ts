import {
  type ByteCounts,
  type ClientTraffic,
  ElementCounts,
  SessionTraffic,
  type TrafficTap,
} from '../edges/client-traffic.ts'
import type { Metrics } from '../observe/metrics.ts'

type Labels = Readonly<Record<'connection_type' | 'host_type', string>>
const kinds = ['message', 'iq', 'presence'] as const

/** What is counted of clients; `typeOf`: the host type of a domain. */
export function clientTraffic(metrics: Metrics, typeOf: (domain: string) => string, tap: TrafficTap): ClientTraffic {
  const known = new Map<string, SessionTraffic>()
  return {
    ...byteCounts(metrics, 'c2s'),
    websocket: {
      received: metrics.counter('websocket_data_received_byte_size', 'Bytes received over WebSocket'),
      sent: metrics.counter('websocket_data_sent_byte_size', 'Bytes sent over WebSocket'),
    },
    bosh: {
      received: metrics.counter('bosh_data_received_byte_size', 'Bytes received over BOSH'),
      sent: metrics.counter('bosh_data_sent_byte_size', 'Bytes sent over BOSH'),
    },
    of(domain) {
      const type = typeOf(domain)
      const before = known.get(type)
      if (before !== undefined) return before
      const labels = { connection_type: 'c2s', host_type: type }
      const [incoming, outgoing] = [elementCounts(metrics, 'in', labels), elementCounts(metrics, 'out', labels)]
      const text = 'Time to process a stanza of a client, in microseconds, of one stanza in sixteen'
      const processed = metrics.histogram('c2s_message_processed_time', text, ['host_type']).with({ host_type: type })
      const traffic = new SessionTraffic(incoming, outgoing, processed, tap)
      known.set(type, traffic)
      return traffic
    },
  }
}

/** What goes over connections of one kind, with TLS and without. */
export function byteCounts(
  metrics: Metrics,
  connectionType: 'c2s' | 's2s' | 'component',
): Record<'tcp' | 'tls', ByteCounts> {
  const bytesOf = (name: string) => {
    const counter = (direction: string, text: string) =>
      metrics
        .counter(`${name}_data_${direction}_byte_size`, `Bytes ${text} over ${name.toUpperCase()}`, ['connection_type'])
        .with({ connection_type: connectionType })
    return { received: counter('in', 'received'), sent: counter('out', 'sent') }
  }
  return { tcp: bytesOf('tcp'), tls: bytesOf('tls') }
}

/** What is counted of stanzas on connections of one kind, by the host type that they are for. */
export function elementCountsByType(
  metrics: Metrics,
  connectionType: 's2s' | 'component',
): (hostType: string) => Record<'incoming' | 'outgoing', ElementCounts> {
  const known = new Map<string, Record<'incoming' | 'outgoing', ElementCounts>>()
  return (type) => {
    const before = known.get(type)
    if (before !== undefined) return before
    const labels = { connection_type: connectionType, host_type: type }
    const made = { incoming: elementCounts(metrics, 'in', labels), outgoing: elementCounts(metrics, 'out', labels) }
    known.set(type, made)
    return made
  }
}

/** The counts of one direction, which go into the metrics when those are read. */
function elementCounts(metrics: Metrics, direction: 'in' | 'out', labels: Labels): ElementCounts {
  const verb = direction === 'in' ? 'received' : 'sent'
  const prefix = `xmpp_element_${direction}`
  const names = ['connection_type', 'host_type'] as const
  const size = metrics.histogram(`${prefix}_byte_size`, `Size of elements ${verb}, in bytes`, names)
  const counts = new ElementCounts(size.with(labels))
  const shown: (() => void)[] = []
  const show = (name: string, what: string, read: () => number) => {
    const counter = metrics.counter(`${prefix}_${name}`, `${what} ${verb}`, names).with(labels)
    let before = 0
    shown.push(() => {
      const now = read()
      counter.inc(now - before)
      before = now
    })
  }
  const sum = (numbers: Readonly<Record<string, number>>) => Object.values(numbers).reduce((a, b) => a + b, 0)
  show('count', 'Elements', () => sum(counts.stanzas) + counts.others)
  show('stanza_count', 'Stanzas', () => sum(counts.stanzas))
  show('error_count', 'Stanzas of type error', () => sum(counts.errors))
  for (const kind of kinds) {
    show(`${kind}_count`, `Stanzas (${kind})`, () => counts.stanzas[kind])
    show(`${kind}_error_count`, `Stanzas (${kind}) of type error`, () => counts.errors[kind])
  }
  metrics.beforeReading(() => {
    for (const each of shown) each()
  })
  return counts
}
