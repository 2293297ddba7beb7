import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { SqlDialect } from '../dialect.ts'

/** SQL as SQLite speaks it. */
export const sqliteDialect: SqlDialect = {
  name: 'sqlite',
  createAdapter: () => new SqliteAdapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  upsert(q, { table, values, key, update }) {
    const insert = q.insertInto(table).values(values)
    if (update.length === 0) return insert.onConflict((conflict) => conflict.columns(key).doNothing())
    return insert.onConflict((conflict) =>
      conflict
        .columns(key)
        .doUpdateSet((eb) => Object.fromEntries(update.map((column) => [column, eb.ref(`excluded.${column}`)]))),
    )
  },
  insertIgnore: (q, table, values) =>
    q
      .insertInto(table)
      .values(values)
      .onConflict((conflict) => conflict.doNothing()),
}
