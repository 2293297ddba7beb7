import { registerCoreCommands } from './admin/commands/all.ts'
import { type ControlledServer, openControl, type ReloadAnswer, type ServerStatus } from './admin/control.ts'
import type { Cluster } from './cluster/cluster.ts'
import { formatProblem } from './config/problem.ts'
import type { Config } from './config/schema.ts'
import type { ModuleApi } from './module/api.ts'
import { CommandRegistry } from './module/command.ts'
import { registerModuleCommands } from './module/module-commands.ts'
import type { RunningModule } from './module/module-host.ts'
import { controlSocketPath } from './net/control-socket.ts'
import type { Logger } from './observe/logger.ts'
import { createMetrics, type Metrics } from './observe/metrics.ts'
import { hostStops } from './router/events.ts'
import type { Host } from './router/host.ts'
import type { Router } from './router/router.ts'
import { leaveTopic } from './server/cluster-services.ts'
import { guardCommands } from './server/command-guard.ts'
import { type CommandedServer, commandServices } from './server/command-services.ts'
import type { DomainDesk } from './server/domains/domain-desk.ts'
import { openDomains } from './server/domains/open-domains.ts'
import { endSessions } from './server/end-sessions.ts'
import { FederationSlot } from './server/federation-slot.ts'
import { filesFolder } from './server/files-folder.ts'
import type { Listeners } from './server/listeners.ts'
import { LiveConfig } from './server/live-config.ts'
import { makeRouter } from './server/make-router.ts'
import { openMetricStore } from './server/metric-store.ts'
import { alone, describeCluster } from './server/open-cluster.ts'
import { openListeners } from './server/open-listeners.ts'
import { openStores } from './server/open-stores.ts'
import { Opened } from './server/opened.ts'
import type { OpenPort } from './server/port.ts'
import { watchServer } from './server/probes.ts'
import { readinessOf } from './server/readiness.ts'
import { Reloader } from './server/reload.ts'
import { configForRestart } from './server/restart.ts'
import { RunningHosts } from './server/running-hosts.ts'
import type { ServerOptions } from './server/server-options.ts'
import { SharedTap } from './server/traffic-tap.ts'
import { lockDataFolder } from './storage/data-folder.ts'
import type { Database } from './storage/database.ts'
import { type Clock, systemClock } from './util/clock.ts'
import { productVersion } from './util/product.ts'

/**
 * A whole server. `start` opens everything in order, `close` gives it back in reverse; both are for once.
 * What `start` rejects with says what is wrong; nothing is left open then.
 */
export class Server implements ControlledServer, CommandedServer, AsyncDisposable {
  readonly commands = new CommandRegistry()
  readonly metrics: Metrics
  readonly log: Logger
  readonly clock: Clock
  /** This node and the others, as far as it has joined any. */
  cluster: Cluster = alone()
  /** Shows what sessions send and receive. */
  readonly tap = new SharedTap()
  /** Settles when the server has stopped, whoever asked for it; with the configuration to start again with, where that was asked for. */
  readonly stopped: Promise<Config | undefined>
  /** Where stanzas of the server's own begin their way. */
  readonly router: Router
  /** Connections with other servers. */
  readonly federation: FederationSlot
  readonly #options: ServerOptions
  readonly #live: LiveConfig
  readonly #opened = new Opened()
  /** Where certificates of the server's own making and key logs lie. */
  readonly filesFolder: () => Promise<string>
  #db: Database | undefined
  #hosts: RunningHosts | undefined
  #domains: DomainDesk | undefined
  #listeners: Listeners | undefined
  #reloader: Reloader | undefined
  #state: ServerStatus['status'] = 'stopped'
  #startedAt = 0
  #starting: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #settleStopped: (next: Config | undefined) => void = () => {}
  /** What to start again with. */
  #next: Config | undefined

