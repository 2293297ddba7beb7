import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** Told that somebody has met a limit: which, and who it was, as fields of a log line. */
export type LimitReached = (limit: string, fields: Readonly<Record<string, unknown>>) => void

/** Counts limits that are met, by host type, and writes a line for each time. */
export function limitReports(metrics: Metrics, log: Logger, hostType: string): LimitReached {
  const counter = metrics.counter('limit_reached_count', 'How often somebody met a limit', ['host_type', 'limit'])
  return (limit, fields) => {
    counter.with({ host_type: hostType, limit }).inc()
    log.info({ what: `${limit}_limit_reached`, ...fields })
  }
}
