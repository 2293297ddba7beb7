import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { excluded, insertOnConflict, mergeOnConflict, upsertOnConflict } from '../on-conflict.ts'
import { words } from './words.ts'

/** SQL as SQLite speaks it. */
export const sqliteDialect: SqlDialect = {
  name: 'sqlite',
  createAdapter: () => new SqliteAdapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  upsert: upsertOnConflict,
  merge: mergeOnConflict,
  incoming: excluded,
  insertIgnore: insertOnConflict,
  words,
}
