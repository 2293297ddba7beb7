import { closeSync, openSync } from 'node:fs'
import type { Clock } from '../util/clock.ts'
import type { Database, StorageLog } from './database.ts'
import { makeDatabase } from './relational-database.ts'
import { SqliteEngine } from './sqlite/engine.ts'

/** How to reach a database, and how it is to behave. */
export interface DatabaseOptions {
  kind: 'sqlite'
  /** Path of the file, made if it is missing, or `:memory:`. */
  file: string
  /** Milliseconds that a write may wait for others under load, to share a commit. Default 5. */
  flushInterval?: number
  /** Number of statements at which a commit does not wait. Default 100. */
  flushRows?: number
  /** Bytes of unanswered work beyond which `canAccept()` says no. Default 64 MiB. */
  maxHeldBytes?: number
  log?: StorageLog
  clock?: Clock
}

/** Opens a database. Rejects with `StorageUnavailable` or the system's error if that is not possible. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { file, flushInterval = 5, flushRows = 100, maxHeldBytes = 64 << 20, log, clock } = options
  // SQLite would let others read it; its side files take over the mode.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600))
  const engine = new SqliteEngine({ file, flushInterval, flushRows, maxHeldBytes, log })
  await engine.run({ sql: 'select 1', parameters: [] })
  return makeDatabase(engine, clock)
}
