import type { Compilable, Expression, Kysely, RawBuilder, SqlBool } from 'kysely'
import type { AnyTables } from './database.ts'
import { dialectOf } from './dialect.ts'
import { type PackedInsert, packedInsert } from './packed-insert.ts'
import type { RowPack } from './row-pack.ts'
import { sql } from './sql.ts'

/** How a database keeps and finds words; each has its own full text search. */
export interface WordSql {
  /** Statements that make the index: a table with the columns `rowid` and `words`. */
  create(table: string): readonly RawBuilder<unknown>[]
  /** Words, with a blank between them, as they are stored. */
  stored(words: string): string
  /** How the stored words stand in an insert. */
  cell(value: unknown): unknown
  /** The text of a query for all of these words and beginnings of words. */
  query(words: readonly string[], beginnings: readonly string[]): string
  /** The condition that a row of the index matches the query. */
  matches(table: string, query: unknown): RawBuilder<unknown>
}

/**
 * Finds numbers by words: an index of its own kind of table, made with {@link createWordIndex}. A word is of lower-case letters,
 * digits and `_`; what stands behind its 64th character is not told apart everywhere.
 */
export interface WordIndex {
  /** An empty pack of entries: the number, and its words with blanks between them. A number must not be there yet. */
  pack(): RowPack
  /** Statements that add entries. */
  insert(entries: RowPack): Compilable[]
  /** A query for entries that have all these words, and a word for each of these beginnings. */
  query(words: readonly string[], beginnings?: readonly string[]): string
  /** The condition that what stands in `column` is the number of an entry that answers the query. */
  matches(column: string, query: string): Expression<SqlBool>
}

/** Makes the table of a word index; for migrations. Entries are deleted as rows are, by their `rowid`. */
export async function createWordIndex(db: Kysely<AnyTables>, table: string): Promise<void> {
  for (const statement of dialectOf(db).words.create(table)) await statement.execute(db)
}

const entryColumns = { rowid: 'number', words: 'text' } as const

/** The word index in this table; a word given twice for an entry counts once. */
export function wordIndex(q: Kysely<AnyTables>, table: string): WordIndex {
  const { words: sqlOf } = dialectOf(q)
  let inserts: PackedInsert | undefined
  const insert = () => {
    inserts ??= packedInsert(q, table, entryColumns, {
      row: ([id, words]) => [id, sqlOf.stored(cleaned(words as string))],
      cell: (column, value) => (column === 'words' ? sqlOf.cell(value) : value),
    })
    return inserts
  }
  return {
    pack: () => insert().pack(),
    insert: (entries) => insert().of(entries),
    query: (words, beginnings = []) => sqlOf.query(words, beginnings),
    matches: (column, query) => inTable(column, table, sqlOf.matches(table, query)),
  }
}

/** Longer words are cut: databases refuse or leave out what is much longer. Only FTS5 takes words of any length, and blanks as they are. */
const longestWord = 64

function cleaned(words: string): string {
  const each = words.split(' ').filter((word) => word !== '')
  return each.map((word) => word.slice(0, longestWord)).join(' ')
}

function inTable(column: string, table: string, condition: RawBuilder<unknown>): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} in (select rowid from ${sql.table(table)} where ${condition})`
}
