import { join, resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../observe/logger.ts'
import type { DatabaseOptions } from '../storage/open.ts'
import type { Clock } from '../util/clock.ts'

const kinds = { pgsql: 'postgres', mysql: 'mysql' } as const
const ports = { pgsql: 5432, mysql: 3306 } as const

/** The database that a configuration asks for: that of its pool, or else the built-in one in the data folder. */
export function databaseOptions(config: Config, clock: Clock, log: Logger): DatabaseOptions {
  const dir = config.general.data_dir
  const pool = config.outgoing_pools.rdbms['default']
  if (pool === undefined) return { kind: 'sqlite', file: join(dir, 'meerkat.sqlite'), clock, log }
  const { driver, host = 'localhost', port, database, username = '', password = '', tls } = pool.connection
  if (driver === 'sqlite') return { kind: 'sqlite', file: resolve(dir, database), clock, log }
  const keepalive = pool.connection.keepalive_interval
  return {
    kind: kinds[driver],
    host,
    port: port ?? ports[driver],
    database,
    username,
    password,
    ...(tls === undefined ? {} : { tls }),
    workers: pool.workers,
    ...(keepalive === undefined ? {} : { keepalive: keepalive * 1000 }),
    queryTimeout: pool.connection.query_timeout,
    callTimeout: pool.call_timeout,
    maxStartInterval: pool.connection.max_start_interval * 1000,
    clock,
    log,
  }
}
