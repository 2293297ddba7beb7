import { sql } from '../sql.ts'
import type { WordSql } from '../word-index.ts'

/** What is put after every word, since the server leaves out words of less than three characters and some frequent ones. */
const TAIL = '__'

/** Word indexes on InnoDB's full text search. */
export const words: WordSql = {
  create: (table) => [
    sql`create table ${sql.table(table)} (
      rowid bigint primary key,
      words longtext character set utf8mb4 collate utf8mb4_bin not null,
      fulltext (words)
    )`,
  ],
  stored: (given) => given.replaceAll(' ', `${TAIL} `) + TAIL,
  cell: (value) => value,
  query: (exact, beginnings) =>
    [...exact.map((word) => `+${word}${TAIL}`), ...beginnings.map((word) => `+${word}*`)].join(' '),
  matches: (_table, query) => sql`match (words) against (${query} in boolean mode)`,
}
