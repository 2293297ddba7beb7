import { resolve } from 'node:path'
import type { z } from 'zod'
import { prepareDomainName } from './domain-name.ts'
import type { KeyPath } from './key-path.ts'
import { alwaysOn, type ModuleDeclaration, moduleOptions } from './modules.ts'
import type { Report } from './problem.ts'
import type { Config, configSchema, Frozen } from './schema.ts'
import { authMethods } from './sections/auth.ts'
import { s2s } from './sections/s2s.ts'

type Parsed = z.output<ReturnType<typeof configSchema>>

/** What settling needs to know besides the parsed values. */
export interface SettleOptions {
  readonly file: string
  readonly folder: string
  readonly modules: readonly ModuleDeclaration[]
  readonly report: Report
}

/** Fills in what depends on other values, and freezes the result. */
export function settle(parsed: Parsed, options: SettleOptions): Config {
  const { folder, file, report } = options
  const { general, listen } = parsed
  return freeze({
    file,
    general: {
      ...general,
      default_server_domain: general.default_server_domain ?? general.hosts[0] ?? 'localhost',
      data_dir: resolve(folder, general.data_dir),
    },
    listen: {
      c2s: listen.c2s.map((entry, index) => settleListener(entry, ['listen', 'c2s', index], report)),
      s2s: listen.s2s.map((entry, index) => settleListener(entry, ['listen', 's2s', index], report)),
      component: listen.component.map((entry, index) => settleListener(entry, ['listen', 'component', index], report)),
      http: listen.http.map((entry, index) => settleListener(entry, ['listen', 'http', index], report)),
    },
    auth: settleAuth(parsed.auth),
    modules: settleModules(parsed.modules, ['modules'], options),
    shaper: parsed.shaper,
    acl: parsed.acl,
    access: parsed.access,
    instrumentation: parsed.instrumentation,
    logging: parsed.logging,
    outgoing_pools: parsed.outgoing_pools,
    services: settleServices(parsed.services, general.host_types),
    internal_databases: parsed.internal_databases,
    s2s: parsed.s2s ?? (listen.s2s.length > 0 ? s2s.parse({}) : undefined),
    host_config: parsed.host_config.map((entry, index) =>
      settleHost(entry, ['host_config', index], { ...options, hostTypes: general.host_types }),
    ),
  }) as Config
}

function settleServices(services: Parsed['services'], hostTypes: readonly string[]) {
  const bosh = services.service_bosh
  if (bosh === undefined) return services
  const types = bosh.host_types?.map((type) => hostTypeName(type, hostTypes))
  return { ...services, service_bosh: { ...bosh, host_types: types } }
}

function settleAuth(auth: Parsed['auth']) {
  const sections = authMethods.filter((method) => auth[method] !== undefined)
  return { ...auth, methods: auth.methods ?? (sections.length > 0 ? sections : ['internal' as const]) }
}

/** A host type as it is called: a kind of dynamic domains is called what is written, a host by its prepared name. */
export function hostTypeName(written: string, hostTypes: readonly unknown[]): string {
  return hostTypes.includes(written) ? written : (prepareDomainName(written) ?? written)
}

function settleHost(
  entry: Parsed['host_config'][number],
  path: KeyPath,
  options: SettleOptions & { readonly hostTypes: readonly string[] },
) {
  const { host, host_type, auth, modules, ...rest } = entry
  return {
    ...rest,
    host: host ?? hostTypeName(host_type ?? '', options.hostTypes),
    ...(auth !== undefined && { auth: settleAuth(auth) }),
    ...(modules !== undefined && { modules: settleModules(modules, [...path, 'modules'], options) }),
  }
}

interface Listener {
  ip_address?: string | undefined
  ip_version?: 4 | 6 | undefined
  tls?: { mode?: string; certfile?: string | undefined; versions: string[] } | undefined
}

function settleListener<T extends Listener>(listener: T, path: (string | number)[], report: Report) {
  const address = addressOf(listener)
  if (listener.ip_address === undefined && isSelfSigned(listener)) {
    report.notice('default_used', path, {
      message: `Listens on ${address} only, because its certificate is self-signed.`,
      hint: 'set tls.certfile, or ip_address to open it all the same',
    })
  }
  return { ...listener, ip_address: address, ...settleTls(listener, path, report) }
}

/** The address a listener binds. While the certificate is self-signed that is this machine only, unless it is written. */
export function addressOf(
  listener: Pick<Listener, 'ip_address' | 'ip_version'> & { tls?: { mode?: unknown; certfile?: unknown } | undefined },
): string {
  if (listener.ip_address !== undefined) return listener.ip_address
  const isSix = listener.ip_version === 6
  if (isSelfSigned(listener)) return isSix ? '::1' : '127.0.0.1'
  return isSix ? '::' : '0.0.0.0'
}

function isSelfSigned({ tls }: { tls?: { mode?: unknown; certfile?: unknown } | undefined }): boolean {
  return tls !== undefined && tls.mode !== 'none' && tls.certfile === undefined
}

function settleTls(listener: Listener, path: (string | number)[], report: Report): object {
  const { tls } = listener
  if (tls === undefined) return {}
  const refused = tls.versions.filter((version) => version === 'tlsv1' || version === 'tlsv1.1')
  const versions = tls.versions.filter((version) => version !== 'tlsv1' && version !== 'tlsv1.1')
  const place = [...path, 'tls', 'versions']
  if (versions.length === 0) {
    report.error('tls_version_refused', place, {
      message: 'None of these versions is safe.',
      value: tls.versions,
      hint: 'use "tlsv1.2", "tlsv1.3"',
    })
  } else if (refused.length > 0) {
    report.warning('tls_version_refused', place, { message: `Not offered, because not safe: ${refused.join(', ')}.` })
  }
  return { tls: { ...tls, versions } }
}

function settleModules(
  written: Readonly<Record<string, unknown>>,
  path: KeyPath,
  options: SettleOptions,
): Record<string, unknown> {
  const modules: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(written)) if (value !== undefined) modules[name] = value
  for (const name of alwaysOn) {
    const declaration = options.modules.find((module) => module.name === name)
    if (declaration === undefined || modules[name] !== undefined) continue
    modules[name] = moduleOptions(declaration).parse({})
    options.report.notice('default_used', [...path, name], {
      message: `${name} is always on, although the file does not name it.`,
    })
  }
  return modules
}

/** Freezes a value with all its parts. */
function freeze<T>(value: T): Frozen<T> {
  if (value !== null && typeof value === 'object' && !(value instanceof RegExp)) {
    for (const inner of Object.values(value)) freeze(inner)
    Object.freeze(value)
  }
  return value as Frozen<T>
}
