import { z } from 'zod'
import { type IqDiscipline, type ModuleDeclaration, modulesTable } from './modules.ts'
import { access, acl, shaper } from './sections/access.ts'
import { auth } from './sections/auth.ts'
import { general } from './sections/general.ts'
import { hostConfig } from './sections/host-config.ts'
import { listen } from './sections/listen.ts'
import { logging } from './sections/logging.ts'
import { instrumentation, internalDatabases, services } from './sections/others.ts'
import { outgoingPools } from './sections/outgoing-pools.ts'
import { s2s } from './sections/s2s.ts'

/** The whole file, for a set of declared modules. */
export function configSchema(modules: readonly ModuleDeclaration[]) {
  return z.strictObject({
    general: general.prefault({}).describe('What concerns the whole server.'),
    listen: listen.prefault({}).describe('Ports.'),
    auth: auth.prefault({}).describe('Accounts and how users prove who they are.'),
    modules: modulesTable(modules).prefault({}).describe('Features; a module works when it has a table here.'),
    shaper: shaper
      .default({})
      .describe('Limits of traffic, by name.')
      .meta({ reload: 'live', example: { normal: { max_rate: 16_384 }, fast: { max_rate: 50_000 } } }),
    acl: acl
      .default({})
      .describe('Classes of users, by name: somebody is in the class if any of its patterns fits.')
      .meta({ reload: 'live', example: { admin: [{ user: 'admin', server: 'localhost' }] } }),
    access: access
      .default({})
      .describe('Rules: the first class that fits gives the value.')
      .meta({ reload: 'live', example: { c2s: [{ acl: 'admin', value: 'allow' }] } }),
    instrumentation: instrumentation.prefault({}).describe('Metrics.'),
    logging: logging.prefault({}).describe('Where the log is written, and how.'),
    internal_databases: internalDatabases.prefault({}).describe('What nodes of a cluster share.'),
    outgoing_pools: outgoingPools.prefault({}).describe('Connections to other services.'),
    services: services.prefault({}).describe('Services of the whole server.'),
    s2s: s2s
      .optional()
      .describe('Connections with other servers. There are none without this table or a `[[listen.s2s]]`.'),
    host_config: z.array(hostConfig(modules)).default([]).describe('Settings for single hosts.'),
  })
}

type Schema = z.output<ReturnType<typeof configSchema>>

type Writable = z.input<ReturnType<typeof configSchema>>

/** A configuration written as a value, with the keys of the file; options of modules are checked by the modules. */
export type ConfigValue = Omit<Writable, 'modules' | 'host_config'> & {
  modules?: Record<string, Record<string, unknown>>
  host_config?: (Omit<NonNullable<Writable['host_config']>[number], 'modules'> & {
    modules?: Record<string, Record<string, unknown>>
  })[]
}

/** A value whose parts cannot be changed either. */
export type Frozen<T> = T extends RegExp | string | number | boolean | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly Frozen<E>[]
    : { readonly [K in keyof T]: Frozen<T[K]> }

type Settled<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> }

/** `[[listen.c2s]]`, with its address settled. */
export type C2sListener = Frozen<Settled<Schema['listen']['c2s'][number], 'ip_address'>>

/** `[[listen.http]]`, with its address settled. */
export type HttpListener = Frozen<Settled<Schema['listen']['http'][number], 'ip_address'>>

/** `[[listen.s2s]]`, with its address settled. */
export type S2sListener = Frozen<Settled<Schema['listen']['s2s'][number], 'ip_address'>>

/** A listener for external components. */
export type ComponentListener = Frozen<Settled<Schema['listen']['component'][number], 'ip_address'>>

/** `[s2s]`. */
export type S2sOptions = Frozen<NonNullable<Schema['s2s']>>

/** A `tls` table of an XMPP or HTTP listener; `mode` only with the former. */
export type TlsOptions = NonNullable<HttpListener['tls']> & {
  readonly mode?: 'tls' | 'starttls' | 'starttls_required' | 'none'
  readonly keep_secrets?: boolean
}

/** The options of a module, defaulted; the module knows their type. */
export type ModuleOptions = Readonly<Record<string, unknown>> & { readonly iqdisc?: IqDiscipline }

/** `[acl]`: patterns by class. */
export type Acl = Frozen<Schema['acl']>

/** `[access]`: clauses by rule. */
export type Access = Frozen<Schema['access']>

/** A complete, checked and frozen configuration; keys as in the file, `"infinity"` as `Infinity`, paths absolute. */
export interface Config {
  /** Absolute path of the file, or of where it would be. */
  readonly file: string
  readonly general: Frozen<Settled<Schema['general'], 'default_server_domain'>>
  readonly listen: {
    readonly c2s: readonly C2sListener[]
    readonly s2s: readonly S2sListener[]
    readonly component: readonly ComponentListener[]
    readonly http: readonly HttpListener[]
  }
  readonly auth: Frozen<Settled<Schema['auth'], 'methods'>>
  /** Options of the modules that are on, by name. */
  readonly modules: Readonly<Record<string, ModuleOptions>>
  readonly shaper: Frozen<Schema['shaper']>
  readonly acl: Acl
  readonly access: Access
  readonly instrumentation: Frozen<Schema['instrumentation']>
  readonly logging: Frozen<Schema['logging']>
  /** Connections to other services, by type and tag. */
  readonly outgoing_pools: Frozen<Schema['outgoing_pools']>
  readonly services: Frozen<Schema['services']>
  readonly internal_databases: Frozen<Schema['internal_databases']>
  /** Connections with other servers; undefined where there are none. */
  readonly s2s: S2sOptions | undefined
  /** What single hosts have otherwise; `configFor` applies it. */
  readonly host_config: readonly HostConfig[]
}

/** One settled `[[host_config]]` table. */
export interface HostConfig {
  /** Host type; for a static domain, the domain. */
  readonly host: string
  readonly general: Frozen<Schema['host_config'][number]['general']>
  readonly auth?: Config['auth']
  readonly modules?: Config['modules']
  readonly acl?: Acl
  readonly access?: Access
  readonly outgoing_pools?: Frozen<NonNullable<Schema['host_config'][number]['outgoing_pools']>>
  readonly s2s?: S2sOptions
}