  constructor(options: ServerOptions) {
    this.#live = new LiveConfig(options.config)
    this.#options = options
    this.clock = options.clock ?? systemClock
    this.log = options.log
    this.metrics = createMetrics({ keepsRecent: options.config.instrumentation.exometer !== undefined })
    this.router = makeRouter(this.clock, this.log, this.metrics)
    const { dnsServers } = options
    const shared = { live: this.#live, clock: this.clock, log: this.log, metrics: this.metrics, router: this.router }
    this.federation = new FederationSlot({ ...shared, tap: this.tap, dnsServers }, () => this.cluster)
    const { data_dir: dir } = options.config.general
    this.filesFolder = filesFolder(options.inMemory === true ? undefined : dir, this.#opened)
    this.stopped = new Promise((resolve) => {
      this.#settleStopped = resolve
    })
  }

  /** The configuration as it is now. */
  get config(): Config {
    return this.#live.current
  }

  /** The ports that are open, with what is spoken there. */
  get ports(): readonly OpenPort[] {
    return this.#listeners?.ports ?? []
  }

  get isRunning(): boolean {
    return this.#state === 'started'
  }

  /** The host of a domain, undefined when it is not hosted here. */
  hostOf(domain: string): Host | undefined {
    return this.#hosts?.of(domain)?.host
  }

  /** The interface that a module provides on a domain; undefined when it does not run there. */
  moduleApi<A>(domain: string, api: ModuleApi<A>): A | undefined {
    return this.#hosts?.api(domain, api)
  }

  get allHosts(): readonly Host[] {
    return this.#hosts?.hosts ?? []
  }

  /** What commands may do with domains. */
  get domains(): DomainDesk {
    if (this.#domains === undefined) throw new Error('the server has not been started')
    return this.#domains
  }

  get logFiles(): readonly string[] {
    return this.#options.logFiles ?? []
  }

  /** The modules that run on a host, and their options. */
  modulesOf(host: Host): readonly RunningModule[] {
    return this.#hosts?.byType.get(host.type)?.modules.described ?? []
  }

  get database(): Database {
    if (this.#db === undefined) throw new Error('the server has not been started')
    return this.#db
  }

  async start(): Promise<void> {
    this.#state = 'starting'
    this.#startedAt = this.clock.now()
    this.#starting = this.#open()
    try {
      await this.#starting
      if (this.#closing !== undefined) throw new Error('the server was stopped before it had started')
    } catch (error) {
      await this.close()
      throw error
    }
    this.#state = 'started'
    this.log.info({ what: 'node_started', version: productVersion })
  }

  status(): ServerStatus {
    return {
      node: this.cluster.nodeName,
      pid: process.pid,
      status: this.#state,
      version: productVersion,
      startedAt: this.#startedAt,
      uptimeSeconds: Math.floor((this.clock.now() - this.#startedAt) / 1000),
      isBackground: this.#options.isBackground === true,
      cluster: describeCluster(this.cluster),
      logFiles: this.logFiles,
    }
  }

  /**
   * Reads the configuration again and takes over what can be. Everything is checked before anything changes: rejects
   * with ConfigErrors, or with what kept a port from opening, and then all is as it was. `isDryRun`: only tells.
   */
  async reload({ isDryRun = false } = {}): Promise<ReloadAnswer> {
    const { reread } = this.#options
    if (this.#reloader === undefined || reread === undefined) throw new Error('This server has no file to read again')
    const { config, notices } = await reread()
    const warnings = notices.filter(({ level }) => level === 'warning').map(formatProblem)
    const report = await this.#reloader.reload(config, { isDryRun })
    return { ...report, warnings }
  }

  /** Begins an orderly stop without waiting for it. */
  stop(): void {
    this.#next = undefined
    void this.close()
  }

  /** Rejects with CommandError when the server could not be started again with the configuration as it is now. */
  checkRestart(): Promise<Config> {
    return configForRestart(this.#options, this.#reloader)
  }

  /** Begins an orderly stop, after which the server is started again; as {@link checkRestart} where it cannot be. */
  async restart(): Promise<void> {
    const next = await this.checkRestart()
    // Who has been told to stop meanwhile does.
    if (this.#closing === undefined) this.#next = next
    void this.close()
  }

  /** Stops in good order: nobody new, `system-shutdown` to everybody, then modules, database, lock. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #open(): Promise<void> {
    const { log, inMemory = false, isOffline = false, modules, everyModule = async () => modules } = this.#options
    const live = this.#live
    const { clock } = this
    const dir = live.current.general.data_dir
    if (!inMemory) {
      const lock = await lockDataFolder(dir)
      this.#opened.push(() => lock.release())
    }
    const { router } = this
    const { db, pools, accounts, cluster } = await openStores({
      ...{ live, clock, log, metrics: this.metrics, router, inMemory, isOffline },
      opened: this.#opened,
    })
    this.#db = db
    this.cluster = cluster
    this.#opened.push(cluster.hear(leaveTopic, () => this.stop()))
    const hostParts = {
      ...{ live, clock, log, metrics: this.metrics, db, pools, router, cluster, modules },
      commands: this.commands,
    }
    const accountsOf = (type: string) => accounts.of(type).accounts
    const hosts = await RunningHosts.start({ ...hostParts, accountsOf })
    this.#opened.push(() => hosts.stop())
    this.#hosts = hosts
    const domains = await openDomains({ config: live.current, db, router, clock, log, hosts: hosts.byType })
    this.#opened.push(() => domains.close())
    this.#domains = domains.desk
    registerCoreCommands(this.commands, commandServices(this))
    guardCommands(this.commands, { live, hostOf: (domain) => this.hostOf(domain) })
    const syncCommands = registerModuleCommands(this.commands, { hosts, everyModule, clock })
    if (isOffline) return
    await pools.connect()
    if (!inMemory) {
      const control = await openControl(controlSocketPath(dir), this)
      this.#opened.push(() => control.close())
    }
    const readiness = () => readinessOf(this.#state, { db, pools, cluster })
    const { commands, federation } = this
    const decoyOf = (type: string) => accounts.of(type).decoy
    const ports = { live, clock, log, metrics: this.metrics, router, tap: this.tap, decoyOf, readiness, federation }
    this.#opened.push(() => federation.close())
    const domainAdmins = () => domains.desk.admins
    const listeners = await openListeners({
      ...{ ...ports, commands, domainAdmins, modules: hosts, hosts: () => this.allHosts, folder: this.filesFolder },
    })
    this.#opened.push(() => listeners.close())
    this.#listeners = listeners
    const watched = { ...hostParts, hosts: () => this.allHosts, listeners, startedAt: this.#startedAt }
    this.#opened.push(watchServer(live.current, watched), openMetricStore({ ...hostParts, config: live.current }))
    this.#reloader = new Reloader({ live, log, listeners, federation, modules, hosts: hosts.byType, syncCommands })
  }

  async #close(): Promise<void> {
    const hasStarted = this.#state === 'started'
    this.#state = 'stopping'
    // What is being opened has to be open before it can be given back; who opened it hears of a failure.
    await this.#starting?.catch(() => {})
    await this.#farewell()
    await this.#opened.giveBack(this.log)
    this.#state = 'stopped'
    if (hasStarted) this.log.info({ what: 'node_stopped' })
    this.#settleStopped(this.#next)
  }

  /** Lets nobody new in and ends every stream, telling the client why. Nothing here keeps the rest from being given back. */
  async #farewell(): Promise<void> {
    try {
      await this.#listeners?.stopAccepting()
      for (const host of this.allHosts) await host.hooks.run(hostStops, { host })
      await endSessions(this.allHosts)
      this.#listeners?.stopNegotiating()
      await this.federation.stop()
    } catch (error) {
      this.log.error({ what: 'stop_failed', reason: error })
    }
  }
}

/** Makes a server of a configuration; `start` opens it. */
export function createServer(options: ServerOptions): Server {
  return new Server(options)
}
