import type { AccountsObserver } from '../auth/accounts-observer.ts'
import type { Metrics } from '../observe/metrics.ts'
import { userRegistered, userRemoved } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import type { Router } from '../router/router.ts'
import type { Undo } from '../util/undo.ts'
import { hostTypeLabel } from './host-type-label.ts'

const names = ['host_type'] as const

/** Counts and times what is asked of the accounts, by host type. */
export function accountMetrics(metrics: Metrics, router: Router): AccountsObserver {
  return {
    async measure(operation, domain, work) {
      const labels = { host_type: hostTypeLabel(router, domain) }
      metrics.counter(`auth_${operation}_count`, `How often accounts did ${operation}`, names).with(labels).inc()
      const begun = performance.now()
      try {
        return await work()
      } finally {
        const time = metrics.histogram(`auth_${operation}_time`, `Time of ${operation}, in microseconds`, names)
        time.with(labels).observe((performance.now() - begun) * 1000)
      }
    },
  }
}

/** Counts the accounts of a host that are made and removed; what is returned ends that. */
export function countAccounts(host: Host, metrics: Metrics): Undo[] {
  const labels = { host_type: host.type }
  const kind = host.accounts.hasPassingAccounts ? 'anonymous_' : ''
  const counter = (name: string, help: string) =>
    metrics.counter(`auth_${kind}${name}_user_count`, help, names).with(labels)
  const made = counter('register', 'Accounts made')
  const removed = counter('unregister', 'Accounts removed')
  return [
    host.hooks.join(userRegistered, 'main', { module: 'metrics', handler: () => void made.inc() }),
    host.hooks.join(userRemoved, 'forget', { module: 'metrics', handler: () => void removed.inc() }),
  ]
}
