import type { Config } from '../config/schema.ts'
import type { ModuleApi } from '../module/api.ts'
import type { ModulesByDomain } from '../module/module-commands.ts'
import type { Host } from '../router/host.ts'
import { sideBySide } from '../util/side-by-side.ts'
import { type Undo, undoAll } from '../util/undo.ts'
import { countHost } from './core-metrics.ts'
import {
  type HostParts,
  type HostPlan,
  type RunningHost,
  startHost,
  type WantedModule,
  wantedModules,
} from './start-host.ts'

/**
 * Hosts that start at a time: enough that few wait for the database after one another, and so few that what the start of one throws
 * away is not yet old by then.
 */
const together = 20

/** The hosts of a server: one for each static domain, one for each kind of dynamic domains. */
export class RunningHosts implements ModulesByDomain {
  readonly #parts: HostParts
  readonly #byType = new Map<string, RunningHost>()
  readonly #undo: Undo[] = []

  private constructor(parts: HostParts) {
    this.#parts = parts
  }

  /** Starts all that the configuration names. Rejects with what a module threw; then nothing is left running. */
  static async start(parts: HostParts): Promise<RunningHosts> {
    const hosts = new RunningHosts(parts)
    try {
      const [first, ...others] = plansOf(parts)
      // The first brings the tables of its modules; the others then wait for the database together, and not one after another.
      if (first !== undefined) hosts.#add(await startHost(first, parts))
      await hosts.#startAll(others)
    } catch (error) {
      await hosts.stop()
      throw error
    }
    return hosts
  }

  /** Throws what the first of them threw, when no other is on its way any more. */
  async #startAll(plans: readonly HostPlan[]): Promise<void> {
    const started: (RunningHost | undefined)[] = plans.map(() => undefined)
    try {
      await sideBySide(plans, together, async (plan, index) => {
        started[index] = await startHost(plan, this.#parts)
      })
    } finally {
      for (const running of started) if (running !== undefined) this.#add(running)
    }
  }

  #add(running: RunningHost): void {
    this.#byType.set(running.host.type, running)
    this.#undo.push(
      () => running.stopSharing(),
      () => running.modules.stopAll(),
      ...countHost(running.host, this.#parts.metrics),
    )
  }

  /** All of them, by host type. */
  get byType(): ReadonlyMap<string, RunningHost> {
    return this.#byType
  }

  get running(): readonly RunningHost[] {
    return [...this.#byType.values()]
  }

  get hosts(): readonly Host[] {
    return this.running.map(({ host }) => host)
  }

  /** The one that serves a domain; undefined when it is not hosted here at the moment. */
  of(domain: string): RunningHost | undefined {
    const host = this.#parts.router.hostOf(domain)
    return host === undefined ? undefined : this.#byType.get(host.type)
  }

  /** The interface that a module provides on a domain; undefined when it does not run there. */
  api<A>(domain: string, api: ModuleApi<A>): A | undefined {
    return this.of(domain)?.modules.find(api)
  }

  /** Whether a module runs on any host. */
  runsModule(name: string): boolean {
    return this.running.some(({ modules }) => modules.running.some((module) => module.name === name))
  }

  async stop(): Promise<void> {
    await undoAll(this.#undo)
  }
}

/** All that the configuration names. Those of the same settings share the list of their modules. */
function plansOf({ live, modules }: HostParts): HostPlan[] {
  const lists = new Map<Config['modules'], readonly WantedModule[]>()
  const planOf = (type: string, domains: readonly string[]): HostPlan => {
    const config = live.of(type)
    const wanted = lists.get(config.modules) ?? wantedModules(config, modules)
    lists.set(config.modules, wanted)
    return { type, domains, wanted }
  }
  const { hosts, host_types: hostTypes } = live.current.general
  return [...hosts.map((domain) => planOf(domain, [domain])), ...hostTypes.map((type) => planOf(type, []))]
}
