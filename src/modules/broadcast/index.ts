import { z } from 'zod'
import { dataBackend } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import type { Metrics } from '../../observe/metrics.ts'
import { domainAdded, domainRemoved, domainWithdrawn } from '../../router/events.ts'
import { broadcastApi } from './api.ts'
import { broadcastCommands } from './commands.ts'
import { BroadcastManager, type ManagerCounters } from './manager.ts'
import { BroadcastStore, type BroadcastTables, migrations } from './store.ts'

export default defineModule({
  name: 'mod_broadcast',
  about: 'Sends a message of an administrator to all accounts of a domain, at a rate.',
  xeps: [],
  options: z.strictObject({
    backend: dataBackend('rdbms'),
    lease_time: z
      .int()
      .min(10)
      .default(600)
      .describe('How long a server holds a running broadcast without renewing that, in seconds.'),
  }),
  tables: tables<BroadcastTables>(),
  migrations,
  commands: broadcastCommands,
  setup({ host, on, db, options, log, metrics, provide, every, onStop }) {
    const accounts = host.accounts.withKnownAge()
    if (accounts === undefined) {
      throw new Error('mod_broadcast needs accounts in the database: "internal" or "rdbms" in auth.methods')
    }
    const leaseTime = options.lease_time * 1000
    const store = measured(metrics, 'mod_broadcast_backend', new BroadcastStore(db))
    const counters = countersOf(metrics, host.type)
    const manager = new BroadcastManager({
      host,
      store,
      accounts,
      log,
      counters,
      node: host.cluster.nodeName,
      leaseTime,
    })
    const live = metrics
      .gauge('mod_broadcast_live_jobs_count', 'Broadcasts that run', ['host_type'])
      .with({ host_type: host.type })
    onStop(metrics.beforeReading(() => live.set(manager.live)))
    provide(broadcastApi, manager)
    manager.resume()
    on(domainAdded, 'main', () => manager.resume())
    on(domainWithdrawn, 'main', ({ domain }) => manager.withdraw(domain))
    on(domainRemoved, 'forget', ({ domain }) => manager.forgetDomain(domain))
    every((leaseTime * 2) / 3, () => void manager.renew())
    onStop(() => manager.stop())
  },
})

function countersOf(metrics: Metrics, hostType: string): ManagerCounters {
  const of = (name: string, help: string) =>
    metrics.counter(`mod_broadcast_${name}_count`, help, ['host_type']).with({ host_type: hostType })
  return {
    started: of('jobs_started', 'Broadcasts begun'),
    finished: of('jobs_finished', 'Broadcasts that are through'),
    abortedAdmin: of('jobs_aborted_admin', 'Broadcasts stopped by an administrator'),
    abortedError: of('jobs_aborted_error', 'Broadcasts that failed'),
    processed: of('recipients_processed', 'Accounts that broadcasts have come to'),
    success: of('recipients_success', 'Messages of broadcasts sent'),
    skipped: of('recipients_skipped', 'Accounts that broadcasts could not write to'),
  }
}
