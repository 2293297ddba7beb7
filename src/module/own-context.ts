import type { Accounts } from '../auth/accounts.ts'
import type { ServicePools } from '../net/service-pools.ts'
import { type LimitReached, limitReports } from '../observe/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Host } from '../router/host.ts'
import { type IqPolicy, IqQueue } from '../router/iq-queue.ts'
import type { IqRegistry, IqTarget } from '../router/iq-registry.ts'
import type { Router } from '../router/router.ts'
import type { SessionTable } from '../router/session-table.ts'
import type { Database } from '../storage/database.ts'
import type { Clock } from '../util/clock.ts'
import { repeat } from '../util/repeat.ts'
import type { ModuleApi } from './api.ts'
import type { CommandRunner } from './command.ts'
import type { IqContext, ModuleContext, RegisterIq } from './context.ts'
import type { AnyModule } from './define.ts'
import type { ModuleHostParts, Running } from './module-host.ts'
import { type IqBinder, openServices } from './subdomain.ts'

type Context = ModuleContext<unknown, never>

/**
 * What one module of one host gets. Everything is made when it is asked for: there is one of these for each module of each
 * host, and each module takes a few things of it. What it takes is noted in what is to be undone.
 */
export class OwnContext implements Context {
  readonly #parts: ModuleHostParts
  readonly #running: Running
  readonly #apis: Map<ModuleApi<unknown>, unknown>
  #log: Logger | undefined
  #iq: ModuleIq | undefined

  constructor(parts: ModuleHostParts, running: Running, apis: Map<ModuleApi<unknown>, unknown>) {
    this.#parts = parts
    this.#running = running
    this.#apis = apis
  }

  get name(): string {
    return this.#running.declaration.name
  }

  get host(): Host {
    return this.#parts.host
  }

  get options(): unknown {
    return this.#running.options
  }

  get clock(): Clock {
    return this.host.clock
  }

  get log(): Logger {
    this.#log ??= this.#parts.log.child({ module: this.name })
    return this.#log
  }

  get metrics(): Metrics {
    return this.#parts.metrics
  }

  get limitReached(): LimitReached {
    return limitReports(this.metrics, this.log, this.host.type)
  }

  get db(): Database<never> {
    return this.#parts.db.of<never>()
  }

  get accounts(): Accounts {
    return this.host.accounts
  }

  get pools(): ServicePools {
    return this.#parts.pools
  }

  get sessions(): SessionTable {
    return this.host.sessions
  }

  get router(): Router {
    return this.host.router
  }

  get iq(): IqContext {
    return this.#ownIq.context
  }

  get commands(): CommandRunner {
    return this.#parts.commands
  }

  get on(): Context['on'] {
    const { name, host } = this
    return (hook, slot, handler, placement) => this.#undo(host.hooks.join(hook, slot, { module: name, handler, ...placement }))
  }

  get provide(): Context['provide'] {
    return (api, implementation) => {
      this.#apis.set(api, implementation)
      this.#undo(() => void this.#apis.delete(api))
    }
  }

  get use(): Context['use'] {
    return (api) => used(this.#running.declaration, api, this.#apis)
  }

  get find(): Context['find'] {
    return <A>(api: ModuleApi<A>) => this.#apis.get(api) as A | undefined
  }

  get serve(): Context['serve'] {
    const { host, name: module } = this
    return (plan) => {
      for (const undo of openServices(plan, { host, module, log: this.#parts.log, bind: this.#ownIq.bind })) {
        this.#undo(undo)
      }
    }
  }

  get every(): Context['every'] {
    return (ms, job) => this.#undo(repeat(this.clock, ms, job))
  }

  get onStop(): Context['onStop'] {
    return (stop) => this.#undo(stop)
  }

  get #ownIq(): ModuleIq {
    this.#iq ??= iqOf(this.host, this.#running)
    return this.#iq
  }

  #undo(undo: () => void | Promise<void>): void {
    this.#running.undo.push(undo)
  }
}

function used<A>(declaration: AnyModule, api: ModuleApi<A>, apis: ReadonlyMap<ModuleApi<unknown>, unknown>): A {
  if (!(declaration.needs ?? []).includes(api.module)) {
    throw new Error(`${declaration.name} uses ${api.module}, which it does not list in needs`)
  }
  const implementation = apis.get(api)
  if (implementation === undefined) throw new Error(`${declaration.name} needs ${api.module}, which provides nothing`)
  return implementation as A
}

/** The ways in which one module registers IQ handlers: on its host, and on a service of its own. */
interface ModuleIq {
  readonly context: IqContext
  readonly bind: IqBinder
}

function iqOf({ iq }: Host, { declaration, options, undo }: Running): ModuleIq {
  const queue = new IqQueue(policyOf(declaration, options))
  iq.queues.set(declaration.name, queue)
  undo.push(() => void iq.queues.delete(declaration.name))
  const otherwise = declaration.otherIqs ?? 'not-allowed'
  const into =
    (registry: IqRegistry, target: IqTarget): RegisterIq =>
    (type, ns, name, handler) =>
      void undo.push(registry.add({ target, type, ns, name, handler, queue, otherwise }))
  const account = Object.assign(into(iq, 'account'), { open: into(iq, 'open') })
  return { context: { server: into(iq, 'server'), account }, bind: (registry) => into(registry, 'open') }
}

function policyOf(declaration: AnyModule, options: Record<string, unknown>): IqPolicy {
  const configured = options['iqdisc'] as IqPolicy | undefined
  return configured ?? { type: declaration.iqPolicy ?? 'one_queue' }
}
