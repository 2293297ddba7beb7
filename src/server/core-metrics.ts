import type { Gauge, Metrics } from '../observe/metrics.ts'
import { sessionEnds, sessionOpens } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import type { Database, PoolFigures } from '../storage/database.ts'
import type { Undo } from '../util/undo.ts'
import { countAccounts } from './account-metrics.ts'

/** Counts the sessions of a host, and the accounts that are made and removed; what is returned ends that. */
export function countHost(host: Host, metrics: Metrics): Undo[] {
  return [...countSessions(host, metrics), ...countAccounts(host, metrics)]
}

function countSessions(host: Host, metrics: Metrics): Undo[] {
  const labels = { host_type: host.type }
  const names = ['host_type'] as const
  const level = metrics.gauge('sm_session_count', 'Sessions at this moment', names).with(labels)
  const logins = metrics.counter('sm_session_logins', 'Sessions begun', names).with(labels)
  const logouts = metrics.counter('sm_session_logouts', 'Sessions ended', names).with(labels)
  return [
    host.hooks.join(sessionOpens, 'late', { module: 'metrics', handler: () => void logins.inc() }),
    host.hooks.join(sessionEnds, 'late', { module: 'metrics', handler: () => void logouts.inc() }),
    metrics.beforeReading(() => level.set(host.sessions.size - host.sessions.elsewhere)),
  ]
}

/** Shows in the metrics how the database is. */
export function watchHealth(db: Database, metrics: Metrics): void {
  const isHealthy = metrics.gauge('storage_healthy', 'Whether the database takes what is to be stored: 1 or 0')
  const troubles = metrics.counter(
    'storage_troubled_count',
    'How often the database ceased to take what is to be stored',
  )
  isHealthy.set(1)
  db.onHealth((health) => {
    isHealthy.set(health === 'ok' ? 1 : 0)
    if (health === 'troubled') troubles.inc()
  })
}

/** Shows in the metrics what goes over the connections to a database server, under the names of MongooseIM. */
export function watchPool(db: Database, metrics: Metrics): void {
  if (db.pool === undefined) return
  const labels = { pool_tag: 'default' }
  const gauge = (name: string, help: string) =>
    metrics.gauge(`wpool_global_rdbms_stats_${name}`, help, ['pool_tag']).with(labels)
  const shown: readonly (readonly [Gauge, keyof PoolFigures])[] = [
    [gauge('workers', 'Open connections to the database'), 'connections'],
    [gauge('recv_oct', 'Bytes received from the database'), 'received'],
    [gauge('recv_cnt', 'Portions received from the database'), 'reads'],
    [gauge('recv_max', 'Bytes of the largest of them'), 'largestRead'],
    [gauge('send_oct', 'Bytes sent to the database'), 'sent'],
    [gauge('send_cnt', 'Portions sent to the database'), 'writes'],
    [gauge('send_max', 'Bytes of the largest of them'), 'largestWrite'],
    [gauge('send_pend', 'Bytes that the operating system has not taken yet'), 'pending'],
    [
      metrics
        .gauge('wpool_global_queue_lengths_total', 'Requests that wait', ['pool_type', 'pool_tag'])
        .with({ pool_type: 'rdbms', pool_tag: 'default' }),
      'waiting',
    ],
  ]
  metrics.beforeReading(() => {
    const figures = db.pool
    if (figures !== undefined) for (const [level, name] of shown) level.set(figures[name])
  })
}
