import type { ServicePools } from '../net/service-pools.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Host } from '../router/host.ts'
import type { Database } from '../storage/database.ts'
import { type Undo, undoAll } from '../util/undo.ts'
import type { ModuleApi } from './api.ts'
import type { CommandRunner } from './command.ts'
import type { AnyModule } from './define.ts'
import { OwnContext } from './own-context.ts'

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

/** A module that runs: what it was started with, and what it has taken. */
export interface Running {
  readonly declaration: AnyModule
  /** The very object that the module has; a reload changes what is in it. */
  readonly options: Record<string, unknown>
  readonly undo: Undo[]
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

  /** Starts all of them, in this order; when one fails, those started are stopped again and the error is thrown. */
  async startAll(wanted: readonly { declaration: AnyModule; options: unknown }[]): Promise<void> {
    try {
      for (const { declaration, options } of wanted) await this.start(declaration, options)
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
      await declaration.setup(new OwnContext(this.#parts, running, this.#apis) as never)
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
    await undoAll(running.undo)
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.stop(name)
  }
}
