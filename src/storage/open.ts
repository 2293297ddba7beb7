import { closeSync, openSync } from 'node:fs'
import { type Clock, systemClock } from '../util/clock.ts'
import type { Database, StorageLog } from './database.ts'
import { makeDatabase } from './relational-database.ts'
import { RemoteEngine } from './remote/engine.ts'
import type { ServerAddress } from './server-address.ts'
import { SqliteEngine } from './sqlite/engine.ts'

interface CommonOptions {
  /** Bytes of unanswered work beyond which `canAccept()` says no. Default 64 MiB. */
  maxHeldBytes?: number
  log?: StorageLog
  clock?: Clock
}

/** SQLite in this process. */
export interface SqliteDatabaseOptions extends CommonOptions {
  kind: 'sqlite'
  /** Path of the file, made if it is missing, or `:memory:`. */
  file: string
  /** Milliseconds that a write may wait for others under load, to share a commit. Default 5. */
  flushInterval?: number
  /** Number of statements at which a commit does not wait. Default 100. */
  flushRows?: number
}

/** A database server. */
export interface ServerDatabaseOptions extends CommonOptions {
  kind: 'postgres' | 'mysql'
  host: string
  port: number
  database: string
  username: string
  password: string
  tls?: ServerAddress['tls']
  /** Connections for reads that may lag. Default 10. */
  workers?: number
  /** Milliseconds between two signs of life on an idle connection; none unless given. */
  keepalive?: number
  /** Milliseconds that a statement may take. Default 5000. */
  queryTimeout?: number
  /** Milliseconds that a read may wait for its turn. Default 60,000. */
  callTimeout?: number
  /** Longest pause between two attempts to reach the server, in milliseconds. Default 30,000. */
  maxStartInterval?: number
}

/** How to reach a database, and how it is to behave. */
export type DatabaseOptions = SqliteDatabaseOptions | ServerDatabaseOptions

const MAX_HELD = 64 << 20
/** Most statements that share a commit on a database server. */
const BATCH_ROWS = 500

/** Opens a database. Rejects with `StorageUnavailable` or the system's error if that is not possible. */
export function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.kind === 'sqlite' ? openSqlite(options) : openServer(options)
}

async function openSqlite(options: SqliteDatabaseOptions): Promise<Database> {
  const { file, flushInterval = 5, flushRows = 100, maxHeldBytes = MAX_HELD, log, clock } = options
  // SQLite would let others read it; its side files take over the mode.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600))
  const engine = new SqliteEngine({ file, flushInterval, flushRows, maxHeldBytes, log })
  await engine.run({ sql: 'select 1', parameters: [] })
  return makeDatabase(engine, clock)
}

/** Loads a driver when it is needed: a server on SQLite has no use for the memory that they take. */
async function driverFor(kind: ServerDatabaseOptions['kind'], address: ServerAddress) {
  if (kind === 'postgres') return new (await import('./postgres/driver.ts')).PostgresDriver(address)
  return new (await import('./mysql/driver.ts')).MysqlDriver(address)
}

async function openServer(options: ServerDatabaseOptions): Promise<Database> {
  const { queryTimeout = 5000, callTimeout = 60_000, maxStartInterval = 30_000, clock = systemClock } = options
  const address = { ...options, tls: options.tls, queryTimeout }
  const driver = await driverFor(options.kind, address)
  const engine = await RemoteEngine.open({
    driver,
    workers: options.workers ?? 10,
    batchRows: BATCH_ROWS,
    queryTimeout,
    callTimeout,
    maxStartInterval,
    keepalive: options.keepalive,
    maxHeldBytes: options.maxHeldBytes ?? MAX_HELD,
    now: () => clock.now(),
    log: options.log,
  })
  return makeDatabase(engine, clock)
}
