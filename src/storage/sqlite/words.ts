import { sql } from '../sql.ts'
import type { WordSql } from '../word-index.ts'

/** Word indexes on FTS5: the words alone, without the text or the places where they stand. */
export const words: WordSql = {
  create: (table) => [
    sql`create virtual table ${sql.table(table)} using fts5(
      words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
    )`,
  ],
  stored: (given) => given,
  cell: (value) => value,
  query: (exact, beginnings) =>
    [...exact.map((word) => `"${word}"`), ...beginnings.map((word) => `"${word}"*`)].join(' AND '),
  matches: (table, query) => sql`${sql.table(table)} match ${query}`,
}
