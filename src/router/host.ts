import type { Accounts } from '../auth/accounts.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { AccessRules } from '../config/acl.ts'
import type { Config } from '../config/schema.ts'
import type { HookTable } from '../hooks/hook-table.ts'
import type { Clock } from '../util/clock.ts'
import type { FeatureList } from './feature-list.ts'
import type { IqRegistry } from './iq-registry.ts'
import type { Router } from './router.ts'
import type { SessionTable } from './session-table.ts'

/** What is the same for every domain of one host type: its modules' handlers, its accounts, its sessions. */
export interface Host {
  /** Name of the host type; for a static domain, the domain. */
  readonly type: string
  /** The domains it serves at this moment. */
  readonly domains: ReadonlySet<string>
  readonly hooks: HookTable
  readonly iq: IqRegistry
  readonly accounts: Accounts
  readonly sessions: SessionTable
  readonly router: Router
  /** The other nodes of this server. */
  readonly cluster: Cluster
  readonly clock: Clock
  readonly config: Config
  /** The configured access rules. */
  readonly access: AccessRules
  /** Features of the domain and of accounts that are not namespaces of IQ handlers. */
  readonly features: { readonly server: FeatureList; readonly account: FeatureList }
}
