import { createRequire } from 'node:module'
import type BetterSqlite3 from 'better-sqlite3'

/** The driver is CommonJS with its error class as a property, which an import statement does not show. */
const Driver = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite3

export type Connection = BetterSqlite3.Database
export type Prepared = BetterSqlite3.Statement<unknown[], unknown>

const { SqliteError } = Driver

/** Opens a file. */
export function connect(file: string, options: BetterSqlite3.Options): Connection {
  return new Driver(file, options)
}

/** The code of an error of SQLite's, or of anything else that has one; empty otherwise. */
export function codeOf(error: unknown): string {
  if (error instanceof SqliteError) return error.code
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
