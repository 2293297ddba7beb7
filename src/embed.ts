import { resolve } from 'node:path'
import { defaultConfig } from './config/default-config.ts'
import { configFromValue, type LoadedConfig, loadConfig, parseConfig } from './config/load.ts'
import type { Notice } from './config/problem.ts'
import type { Config, ConfigValue } from './config/schema.ts'
import { Jid } from './jid/jid.ts'
import type { ModuleApi } from './module/api.ts'
import type { AnyModule } from './module/define.ts'
import { allModules } from './modules/all.ts'
import { createLogger, type Logger } from './observe/logger.ts'
import { registerAccount, removeAccount } from './router/accounts.ts'
import type { Host } from './router/host.ts'
import type { OpenPort } from './server/port.ts'
import { Server } from './server.ts'
import type { StanzaHead } from './stanza/head.ts'
import { Stanza } from './stanza/stanza.ts'
import type { Clock } from './util/clock.ts'
import type { Element } from './xml/element.ts'

/** How to make a server inside another program. */
export interface EmbedOptions {
  /**
   * The configuration: a value with the keys of the file, or the text of a file. Without it and without `configFile` there
   * is one domain, `localhost`, on this machine only.
   */
  readonly config?: ConfigValue | string
  /** The configuration is in this file, which `reload` reads again. */
  readonly configFile?: string
  /** Modules of your own, beside those that come with the server. They run where the configuration names them. */
  readonly modules?: readonly AnyModule[]
  /** Keep everything in memory: no data folder, nothing left behind. */
  readonly inMemory?: boolean
  /** Let the system choose every port, whatever the configuration says; `ports` tells which they are. */
  readonly freePorts?: boolean
  /** Where the log goes; standard error unless given, nowhere with `false`. */
  readonly log?: Logger | false
  /** Time, for tests; that of the system unless given. */
  readonly clock?: Clock
  /** Go on, with a notice, without what the configuration asks for and is not built yet, unless it protects somebody. */
  readonly skipMissing?: boolean
}

/** What has become of a changed configuration: paths of options, and what failed. */
export interface ReloadResult {
  readonly applied: readonly string[]
  readonly needsRestart: readonly string[]
  readonly failed: readonly string[]
  readonly warnings: readonly string[]
}

/** A server inside another program. Several may run side by side. */
export class EmbeddedServer implements AsyncDisposable {
  /** What is worth telling about the configuration. */
  readonly notices: readonly Notice[]
  readonly #server: Server

  constructor(server: Server, notices: readonly Notice[]) {
    this.#server = server
    this.notices = notices
  }

  /** Opens everything; rejects with what is wrong, and then nothing is left open. */
  start(): Promise<void> {
    return this.#server.start()
  }

  /** Stops in good order; may be called again, and `await using` does it. */
  close(): Promise<void> {
    return this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Settles when the server has stopped, whoever asked for it. */
  get stopped(): Promise<void> {
    return this.#server.stopped.then(() => undefined)
  }

  /** The configuration as it is now, with all defaults. */
  get config(): Config {
    return this.#server.config
  }

  /** The open ports. */
  get ports(): readonly OpenPort[] {
    return this.#server.ports
  }

  /** The first port of a kind. Throws when there is none. */
  port(kind: OpenPort['kind']): number {
    const found = this.ports.find((open) => open.kind === kind)
    if (found === undefined) throw new Error(`No port of the kind ${kind} is open`)
    return found.port
  }

  /** Reads `configFile` again and takes over what can be. Rejects with ConfigErrors, and then nothing has changed. */
  reload(options: { readonly isDryRun?: boolean } = {}): Promise<ReloadResult> {
    return this.#server.reload(options)
  }

  /** Makes an account; false when there is one of that name already. */
  registerUser(user: string | Jid, password: string): Promise<boolean> {
    const jid = addressOf(user)
    return registerAccount(this.#hostOf(jid.domain), jid.bare, password)
  }

  /** Removes an account with everything that modules keep of it; false when there is none. */
  removeUser(user: string | Jid): Promise<boolean> {
    const jid = addressOf(user)
    return removeAccount(this.#hostOf(jid.domain), jid.bare)
  }

  /** Runs an admin command, as `account.listUsers`. Rejects with CommandError. */
  command(name: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.#server.commands.run(name, input)
  }

  /** Sends a stanza on its way, in the name of `head.from`. */
  send(
    kind: 'message' | 'presence' | 'iq',
    head: StanzaHead & { readonly to: Jid },
    ...children: readonly Element[]
  ): void {
    this.#server.router.post(Stanza.make(kind, head, ...children))
  }

  /** The interface that a module provides on a domain; undefined when it does not run there. */
  api<A>(domain: string, api: ModuleApi<A>): A | undefined {
    return this.#server.moduleApi(domain, api)
  }

  #hostOf(domain: string): Host {
    const host = this.#server.hostOf(domain)
    if (host === undefined) throw new Error(`${domain} is not hosted here`)
    return host
  }
}

function addressOf(user: string | Jid): Jid {
  return typeof user === 'string' ? Jid.parse(user) : user
}

/** Makes a server; `start` opens it. Throws ConfigErrors with everything that is wrong with its configuration. */
export function createServer(options: EmbedOptions = {}): EmbeddedServer {
  const { inMemory, clock, freePorts = false } = options
  const modules = [...allModules, ...(options.modules ?? [])]
  const read = (): LoadedConfig => {
    const { config, notices } = readConfig(options, modules)
    return { config: freePorts ? withFreePorts(config) : config, notices }
  }
  const { config, notices } = read()
  const log = options.log === false ? createLogger({ console: 'none' }) : (options.log ?? createLogger())
  if (options.log === undefined) log.level = config.general.loglevel
  const server = new Server({
    config,
    log,
    modules,
    reread: read,
    ...(clock && { clock }),
    ...(inMemory && { inMemory }),
  })
  return new EmbeddedServer(server, notices)
}

function readConfig(options: EmbedOptions, modules: readonly AnyModule[]): LoadedConfig {
  const { config, configFile, skipMissing = false } = options
  if (config !== undefined && configFile !== undefined) throw new Error('Give either config or configFile')
  const common = { file: resolve(configFile ?? 'meerkat.toml'), modules, skipMissing }
  if (configFile !== undefined) return loadConfig(common)
  const given = config ?? defaultConfig(modules.map(({ name }) => name))
  return typeof given === 'string'
    ? parseConfig({ ...common, text: given })
    : configFromValue({ ...common, value: given })
}

function withFreePorts(config: Config): Config {
  const { c2s, http } = config.listen
  const free = <T extends { readonly port: number }>(table: T): T => ({ ...table, port: 0 })
  return { ...config, listen: { ...config.listen, c2s: c2s.map(free), http: http.map(free) } }
}
