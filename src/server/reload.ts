import type { ReloadAnswer } from '../admin/control.ts'
import { mergeLive } from '../config/merge-live.ts'
import type { Config } from '../config/schema.ts'
import type { AnyModule } from '../module/define.ts'
import type { LogLevel } from '../observe/log-level.ts'
import type { Logger } from '../observe/logger.ts'
import type { FederationSlot } from './federation-slot.ts'
import type { Listeners } from './listeners.ts'
import { LiveConfig } from './live-config.ts'
import { accessTables, type RunningHost, type WantedModule, wantedModules } from './start-host.ts'

/** What has become of a changed configuration. */
export type ReloadReport = Omit<ReloadAnswer, 'warnings'>

/** What a reload works on. */
export interface ReloadParts {
  readonly live: LiveConfig
  readonly log: Logger
  readonly listeners: Listeners
  readonly federation: FederationSlot
  /** The modules that exist. */
  readonly modules: readonly AnyModule[]
  readonly hosts: ReadonlyMap<string, RunningHost>
  /** Puts the commands of newly started modules into the registry. */
  syncCommands(): void
}

/** Takes over a changed configuration on a running server, one change at a time. */
export class Reloader {
  readonly #parts: ReloadParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: ReloadParts) {
    this.#parts = parts
  }

  /** Rejects, with everything as it was, when a port or a certificate cannot be had or modules cannot go together. */
  reload(next: Config, options: { readonly isDryRun: boolean }): Promise<ReloadReport> {
    const run = () => this.#reload(next, options.isDryRun)
    const done = this.#last.then(run, run)
    this.#last = done
    return done
  }

  /** Rejects when a server with this configuration could not be started after this one, as far as that can be told before. */
  rehearse(next: Config): Promise<void> {
    const run = async () => {
      const after = new LiveConfig(next)
      for (const type of [...next.general.hosts, ...next.general.host_types]) this.#checkOrder(after, type)
      await this.#parts.listeners.rehearse(next)
    }
    const done = this.#last.then(run, run)
    this.#last = done
    return done
  }

  async #reload(next: Config, isDryRun: boolean): Promise<ReloadReport> {
    const { live, log, listeners, modules, hosts } = this.#parts
    const { config, applied, needsRestart } = mergeLive(live.current, next, modules)
    const after = new LiveConfig(config)
    for (const type of hosts.keys()) this.#checkOrder(after, type)
    const ports = await listeners.prepare(config)
    if (isDryRun) {
      await ports.discard()
      return { applied, needsRestart, failed: [] }
    }
    if (applied.includes('general.loglevel')) log.level = config.general.loglevel as LogLevel
    live.replace(config)
    await this.#parts.federation.openIfWanted()
    for (const { host } of hosts.values()) {
      host.access.replace(accessTables(host.config, host.router))
    }
    const failed: string[] = []
    for (const [type, running] of hosts) failed.push(...(await this.#changeModules(type, running)))
    this.#parts.syncCommands()
    await ports.commit()
    log.info({ what: 'configuration_reloaded', applied, needs_restart: needsRestart, failed })
    return { applied, needsRestart, failed }
  }

  #wanted(live: LiveConfig, hostType: string): WantedModule[] {
    return wantedModules(live.of(hostType), this.#parts.modules)
  }

  /** Throws when the modules of a host type cannot go together. */
  #checkOrder(live: LiveConfig, hostType: string): void {
    this.#wanted(live, hostType)
  }

  async #changeModules(type: string, { modules }: RunningHost): Promise<string[]> {
    const wanted = this.#wanted(this.#parts.live, type)
    const names = new Set(wanted.map(({ declaration }) => declaration.name))
    const failed: string[] = []
    const attempt = async (name: string, change: () => Promise<void>) => {
      try {
        await change()
      } catch (error) {
        failed.push(`${name} (${type}): ${error instanceof Error ? error.message : String(error)}`)
        this.#parts.log.error({ what: 'module_change_failed', module: name, host_type: type, reason: error })
      }
    }
    for (const { name } of modules.running.reverse()) {
      if (!names.has(name)) await attempt(name, () => modules.stop(name))
    }
    for (const { declaration, options } of wanted) {
      const { name } = declaration
      if (modules.isRunning(name)) modules.setOptions(name, options)
      else await attempt(name, () => modules.start(declaration, options))
    }
    return failed
  }
}
