import { prepareDomainName } from './domain-name.ts'
import { type KeyPath, valueAt } from './key-path.ts'
import type { ModuleDeclaration } from './modules.ts'
import { nearest } from './nearest.ts'
import type { Report } from './problem.ts'
import type { Config } from './schema.ts'
import { hostTypeName } from './settle.ts'

/** Checks that there is something to serve, that nothing is named twice, and that the default domain can be served. */
export function checkHosts(data: unknown, report: Report): void {
  const hosts = valueAt(data, ['general', 'hosts']) ?? []
  const types = valueAt(data, ['general', 'host_types']) ?? []
  if (!Array.isArray(hosts) || !Array.isArray(types)) return
  if (hosts.length + types.length === 0) {
    report.error('hosts_not_unique_or_empty', ['general', 'hosts'], {
      message: 'The server needs at least one domain.',
      hint: 'for example: hosts = ["localhost"]',
    })
    return
  }
  const prepared = preparedNames(hosts)
  prepared.forEach((host, index) => {
    if (prepared.indexOf(host) === index) return
    report.error('hosts_not_unique_or_empty', ['general', 'hosts', index], {
      message: 'This domain is listed twice.',
      value: hosts[index],
    })
  })
  types.forEach((type: unknown, index) => {
    if (typeof type !== 'string' || !prepared.includes(prepareDomainName(type) ?? type)) return
    report.error('hosts_not_unique_or_empty', ['general', 'host_types', index], {
      message: 'A host of this name is there already.',
      value: type,
    })
  })
  checkDefaultDomain(data, { hosts: prepared, hasTypes: types.length > 0 }, report)
  checkDomainService(data, types, report)
}

function checkDefaultDomain(
  data: unknown,
  { hosts, hasTypes }: { readonly hosts: readonly string[]; readonly hasTypes: boolean },
  report: Report,
): void {
  const path = ['general', 'default_server_domain']
  const fallback = valueAt(data, path)
  if (fallback === undefined && hosts.length === 0) {
    report.error('missing_mandatory_keys', ['general'], {
      message: 'This key is required here, because there is no host: default_server_domain.',
    })
  }
  if (typeof fallback !== 'string' || hasTypes || hosts.includes(prepareDomainName(fallback) ?? fallback)) return
  report.error('unknown_domain', path, { message: 'The default domain is not one of general.hosts.', value: fallback })
}

/** Without the service no domain is ever added. */
function checkDomainService(data: unknown, types: readonly unknown[], report: Report): void {
  if (types.length === 0 || valueAt(data, ['services', 'service_domain_db']) !== undefined) return
  report.warning('default_used', ['general', 'host_types'], {
    message: 'Without services.service_domain_db these kinds have no domains.',
    value: types,
  })
}

/** Modules that cannot serve domains that come and go, on a kind of such domains. */
export function checkDynamicModules(config: Config, modules: readonly ModuleDeclaration[], report: Report): void {
  const unable = modules.filter(({ staticOnly }) => staticOnly === true).map(({ name }) => name)
  for (const type of config.general.host_types) {
    const index = config.host_config.findIndex(({ host, modules }) => host === type && modules !== undefined)
    const own = config.host_config[index]?.modules
    for (const name of unable.filter((each) => (own ?? config.modules)[each] !== undefined)) {
      const place = own === undefined ? ['modules', name] : ['host_config', index, 'modules', name]
      report.error('dynamic_domains_not_supported', place, {
        message: `${name} cannot serve domains that are added at run time, as ${type} has.`,
      })
    }
  }
}

/** Each `[[host_config]]` names one host or host type that is there, and none has two. */
export function checkHostConfigs(data: unknown, report: Report): void {
  const entries = valueAt(data, ['host_config'])
  if (!Array.isArray(entries)) return
  const hosts = preparedNames(valueAt(data, ['general', 'hosts']))
  const types = valueAt(data, ['general', 'host_types'])
  const seen = new Set<string>()
  entries.forEach((entry: unknown, index) => {
    const path = ['host_config', index]
    const [key, ...more] = ['host', 'host_type'].filter((name) => valueAt(entry, [name]) !== undefined)
    if (key === undefined || more.length > 0) {
      report.error('missing_mandatory_keys', path, { message: 'Exactly one of host and host_type is required here.' })
      return
    }
    const value = valueAt(entry, [key])
    if (typeof value !== 'string') return
    const known = key === 'host_type' && Array.isArray(types) ? types : []
    checkHostConfig({ value, path: [...path, key], hosts, types: known, seen }, report)
  })
}

interface NamedHost {
  readonly value: string
  readonly path: KeyPath
  readonly hosts: readonly string[]
  readonly types: readonly unknown[]
  /** Those that have settings already. */
  readonly seen: Set<string>
}

function checkHostConfig({ value, path, hosts, types, seen }: NamedHost, report: Report): void {
  const name = hostTypeName(value, types)
  const names = [...hosts, ...types.filter((type) => typeof type === 'string')]
  if (!names.includes(name)) {
    const guess = nearest(name, names)
    const hint = guess === undefined ? undefined : `did you mean ${JSON.stringify(guess)}?`
    const where = path.at(-1) === 'host' ? 'general.hosts' : 'general.host_types'
    report.error('unknown_domain', path, { message: `This host is not one of ${where}.`, value, hint })
  } else if (seen.has(name)) {
    report.error('hosts_not_unique_or_empty', path, { message: 'This host has settings already.', value })
  }
  seen.add(name)
}

function preparedNames(names: unknown): string[] {
  if (!Array.isArray(names)) return []
  return names.filter((name) => typeof name === 'string').map((name) => prepareDomainName(name) ?? name)
}
