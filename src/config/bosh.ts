import { prepareDomainName } from './domain-name.ts'
import { type KeyPath, valueAt } from './key-path.ts'
import type { Report } from './problem.ts'
import { isTable } from './schema-walk.ts'
import { hostTypeName } from './settle.ts'

const service = ['services', 'service_bosh'] as const

/**
 * Until 6.5 BOSH was a module, which a host could have of its own: done on what is written, before it is checked. The first
 * of them becomes the service, for the hosts that have it.
 */
export function gatherBosh(data: Record<string, unknown>, report: Report): void {
  const found = hostModules(data)
  const [first] = found
  if (first === undefined) return
  const isWritten = [service, ['modules', 'mod_bosh']].some((path) => valueAt(data, path) !== undefined)
  for (const { path } of isWritten ? found : found.slice(1)) {
    report.warning('renamed_key', path, {
      message: 'Its options are ignored: BOSH sessions are the same for all hosts.',
    })
  }
  if (isWritten) return
  data['services'] ??= {}
  const { services } = data
  if (!isTable(services)) return
  const hosts = found.map(({ host }) => host).filter((host) => typeof host === 'string')
  services['service_bosh'] = isTable(first.options) ? { ...first.options, host_types: hosts } : first.options
  report.moved(service, first.path)
  report.notice('renamed_key', first.path, { message: 'Read as services.service_bosh, its newer name.' })
}

interface HostModule {
  readonly host: unknown
  readonly path: KeyPath
  readonly options: unknown
}

/** Takes `mod_bosh` out of the modules of single hosts. */
function hostModules(data: Record<string, unknown>): HostModule[] {
  const entries = data['host_config']
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: unknown, index) => {
    const modules = valueAt(entry, ['modules'])
    if (!isTable(modules) || !Object.hasOwn(modules, 'mod_bosh')) return []
    const { mod_bosh: options } = modules
    delete modules['mod_bosh']
    const host = valueAt(entry, ['host']) ?? valueAt(entry, ['host_type'])
    return [{ host, path: ['host_config', index, 'modules', 'mod_bosh'], options }]
  })
}

/** The service is for hosts that are there, and a handler needs it. */
export function checkBosh(data: unknown, report: Report): void {
  if (valueAt(data, service) === undefined) warnOfHandlers(data, report)
  else checkHostTypes(data, report)
}

function listAt(data: unknown, path: KeyPath): readonly unknown[] {
  const list = valueAt(data, path)
  return Array.isArray(list) ? list : []
}

function checkHostTypes(data: unknown, report: Report): void {
  const kinds = listAt(data, ['general', 'host_types'])
  const hosts = listAt(data, ['general', 'hosts']).map((host) => prepareDomainName(String(host)))
  for (const [index, type] of listAt(data, [...service, 'host_types']).entries()) {
    if (typeof type !== 'string' || [...hosts, ...kinds].includes(hostTypeName(type, kinds))) continue
    const message = 'There is no such host or kind of hosts.'
    report.error('unknown_domain', [...service, 'host_types', index], { message, value: type })
  }
}

function warnOfHandlers(data: unknown, report: Report): void {
  for (const index of listAt(data, ['listen', 'http']).keys()) {
    const path = ['listen', 'http', index, 'handlers', 'mongoose_bosh_handler']
    if (valueAt(data, path) === undefined) continue
    report.warning('default_used', path, { message: 'Without services.service_bosh nobody is served here.' })
  }
}
