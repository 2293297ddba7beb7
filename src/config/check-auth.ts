import { type KeyPath, valueAt } from './key-path.ts'
import type { Report } from './problem.ts'
import { isTable } from './schema-walk.ts'

/** Methods whose table has options that must be written. */
const needSection = ['external', 'jwt', 'ldap']

/** Checks that what the authentication methods need is there, for every host. Works on data of any shape. */
export function checkAuthNeeds(data: unknown, report: Report): void {
  checkNeeds(data, ['auth'], report)
  const hosts = valueAt(data, ['host_config'])
  if (!Array.isArray(hosts)) return
  hosts.forEach((_, index) => {
    checkNeeds(data, ['host_config', index, 'auth'], report)
  })
}

function checkNeeds(data: unknown, place: KeyPath, report: Report): void {
  const auth = valueAt(data, place)
  const named = valueAt(auth, ['methods'])
  const listed = Array.isArray(named) ? named : undefined
  listed?.forEach((method: unknown, index) => {
    if (typeof method !== 'string' || !needSection.includes(method) || isTable(valueAt(auth, [method]))) return
    report.error('missing_section_for_auth_method', [...place, 'methods', index], {
      message: `The method needs a table auth.${method}.`,
      value: method,
    })
  })
  const isUsed = (method: string) => listed?.includes(method) ?? valueAt(auth, [method]) !== undefined
  const need = (type: 'http' | 'ldap', tag: unknown, path: KeyPath) => needPool(data, { type, tag }, path, report)
  if (isUsed('http')) need('http', 'auth', [...place, 'http'])
  const ldap = valueAt(auth, ['ldap'])
  if (!isUsed('ldap') || !isTable(ldap)) return
  need('ldap', ldap['pool_tag'] ?? 'default', [...place, 'ldap', 'pool_tag'])
  need('ldap', ldap['bind_pool_tag'] ?? 'bind', [...place, 'ldap', 'bind_pool_tag'])
}

/** Checks that there is the pool that something at `path` needs. */
export function needPool(
  data: unknown,
  { type, tag }: { readonly type: string | undefined; readonly tag: unknown },
  path: KeyPath,
  report: Report,
): void {
  if (type === undefined || typeof tag !== 'string' || hasPool(data, path, type, tag)) return
  report.error('pool_not_configured', path, { message: `There is no table outgoing_pools.${type}.${tag}.` })
}

/** Whether a pool is defined in general or for the host whose settings `place` is in. */
function hasPool(data: unknown, place: KeyPath, type: string, tag: string): boolean {
  const own =
    place[0] === 'host_config' ? valueAt(data, [...place.slice(0, 2), 'outgoing_pools', type, tag]) : undefined
  return own !== undefined || valueAt(data, ['outgoing_pools', type, tag]) !== undefined
}

/** Tells of databases that are not used, and checks that a limit on waiting stands only where the strategy knows one. */
export function checkPools(data: unknown, report: Report): void {
  for (const [tag] of poolsOf(data, 'rdbms')) {
    if (tag === 'default') continue
    report.warning('no_effect', ['outgoing_pools', 'rdbms', tag], {
      message: 'Accepted without effect: one database serves everything, that of outgoing_pools.rdbms.default.',
    })
  }
  for (const type of ['http', 'ldap', 'redis']) {
    for (const [tag, pool] of poolsOf(data, type)) checkQueueLimit(pool, ['outgoing_pools', type, tag], report)
  }
}

function poolsOf(data: unknown, type: string): [string, unknown][] {
  const pools = valueAt(data, ['outgoing_pools', type])
  return isTable(pools) ? Object.entries(pools) : []
}

function checkQueueLimit(pool: unknown, path: KeyPath, report: Report): void {
  const strategy = valueAt(pool, ['strategy'])
  const most = valueAt(pool, ['max_worker_queue_len'])
  if (most === undefined || strategy === undefined || strategy === 'best_worker') return
  report.error('invalid_worker_pool_strategy_option', [...path, 'max_worker_queue_len'], {
    message: 'Only the strategy "best_worker" has such a limit.',
    value: most,
  })
}
