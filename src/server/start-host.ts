import type { Accounts } from '../auth/accounts.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { AccessRules, type AccessTables } from '../config/acl.ts'
import type { Config } from '../config/schema.ts'
import { HookTable } from '../hooks/hook-table.ts'
import type { CommandRunner } from '../module/command.ts'
import type { AnyModule } from '../module/define.ts'
import { ModuleHost } from '../module/module-host.ts'
import { startOrder } from '../module/start-order.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { FeatureList } from '../router/feature-list.ts'
import type { Host } from '../router/host.ts'
import { IqRegistry } from '../router/iq-registry.ts'
import { isPassing } from '../router/refusal.ts'
import type { Router } from '../router/router.ts'
import { SessionTable } from '../router/session-table.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { StreamError } from '../stanza/stream-error.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'
import type { LiveConfig } from './live-config.ts'
import type { OutgoingPools } from './outgoing-pools.ts'
import { watchPassingAccounts } from './passing-accounts.ts'
import { shareSessions } from './share-sessions.ts'

/** What every host of a server shares. */
export interface HostParts {
  readonly live: LiveConfig
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly db: Database
  readonly router: Router
  readonly cluster: Cluster
  readonly pools: OutgoingPools
  /** The accounts of a host type. */
  accountsOf(hostType: string): Accounts
  /** The modules that exist. */
  readonly modules: readonly AnyModule[]
  readonly commands: CommandRunner
}

/** A host and the modules that run on it. */
export interface RunningHost {
  readonly host: Host
  /** The domains that it serves: what `host.domains` shows. */
  readonly domains: Set<string>
  readonly modules: ModuleHost
  /** Other nodes hear no more of its sessions. */
  stopSharing(): void
}

/** A host type, the domains that it serves from the start, and the modules that run on it, in the order of their needs. */
export interface HostPlan {
  readonly type: string
  readonly domains: readonly string[]
  readonly wanted: readonly WantedModule[]
}

/** Starts a host type: its sessions, its hooks, its modules. Rejects with what a module threw; then nothing is left running. */
export async function startHost({ type, domains: first, wanted }: HostPlan, parts: HostParts): Promise<RunningHost> {
  const { live, clock, metrics, db, router } = parts
  const config = live.of(type)
  const log = parts.log.child({ host_type: type })
  const domains = new Set(first)
  const failures = metrics.counter('hook_failure_count', 'Handlers that threw', ['hook', 'module'])
  const hooks = new HookTable(({ hook, module, error }) => {
    // A module that refuses a stanza, or a stream, has not failed.
    if (error instanceof StanzaError || error instanceof StreamError) return
    failures.with({ hook, module }).inc()
    // The database has raised its own alarm, once.
    if (isPassing(error)) return
    log.error({ what: 'hook_failed', hook, module, reason: error })
  })
  const host: Host = {
    type,
    domains,
    hooks,
    iq: new IqRegistry(),
    accounts: parts.accountsOf(type),
    sessions: new SessionTable(),
    router,
    cluster: parts.cluster,
    clock,
    get config() {
      return live.of(type)
    },
    access: new AccessRules(accessTables(config, router)),
    features: { server: new FeatureList(), account: new FeatureList() },
  }
  watchPassingAccounts(host)
  const modules = new ModuleHost({ host, db, log, metrics, commands: parts.commands, pools: parts.pools.of(type) })
  const onFailure = (error: unknown) => log.error({ what: 'session_sharing_failed', reason: error })
  const stopSharing = host.cluster.isShared ? await shareSessions(host, onFailure) : () => {}
  try {
    await modules.startAll(wanted)
  } catch (error) {
    stopSharing()
    throw error
  }
  router.addHost(host)
  return { host, domains, modules, stopSharing }
}

/** What the access rules of a host are made from. */
export function accessTables({ acl, access }: Config, router: Router): AccessTables {
  return { acl, access, isHosted: (domain) => router.hostOf(domain) !== undefined }
}

/** A module that is to run, and its options. */
export interface WantedModule {
  readonly declaration: AnyModule
  readonly options: Readonly<Record<string, unknown>>
}

/** The configured modules, and those that they need, with defaults, in the order of their needs. Throws for a cycle or a missing one. */
export function wantedModules(config: Config, modules: readonly AnyModule[]): WantedModule[] {
  const byName = new Map(modules.map((declaration) => [declaration.name, declaration]))
  const names = new Set(Object.keys(config.modules))
  for (const name of names) for (const need of byName.get(name)?.needs ?? []) names.add(need)
  return startOrder(modules.filter(({ name }) => names.has(name))).map((declaration) => ({
    declaration,
    options: config.modules[declaration.name] ?? declaration.options.parse({}),
  }))
}
