import type { Report } from '../net/connection.ts'
import type { ListenerParts } from './port.ts'

/** Logs what happens on a port, and counts the limits that are met under this name. */
export function limitWatch({ log, metrics }: ListenerParts, name: string, help: string): Report {
  const limits = metrics.counter(name, help, ['limit'])
  return (event) => {
    const [, limit] = /^(.*)_limit_reached$/.exec(event.what) ?? []
    if (limit !== undefined) limits.with({ limit }).inc()
    log.info(event)
  }
}
