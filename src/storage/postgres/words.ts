import { sql } from '../sql.ts'
import type { WordSql } from '../word-index.ts'

/** Word indexes on `tsvector`: the words as they come, without PostgreSQL's own parsing, which depends on its locale. */
export const words: WordSql = {
  create: (table) => [
    sql`create table ${sql.table(table)} (rowid bigint primary key, words tsvector not null)`,
    sql`create index ${sql.ref(`${table}_words`)} on ${sql.table(table)} using gin (words)`,
  ],
  stored: (given) => given,
  cell: (value) => sql`array_to_tsvector(string_to_array(${value}, ' '))`,
  query: (exact, beginnings) =>
    [...exact.map((word) => `'${word}'`), ...beginnings.map((word) => `'${word}':*`)].join(' & '),
  matches: (_table, query) => sql`words @@ ${query}::text::tsquery`,
}
