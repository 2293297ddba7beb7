import type { Accounts } from '../auth/accounts.ts'
import type { Hook } from '../hooks/hook.ts'
import type { Answer, Placement } from '../hooks/hook-table.ts'
import type { ServicePools } from '../net/service-pools.ts'
import type { LimitReached } from '../observe/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Host } from '../router/host.ts'
import type { IqHandler } from '../router/iq-registry.ts'
import type { Router } from '../router/router.ts'
import type { SessionTable } from '../router/session-table.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'
import type { ModuleApi } from './api.ts'
import type { CommandRunner } from './command.ts'
import type { ServicePlan } from './subdomain.ts'

/** Registers a handler for an IQ payload; `*` as name takes every payload of the namespace. */
export type RegisterIq = (type: 'get' | 'set', ns: string, name: string, handler: IqHandler) => void

export interface IqContext {
  /** Addressed to the domain. */
  readonly server: RegisterIq
  /** Addressed to the sender's own bare address; `open`: to anybody's. */
  readonly account: RegisterIq & { readonly open: RegisterIq }
}

/** What a module gets for one host type. All that is taken through it is undone when the module stops. */
export interface ModuleContext<O = unknown, T = unknown> {
  readonly name: string
  readonly host: Host
  /** Its options. Those that may change at run time do so in this object: they are read where they are used. */
  readonly options: O
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** To be told when somebody meets a limit of the module: it is logged and counted. */
  readonly limitReached: LimitReached
  readonly db: Database<T>
  readonly accounts: Accounts
  /** Connections to other services. */
  readonly pools: ServicePools
  readonly sessions: SessionTable
  readonly router: Router
  readonly iq: IqContext
  /** The admin commands of the whole server, those of modules among them once it has started. */
  readonly commands: CommandRunner
  /** Joins a slot of a hook. */
  on<E, R>(hook: Hook<E, R>, slot: string, handler: (event: E) => Answer<R>, placement?: Placement): void
  /** Offers an interface to modules that list this one in `needs`. */
  provide<A>(api: ModuleApi<A>, implementation: A): void
  /** The interface of a module listed in `needs`. */
  use<A>(api: ModuleApi<A>): A
  /** The interface of a module that may or may not be there. */
  find<A>(api: ModuleApi<A>): A | undefined
  /** Serves a domain of its own beside each hosted domain, such as `muc.@HOST@`. Throws when that domain is taken. */
  serve(plan: ServicePlan): void
  /** Runs `job` every `ms` milliseconds. */
  every(ms: number, job: () => void): void
  /** Calls this when the module stops. */
  onStop(undo: () => void | Promise<void>): void
}
