import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../storage/database.ts'
import { openDatabase } from '../storage/open.ts'
import type { Clock } from '../util/clock.ts'
import { accountMetrics } from './account-metrics.ts'
import { watchHealth } from './core-metrics.ts'
import { databaseOptions } from './database-options.ts'
import type { LiveConfig } from './live-config.ts'
import { type AllAccounts, openAllAccounts } from './open-accounts.ts'
import type { Opened } from './opened.ts'
import { OutgoingPools } from './outgoing-pools.ts'

/** What stores are opened with. */
export interface StoreParts {
  readonly live: LiveConfig
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly inMemory: boolean
  /** Where what has been opened is noted. */
  readonly opened: Opened
}

/** Where a server keeps what it keeps. */
export interface Stores {
  readonly db: Database
  readonly pools: OutgoingPools
  readonly accounts: AllAccounts
}

/** Opens the database, the connections to other services, and the accounts. */
export async function openStores({ live, clock, log, metrics, inMemory, opened }: StoreParts): Promise<Stores> {
  const db = await openDatabase(
    inMemory ? { kind: 'sqlite', file: ':memory:', log, clock } : databaseOptions(live.current, clock, log),
  )
  opened.push(() => db.close())
  watchHealth(db, metrics)
  const pools = new OutgoingPools({ live, clock, log, metrics })
  opened.push(() => pools.close())
  const accounts = await openAllAccounts(live, { db, clock, log, pools, observer: accountMetrics(metrics) })
  opened.push(() => accounts.close())
  return { db, pools, accounts }
}
