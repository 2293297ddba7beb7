import { randomBytes } from 'node:crypto'
import type { CoreServices } from '../admin/commands/all.ts'
import type { AccountServices, DomainServices, SessionServices, SessionSummary } from '../admin/commands/services.ts'
import { AccountLimitReached } from '../auth/method.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Config } from '../config/schema.ts'
import { readTextFile } from '../config/text-file.ts'
import type { Jid } from '../jid/jid.ts'
import { rotatedFiles } from '../observe/log-file.ts'
import type { LogLevel } from '../observe/log-level.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { changePassword, registerAccount, removeAccount } from '../router/accounts.ts'
import type { Host } from '../router/host.ts'
import { kick } from '../router/kick.ts'
import { RemoteSession } from '../router/remote-session.ts'
import type { Session } from '../router/session.ts'
import type { Database } from '../storage/database.ts'
import { dumpSqlite, tablesOf } from '../storage/dump.ts'
import { isFolder, readLines } from '../storage/stream-files.ts'
import type { Clock } from '../util/clock.ts'
import { productVersion } from '../util/product.ts'
import { clusterServices } from './cluster-services.ts'
import { serverFigures } from './metric-store.ts'

/** What the commands of every server need of it. */
export interface CommandedServer {
  readonly log: Logger
  readonly cluster: Cluster
  readonly clock: Clock
  readonly config: Config
  readonly metrics: Metrics
  readonly isRunning: boolean
  hostOf(domain: string): Host | undefined
  readonly allHosts: readonly Host[]
  readonly domains: DomainServices
  /** Where the log is written. */
  readonly logFiles: readonly string[]
  modulesOf(host: Host): ReturnType<CoreServices['inspection']['modulesOf']>
  readonly database: Database
  stop(): void
  checkRestart(): Promise<unknown>
  restart(): Promise<void>
  status(): { readonly uptimeSeconds: number }
  /** Connections with other servers. */
  readonly federation: { readonly incoming: number; readonly outgoing: number }
}

/** The interfaces that the core commands work on, over a server. */
export function commandServices(server: CommandedServer): CoreServices {
  const isHosted = (domain: string) => server.hostOf(domain) !== undefined
  return {
    account: { isHosted, accounts: accountStore(server), readTextFile, newName: () => randomBytes(8).toString('hex') },
    domain: server.domains,
    session: { isHosted, sessions: sessionServices(server) },
    server: {
      version: productVersion,
      commit: '',
      isRunning: () => server.isRunning,
      getLogLevel: () => server.log.level,
      setLogLevel: (level) => {
        server.log.level = level as LogLevel
      },
      stop: () => server.stop(),
      checkRestart: () => server.checkRestart(),
      restart: () => server.restart(),
    },
    cluster: clusterServices({ cluster: server.cluster, clock: server.clock, stop: () => server.stop() }),
    data: {
      hostOf: (domain) => server.hostOf(domain),
      get allHosts() {
        return server.allHosts
      },
    },
    store: storeServices(server),
    metric: { figures: () => serverFigures(server), nodeName: server.cluster.nodeName },
    stanza: { hostOf: (domain) => server.hostOf(domain) },
    gdpr: {
      hostOf: (domain) => server.hostOf(domain),
      nodeName: server.cluster.nodeName,
      logLines: (text) => linesWith(server.logFiles, text),
      isFolder,
    },
    inspection: {
      get allHosts() {
        return server.allHosts
      },
      get services() {
        return Object.entries(server.config.services).flatMap(([name, table]) => (table === undefined ? [] : [name]))
      },
      modulesOf: (host) => server.modulesOf(host),
    },
    stat: {
      get allHosts() {
        return server.allHosts
      },
      hostOf: (domain) => server.hostOf(domain),
      uptimeSeconds: () => server.status().uptimeSeconds,
      peers: server.federation,
    },
  }
}

