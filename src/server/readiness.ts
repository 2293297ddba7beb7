import type { ServerStatus } from '../admin/control.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Readiness } from '../net/health.ts'
import type { Database } from '../storage/database.ts'

/** What has to work for a server to be sent work. */
export interface Needed {
  readonly db: Database
  readonly pools: { readonly troubles: readonly string[] }
  readonly cluster: Cluster
}

/** Whether a server can be sent work. */
export function readinessOf(state: ServerStatus['status'], { db, pools, cluster }: Needed): Readiness {
  const database = db.canAccept() ? [] : ['the database cannot be written']
  return {
    status: state === 'stopped' ? 'stopping' : state,
    reasons: [...database, ...pools.troubles, ...cluster.troubles],
  }
}
