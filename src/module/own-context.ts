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
import type { Undo } from '../util/undo.ts'
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
    return this.#ownIq
  }

  get commands(): CommandRunner {
    return this.#parts.commands
  }

  get on(): Context['on'] {
    const { name, host } = this
    return (hook, slot, handler, placement) =>
      this.#undo(host.hooks.join(hook, slot, { module: name, handler, ...placement }))
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
    const bind: IqBinder = (registry) => this.#ownIq.into(registry, 'open')
    return (plan) => this.#running.undo.push(...openServices(plan, { host, module, log: this.#parts.log, bind }))
  }

  get every(): Context['every'] {
    return (ms, job) => this.#undo(repeat(this.clock, ms, job))
  }

  get onStop(): Context['onStop'] {
    return (stop) => this.#undo(stop)
  }

  get #ownIq(): ModuleIq {
    this.#iq ??= new ModuleIq(this.host, this.#running)
    return this.#iq
  }

  #undo(undo: Undo): void {
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

/** The ways in which one module registers IQ handlers: on its host, and on services of its own. */
class ModuleIq implements IqContext {
  readonly #registry: IqRegistry
  readonly #queue: IqQueue
  readonly #running: Running

  constructor({ iq }: Host, running: Running) {
    const { name } = running.declaration
    this.#registry = iq
    this.#running = running
    this.#queue = new IqQueue(policyOf(running))
    iq.queues.set(name, this.#queue)
    running.undo.push(() => void iq.queues.delete(name))
  }

  get server(): RegisterIq {
    return this.into(this.#registry, 'server')
  }

  get account(): IqContext['account'] {
    return Object.assign(this.into(this.#registry, 'account'), { open: this.into(this.#registry, 'open') })
  }

  /** Registers in a registry, under the queue and the errors of the module. */
  into(registry: IqRegistry, target: IqTarget): RegisterIq {
    const queue = this.#queue
    const { declaration, undo } = this.#running
    const otherwise = declaration.otherIqs ?? 'not-allowed'
    return (type, ns, name, handler) =>
      void undo.push(registry.add({ target, type, ns, name, handler, queue, otherwise }))
  }
}

function policyOf({ declaration, options }: Running): IqPolicy {
  const configured = options['iqdisc'] as IqPolicy | undefined
  return configured ?? { type: declaration.iqPolicy ?? 'one_queue' }
}