function storeServices(server: CommandedServer): CoreServices['store'] {
  return {
    nodeName: server.cluster.nodeName,
    version: productVersion,
    get directory() {
      return server.config.general.data_dir
    },
    tables: () => tablesOf(server.database),
    backup: (file) => server.database.backup(file),
    dump: (file, table) => dumpSqlite(server.database, file, table),
  }
}

/** The lines of log files that have this text; from the oldest of the files that were moved aside to the current one. */
async function linesWith(files: readonly string[], text: string): Promise<string> {
  const found: string[] = []
  for (const file of files) {
    for (const path of [...rotatedFiles(file)].reverse()) {
      for await (const line of readLines(path)) if (line.includes(text)) found.push(`${line}\n`)
    }
  }
  return found.join('')
}

function accountStore(server: CommandedServer): AccountServices['accounts'] {
  const hostOf = (user: Jid): Host => {
    const host = server.hostOf(user.domain)
    if (host === undefined) throw new Error(`${user.domain} is not hosted here`)
    return host
  }
  return {
    exists: (user) => hostOf(user).accounts.exists(user),
    checkPassword: (user, password) => hostOf(user).accounts.checkPassword(user, password),
    async register(user, password) {
      const host = hostOf(user)
      if (!host.accounts.canRegister) return 'not_allowed'
      try {
        return (await registerAccount(host, user.bare, password)) ? 'created' : 'exists'
      } catch (error) {
        if (error instanceof AccountLimitReached) return 'limit'
        throw error
      }
    },
    setPassword: (user, password) => changePassword(hostOf(user), user.bare, password),
    plainPassword: async (user) => (await hostOf(user).accounts.credentials(user.bare))?.password,
    async endSessions(user, reason) {
      await Promise.all([...hostOf(user).sessions.of(user)].map((session) => kick(session, reason)))
    },
    remove: (user) => removeAccount(hostOf(user), user.bare),
    list: async (domain, options) => (await server.hostOf(domain)?.accounts.list(domain, options)) ?? [],
    count: async (domain) => (await server.hostOf(domain)?.accounts.count(domain)) ?? 0,
  }
}

function sessionServices(server: CommandedServer): SessionServices['sessions'] {
  /** The sessions of a domain, or all. */
  const sessionsOf = (domain?: string): Session[] => {
    const hosts = domain === undefined ? server.allHosts : [server.hostOf(domain)]
    const sessions = hosts.flatMap((host) => (host === undefined ? [] : [...host.sessions.all()]))
    return domain === undefined ? sessions : sessions.filter(({ jid }) => jid.domain === domain)
  }
  const summary = (session: Session): SessionSummary => ({
    user: session.jid,
    connection: session.info.connection,
    ip: session.info.address,
    port: session.info.port,
    ...(session.priority === undefined ? {} : { priority: session.priority }),
    ...presenceOf(session),
    node: session instanceof RemoteSession ? session.node.name : server.cluster.nodeName,
    uptime: Math.floor((session.host.clock.now() - session.startedAt) / 1000),
  })
  return {
    list: (domain) => sessionsOf(domain).map(summary),
    count: (domain) => sessionsOf(domain).length,
    of: (user) => (server.hostOf(user.domain)?.sessions.of(user) ?? []).map(summary),
    async send(user, stanza) {
      const session = server.hostOf(user.domain)?.sessions.find(user)
      if (session === undefined) return false
      await session.receive(stanza.readdressed(session.jid, stanza.to))
      return true
    },
    async kick(user, reason) {
      const session = server.hostOf(user.domain)?.sessions.find(user)
      if (session === undefined) return false
      await kick(session, reason)
      return true
    },
  }
}

/** What a session says of its user, where it has said that it is there. */
function presenceOf({ presence }: Session): Pick<SessionSummary, 'show' | 'text'> {
  if (presence === undefined) return {}
  const text = presence.child('status')?.text()
  return { show: presence.child('show')?.text() ?? 'available', ...(text === undefined ? {} : { text }) }
}
