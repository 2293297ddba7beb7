import type { InsertQueryBuilder, InsertResult, Kysely } from 'kysely'
import type { AnyTables } from './database.ts'
import type { Upsert } from './dialect.ts'

type Insert = InsertQueryBuilder<AnyTables, string, InsertResult>

/** `on conflict … do update`, as SQLite and PostgreSQL know it. */
export function upsertOnConflict(q: Kysely<AnyTables>, { table, values, key, update }: Upsert): Insert {
  const insert = q.insertInto(table).values(values)
  if (update.length === 0) return insert.onConflict((conflict) => conflict.columns(key).doNothing())
  return insert.onConflict((conflict) =>
    conflict
      .columns(key)
      .doUpdateSet((eb) => Object.fromEntries(update.map((column) => [column, eb.ref(`excluded.${column}`)]))),
  )
}

/** `on conflict do nothing`, as SQLite and PostgreSQL know it. */
export function insertOnConflict(q: Kysely<AnyTables>, table: string, values: object | readonly object[]): Insert {
  return q
    .insertInto(table)
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
}
