import type { CreateTableBuilder, Kysely } from 'kysely'
import type { AnyTables } from './database.ts'
import { dialectOf } from './dialect.ts'
import { sql } from './sql.ts'

/**
 * Keeps the rows of a new table in the order of its primary key, where the database can: rows that are read together lie
 * together, and there is no second tree to be kept. For migrations.
 */
export function clustered<Table extends string>(
  db: Kysely<AnyTables>,
  table: CreateTableBuilder<Table>,
): CreateTableBuilder<Table> {
  return dialectOf(db).name === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table
}
