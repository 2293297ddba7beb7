import type { ServicePools } from '../net/service-pools.ts'
import { limitReports } from '../observe/limits.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Host } from '../router/host.ts'
import type { IqPolicy } from '../router/iq-queue.ts'
import { IqQueue } from '../router/iq-queue.ts'
import type { IqRegistry, IqTarget } from '../router/iq-registry.ts'
import type { Database } from '../storage/database.ts'
import { repeat } from '../util/repeat.ts'
import type { ModuleApi } from './api.ts'
import type { CommandRunner } from './command.ts'
import type { IqContext, ModuleContext, RegisterIq } from './context.ts'
import type { AnyModule } from './define.ts'
import { startOrder } from './start-order.ts'
import { type IqBinder, openServices } from './subdomain.ts'

/** What the modules of one host type are started with. */
export interface ModuleHostParts {
  readonly host: Host
  readonly db: Database
  readonly pools: ServicePools
  readonly log: Logger
  readonly metrics: Metrics
  readonly commands: CommandRunner
}

/** A module that runs, as it is shown to people. */
export interface RunningModule {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

interface Running {
  readonly declaration: AnyModule
  /** The very object that the module has; a reload changes what is in it. */
  readonly options: Record<string, unknown>
  readonly undo: (() => void | Promise<void>)[]
}

/** The modules of one host type: started in the order of their needs, stopped in reverse, each leaving nothing behind. */
export class ModuleHost {
  readonly #parts: ModuleHostParts
  readonly #running = new Map<string, Running>()
  readonly #apis = new Map<ModuleApi<unknown>, unknown>()

  constructor(parts: ModuleHostParts) {
    this.#parts = parts
  }

  /** The interface that a running module provides, for commands; undefined when it does not run. */
  find<A>(api: ModuleApi<A>): A | undefined {
    return this.#apis.get(api) as A | undefined
  }

  /** The declarations of the modules that run, in the order in which they were started. */
  get running(): AnyModule[] {
    return [...this.#running.values()].map(({ declaration }) => declaration)
  }

  /** What runs, in the order in which it was started, with the options as they are now. */
  get described(): RunningModule[] {
    return [...this.#running].map(([name, { options }]) => ({ name, options: { ...options } }))
  }

  /** Starts all of them; when one fails, those started are stopped again and the error is thrown. */
  async startAll(wanted: readonly { declaration: AnyModule; options: unknown }[]): Promise<void> {
    const byName = new Map(wanted.map((entry) => [entry.declaration.name, entry]))
    try {
      for (const declaration of startOrder(wanted.map((entry) => entry.declaration))) {
        await this.start(declaration, byName.get(declaration.name)?.options)
      }
    } catch (error) {
      await this.stopAll()
      throw error
    }
  }

  async start(declaration: AnyModule, options: unknown): Promise<void> {
    if (this.#running.has(declaration.name)) throw new Error(`${declaration.name} is running already`)
    const { db } = this.#parts
    if (declaration.migrations !== undefined) await db.migrate(declaration.name, declaration.migrations)
    const running: Running = { declaration, options: { ...(options as object | undefined) }, undo: [] }
    this.#running.set(declaration.name, running)
    const { server, account } = this.#parts.host.features
    for (const feature of declaration.features ?? []) running.undo.push(server.add(feature))
    for (const feature of declaration.accountFeatures ?? []) running.undo.push(account.add(feature))
    try {
      await declaration.setup(this.#contextFor(running))
    } catch (error) {
      await this.stop(declaration.name)
      throw error
    }
  }

  isRunning(name: string): boolean {
    return this.#running.has(name)
  }

  /** Gives a running module other values for its options. It sees those that it reads where it uses them. */
  setOptions(name: string, options: Readonly<Record<string, unknown>>): void {
    const running = this.#running.get(name)
    if (running === undefined) return
    for (const key of Object.keys(running.options)) if (!Object.hasOwn(options, key)) delete running.options[key]
    Object.assign(running.options, options)
  }

  /** Stops a module and undoes, last first, everything that it took. */
  async stop(name: string): Promise<void> {
    const running = this.#running.get(name)
    if (running === undefined) return
    this.#running.delete(name)
    for (const undo of running.undo.reverse()) await undo()
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.stop(name)
  }

  #contextFor(running: Running): ModuleContext<never, never> {
    const { host, db, log, metrics, pools, commands } = this.#parts
    const { declaration, options, undo } = running
    const { name } = declaration
    // Made for those that take it: there is a context for each module of each host.
    const iq = once(() => this.#iqFor(running))
    const ownLog = once(() => log.child({ module: name }))
    return {
      name,
      host,
      options: options as never,
      clock: host.clock,
      get log() {
        return ownLog()
      },
      metrics,
      get limitReached() {
        return limitReports(metrics, ownLog(), host.type)
      },
      db: db.of<never>(),
      accounts: host.accounts,
      pools,
      sessions: host.sessions,
      router: host.router,
      get iq() {
        return iq().context
      },
      commands,
      on: (hook, slot, handler, placement) =>
        void undo.push(host.hooks.join(hook, slot, { module: name, handler, ...placement })),
      provide: (api, implementation) => {
        this.#apis.set(api, implementation)
        undo.push(() => void this.#apis.delete(api))
      },
      use: (api) => this.#use(declaration, api),
      find: <A>(api: ModuleApi<A>) => this.#apis.get(api) as A | undefined,
      serve: (plan) => void undo.push(...openServices(plan, { host, module: name, log, bind: iq().bind })),
      every: (ms, job) => void undo.push(repeat(host.clock, ms, job)),
      onStop: (stop) => void undo.push(stop),
    }
  }

  #use<A>(declaration: AnyModule, api: ModuleApi<A>): A {
    if (!(declaration.needs ?? []).includes(api.module)) {
      throw new Error(`${declaration.name} uses ${api.module}, which it does not list in needs`)
    }
    const implementation = this.#apis.get(api)
    if (implementation === undefined) throw new Error(`${declaration.name} needs ${api.module}, which provides nothing`)
    return implementation as A
  }

  #iqFor({ declaration, options, undo }: Running): ModuleIq {
    const { iq } = this.#parts.host
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
}

/** The ways in which one module registers IQ handlers: on its host, and on a service of its own. */
interface ModuleIq {
  readonly context: IqContext
  readonly bind: IqBinder
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function policyOf(declaration: AnyModule, options: unknown): IqPolicy {
  const configured = (options as { iqdisc?: IqPolicy } | undefined)?.iqdisc
  return configured ?? { type: declaration.iqPolicy ?? 'one_queue' }
}
