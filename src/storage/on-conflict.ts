import { type Expression, type InsertQueryBuilder, type InsertResult, type Kysely, sql } from 'kysely'
import type { AnyTables } from './database.ts'
import type { Merge, Upsert } from './dialect.ts'

type Insert = InsertQueryBuilder<AnyTables, string, InsertResult>

/** `on conflict … do update`, as SQLite and PostgreSQL know it. */
export function upsertOnConflict(q: Kysely<AnyTables>, { table, values, key, update }: Upsert): Insert {
  const insert = q.insertInto(table).values(values)
  if (update.length === 0) return insert.onConflict((conflict) => conflict.columns(key).doNothing())
  return mergeOnConflict(insert, {
    key,
    changes: Object.fromEntries(update.map((column) => [column, excluded(column)])),
  })
}

/** The same with changes of any kind. */
export function mergeOnConflict(insert: Insert, { key, changes }: Merge): Insert {
  return insert.onConflict((conflict) => conflict.columns(key).doUpdateSet(changes))
}

/** What a column of the row that was to be inserted has, as SQLite and PostgreSQL call it. */
export function excluded(column: string): Expression<unknown> {
  return sql.ref(`excluded.${column}`)
}

/** `on conflict do nothing`, as SQLite and PostgreSQL know it. */
export function insertOnConflict(q: Kysely<AnyTables>, table: string, values: object | readonly object[]): Insert {
  return q
    .insertInto(table)
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
}
