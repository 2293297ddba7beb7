import type { Cluster } from '../cluster/cluster.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Router } from '../router/router.ts'
import type { Database } from '../storage/database.ts'
import { openDatabase } from '../storage/open.ts'
import type { Clock } from '../util/clock.ts'
import { accountMetrics } from './account-metrics.ts'
import { watchHealth, watchPool } from './core-metrics.ts'
import { databaseOptions } from './database-options.ts'
import type { LiveConfig } from './live-config.ts'
import { type AllAccounts, openAllAccounts } from './open-accounts.ts'
import { alone, openCluster } from './open-cluster.ts'
import type { Opened } from './opened.ts'
import { OutgoingPools } from './outgoing-pools.ts'

export interface StoreParts {
  readonly live: LiveConfig
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** Knows what host type a domain is of. */
  readonly router: Router
  readonly inMemory: boolean
  /** Commands on a stopped server: other nodes are not joined. */
  readonly isOffline: boolean
  /** Takes what is opened, so that it is given back. */
  readonly opened: Opened
}

/** What a server keeps things in, and reaches other services by. */
export interface Stores {
  readonly db: Database
  readonly pools: OutgoingPools
  readonly accounts: AllAccounts
  readonly cluster: Cluster
}

/** Opens the database, joins other nodes, then opens what accounts are kept in. What was opened before something failed is in `opened`. */
export async function openStores(parts: StoreParts): Promise<Stores> {
  const { live, clock, log, metrics, router, inMemory, isOffline, opened } = parts
  const db = await openDatabase(
    inMemory ? { kind: 'sqlite', file: ':memory:', log, clock } : databaseOptions(live.current, clock, log),
  )
  opened.push(() => db.close())
  watchHealth(db, metrics)
  watchPool(db, metrics)
  const pools = new OutgoingPools({ live, clock, log, metrics })
  opened.push(() => pools.close())
  const cluster = isOffline ? alone() : await openCluster({ live, clock, log, pools, opened })
  const accounts = await openAllAccounts(live, {
    db,
    clock,
    log,
    pools,
    cluster,
    observer: accountMetrics(metrics, router),
  })
  opened.push(() => accounts.close())
  return { db, pools, accounts, cluster }
}
