import type { ModuleApi } from '../module/api.ts'
import type { ModulesByDomain } from '../module/module-commands.ts'
import type { Host } from '../router/host.ts'
import { countHost } from './core-metrics.ts'
import { type HostParts, type RunningHost, startHost } from './start-host.ts'

/** The hosts of a server: one for each static domain, one for each kind of dynamic domains. */
export class RunningHosts implements ModulesByDomain {
  readonly #parts: HostParts
  readonly #byType = new Map<string, RunningHost>()
  readonly #undo: (() => Promise<void> | void)[] = []

  private constructor(parts: HostParts) {
    this.#parts = parts
  }

  /** Starts all that the configuration names. Rejects with what a module threw; then nothing is left running. */
  static async start(parts: HostParts): Promise<RunningHosts> {
    const hosts = new RunningHosts(parts)
    const { general } = parts.live.current
    try {
      for (const domain of general.hosts) await hosts.#start(domain, [domain])
      for (const type of general.host_types) await hosts.#start(type, [])
    } catch (error) {
      await hosts.stop()
      throw error
    }
    return hosts
  }

  async #start(type: string, domains: readonly string[]): Promise<void> {
    const running = await startHost({ type, domains }, this.#parts)
    this.#byType.set(type, running)
    this.#undo.push(() => running.modules.stopAll(), countHost(running.host, this.#parts.metrics))
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

  async stop(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo()
  }
}
