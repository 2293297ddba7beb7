import type { RabbitObserver } from '../net/rabbit-pool.ts'
import type { Counter, Gauge, Histogram, Metrics } from '../observe/metrics.ts'

/** Counts what a pool of RabbitMQ does, under the names of MongooseIM. `owner`: the host type that it is for; '' for all. */
export function rabbitMetrics(metrics: Metrics, tag: string, owner: string): RabbitObserver {
  const prefix = owner === '' ? 'wpool_global_rabbit' : 'wpool_rabbit'
  const names = owner === '' ? ['pool_tag'] : ['pool_tag', 'host_type']
  const labels = { pool_tag: tag, host_type: owner }
  const counter = (name: string, help: string): Counter =>
    metrics.counter(`${prefix}_${name}`, help, names).with(labels)
  const histogram = (name: string, help: string): Histogram =>
    metrics.histogram(`${prefix}_messages_published_${name}`, help, names).with(labels)
  const active: Gauge = metrics.gauge(`${prefix}_connections_active`, 'Connections at this moment', names).with(labels)
  const opened = counter('connections_opened', 'Connections that were made')
  const closed = counter('connections_closed', 'Connections that have ended')
  const failed = counter('connections_failed', 'Attempts to connect that failed')
  const published = counter('messages_published_count', 'Messages that RabbitMQ has taken')
  const refused = counter('messages_published_failed', 'Messages that RabbitMQ has not taken')
  const late = counter('messages_published_timeout', 'Messages that RabbitMQ has not taken in time')
  const time = histogram('time', 'Time to publish, in microseconds')
  const size = histogram('size', 'Size of what was published, in bytes')
  return {
    connected() {
      opened.inc()
      active.inc()
    },
    disconnected() {
      closed.inc()
      active.dec()
    },
    notConnected: () => failed.inc(),
    published(bytes, micros) {
      published.inc()
      size.observe(bytes)
      time.observe(micros)
    },
    notPublished(isLate, micros) {
      ;(isLate ? late : refused).inc()
      time.observe(micros)
    },
  }
}
