import { valueAt } from './key-path.ts'
import type { Access, Acl, Config, HostConfig } from './schema.ts'
import { isTable } from './schema-walk.ts'

/**
 * The configuration as it is for one host type: its own `auth` and `modules` take the place of the general ones, its
 * patterns and clauses join them.
 */
export function configFor(config: Config, hostType: string): Config {
  const own = config.host_config.find(({ host }) => host === hostType)
  if (own === undefined) return config
  const { auth = config.auth, modules = config.modules, s2s = config.s2s } = own
  const { acl = {}, access = {}, outgoing_pools: pools } = own
  return Object.freeze({
    ...config,
    general: { ...config.general, ...written(own.general) },
    auth,
    modules,
    s2s,
    acl: uniteClasses(config.acl, acl),
    access: uniteRules(config.access, access),
    ...(pools !== undefined && { outgoing_pools: unitePools(config.outgoing_pools, pools) }),
  })
}

function written<T extends object>(table: T): Partial<T> {
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined)) as Partial<T>
}

type Pools = Config['outgoing_pools']

/** Pools of the host take the place of general ones of the same type and tag. */
function unitePools(general: Pools, own: NonNullable<HostConfig['outgoing_pools']>): Pools {
  const types = ['http', 'ldap', 'redis', 'rabbit'] as const
  return { ...general, ...Object.fromEntries(types.map((type) => [type, { ...general[type], ...own[type] }])) }
}

function uniteClasses(general: Acl, own: Acl): Acl {
  const united: Record<string, Acl[string]> = { ...general }
  for (const [name, patterns] of Object.entries(own)) united[name] = [...(general[name] ?? []), ...patterns]
  return united
}

/** Clauses of the host come before a last one for everybody, which would hide them; otherwise they come last. */
function uniteRules(general: Access, own: Access): Access {
  const united: Record<string, Access[string]> = { ...general }
  for (const [name, clauses] of Object.entries(own)) {
    const before = general[name] ?? []
    const last = before.at(-1)
    united[name] = last?.acl === 'all' ? [...before.slice(0, -1), ...clauses, last] : [...before, ...clauses]
  }
  return united
}

/**
 * MongooseIM 4.0.0 merges `auth` and `s2s` of a host into the general ones key by key, where later versions let them take
 * their place: done on what is written, before it is checked, for a file that is of that generation.
 */
export function mergeHostTables(data: unknown): void {
  const hosts = valueAt(data, ['host_config'])
  if (!Array.isArray(hosts)) return
  for (const section of ['auth', 's2s']) {
    const general = valueAt(data, [section])
    if (!isTable(general)) continue
    for (const host of hosts) {
      const own = isTable(host) ? host[section] : undefined
      if (isTable(own)) host[section] = { ...general, ...own }
    }
  }
}
