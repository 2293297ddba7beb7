import { needPool } from './check-auth.ts'
import { valueAt } from './key-path.ts'
import type { ModuleDeclaration } from './modules.ts'
import type { Report } from './problem.ts'
import type { Config } from './schema.ts'
import { isTable } from './schema-walk.ts'

const place = ['internal_databases', 'cluster']

/** Checks that the nodes of a cluster share what they need. Works on data of any shape. */
export function checkCluster(data: unknown, report: Report): void {
  const table = valueAt(data, place)
  if (!isTable(table)) return
  needPool(data, { type: 'redis', tag: table['pool_tag'] ?? 'default' }, [...place, 'pool_tag'], report)
  const pool = ['outgoing_pools', 'rdbms', 'default']
  const driver = valueAt(data, [...pool, 'connection', 'driver']) ?? valueAt(data, [...pool, 'driver'])
  if (driver === 'pgsql' || driver === 'mysql') return
  report.error('cluster_without_database_server', place, {
    message: 'The nodes of a cluster keep their data in one SQL server; the built-in database is for one node.',
    hint: 'give all of them the same outgoing_pools.rdbms.default with driver "pgsql" or "mysql", or remove this table',
  })
}

/** What is configured and not right where several nodes do it. */
export function checkClusterModules(config: Config, modules: readonly ModuleDeclaration[], report: Report): void {
  if (config.internal_databases.cluster === undefined) return
  const able = new Set(modules.filter(({ inCluster }) => inCluster === true).map(({ name }) => name))
  const places = [
    { place: ['modules'], named: config.modules },
    ...config.host_config.map((own, index) => ({ place: ['host_config', index, 'modules'], named: own.modules ?? {} })),
  ]
  for (const { place, named } of places) {
    for (const name of Object.keys(named)) {
      if (able.has(name)) continue
      report.error('not_in_cluster', [...place, name], {
        message: `${name} does not work on several nodes yet: each would know only what it has done itself.`,
        hint: 'remove it, or run one server without internal_databases.cluster',
      })
    }
  }
}
