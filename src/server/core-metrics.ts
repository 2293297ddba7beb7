import type { Metrics } from '../observe/metrics.ts'
import { sessionEnds, sessionOpens } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import type { Database } from '../storage/database.ts'
import { countAccounts } from './account-metrics.ts'

/** Counts the sessions of a host, and the accounts that are made and removed; the function returned ends that. */
export function countHost(host: Host, metrics: Metrics): () => void {
  const undo = [countSessions(host, metrics), countAccounts(host, metrics)]
  return () => {
    for (const end of undo) end()
  }
}

function countSessions(host: Host, metrics: Metrics): () => void {
  const labels = { host_type: host.type }
  const names = ['host_type'] as const
  const level = metrics.gauge('sm_session_count', 'Sessions at this moment', names).with(labels)
  const logins = metrics.counter('sm_session_logins', 'Sessions begun', names).with(labels)
  const logouts = metrics.counter('sm_session_logouts', 'Sessions ended', names).with(labels)
  const undo = [
    host.hooks.join(sessionOpens, 'late', { module: 'metrics', handler: () => void logins.inc() }),
    host.hooks.join(sessionEnds, 'late', { module: 'metrics', handler: () => void logouts.inc() }),
    metrics.beforeReading(() => level.set(host.sessions.size)),
  ]
  return () => {
    for (const end of undo) end()
  }
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
