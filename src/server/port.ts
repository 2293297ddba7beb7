import type { LoginGuard } from '../auth/login-guard.ts'
import type { Config } from '../config/schema.ts'
import type { ClientTraffic } from '../edges/client-traffic.ts'
import type { ModuleApi } from '../module/api.ts'
import type { CommandRegistry } from '../module/command.ts'
import type { ModulesByDomain } from '../module/module-commands.ts'
import type { Readiness } from '../net/health.ts'
import type { GuessLimit } from '../net/http-credentials.ts'
import type { Validity } from '../net/tls-context.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Decoy } from '../protocol/scram/keys.ts'
import type { Router } from '../router/router.ts'
import type { Clock } from '../util/clock.ts'
import type { DomainAdmins } from './domains/domain-admins.ts'
import type { ServerFederation } from './federation/server-federation.ts'
import type { SharedTap } from './traffic-tap.ts'

/** What the ports of a server share. */
export interface ListenerParts {
  /** The configuration as it is now. */
  readonly config: Config
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly traffic: ClientTraffic
  readonly router: Router
  /** The modules that run on each host. */
  readonly modules: ModulesByDomain
  /** For the answers that users who do not exist get, by host type. */
  decoyOf(hostType: string): Decoy
  /** One for all ports. */
  readonly guard: LoginGuard
  /** One for all HTTP APIs. */
  readonly guesses: GuessLimit
  /** What HTTP APIs give. */
  readonly commands: CommandRegistry
  /** Whether a module runs on any host. */
  runsModule(name: string): boolean
  readonly readiness: () => Readiness
  /** Who administers single domains, where there are domains that come and go. */
  domainAdmins(): DomainAdmins | undefined
  /** What sessions send and receive, for those who may look. */
  readonly tap: SharedTap
  /** Every domain that is served at the moment. */
  domains(): readonly string[]
  /** The interface that a module provides on a domain; undefined where it does not run. */
  apiOf<A>(domain: string, api: ModuleApi<A>): A | undefined
  /** Where certificates of the server's own making and key logs lie. */
  folder(): Promise<string>
  /** Connections with other servers, opened when first asked for. */
  federation(): Promise<ServerFederation>
}

/** An open port, as people are told of it. */
export interface OpenPort {
  readonly address: string
  readonly port: number
  /** What is spoken there, in a few words. */
  readonly speaks: string
  /** What it is for, and whether with TLS from the first byte. */
  readonly kind: 'c2s' | 'c2s_tls' | 's2s' | 's2s_tls' | 'component' | 'component_tls' | 'http' | 'https'
}

/** Settings that are ready to be taken over. */
export interface PreparedSettings {
  /** From now on they hold for who connects; those who are in keep what they have. */
  commit(): void
  discard(): void
}

/** A port while it is open; `C` is its table in the configuration. */
export interface RunningPort<C = unknown> {
  /** Its table as it is now. */
  readonly table: C
  readonly openPort: OpenPort
  /** How many connections are open. */
  readonly connections: number
  /** How many of them are to come to their end in good order before the port is closed. */
  readonly streams: number
  /** From when to when its certificate is good, where it has one. */
  readonly validity: Validity | undefined
  /** Gets ready what other settings need, files of TLS included. Rejects with TlsError; then nothing has changed. */
  prepare(table: C, config: Config): Promise<PreparedSettings>
  /** Lets nobody new in; those who are in stay. */
  stopAccepting(): Promise<void>
  /** Ends the streams of those who have not signed in yet. */
  stopNegotiating(): void
  /** Drops those who are left. */
  close(): Promise<void>
}
