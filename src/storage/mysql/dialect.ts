import { type DataTypeNode, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { sql } from '../sql.ts'
import { words } from './words.ts'

/**
 * Migrations are written once for every database. Here an integer has 64 bits and `varchar` is kept as bytes of UTF-8, three for
 * each character: so it is compared as SQLite does, blanks at the end included, and a key of several columns stays below the
 * 3072 bytes of an index. Longer text has no such limits and is never in an index.
 */
class Compiler extends MysqlQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    const { dataType } = node
    const length = /^varchar\((\d+)\)$/.exec(dataType)?.[1]
    if (length !== undefined) this.append(`varbinary(${Number(length) * 3})`)
    else if (dataType === 'integer') this.append('bigint')
    else if (dataType === 'blob') this.append('longblob')
    else if (dataType === 'text') this.append('longtext character set utf8mb4 collate utf8mb4_bin')
    else super.visitDataType(node)
  }
}

/** MariaDB answers `insert` and `delete` with rows; MySQL refuses such a statement, as both do an `update`. */
class Adapter extends MysqlAdapter {
  override get supportsReturning(): boolean {
    return true
  }
}

const incoming = (column: string) => sql`values(${sql.ref(column)})`

/** SQL as MySQL and MariaDB speak it. */
export const mysqlDialect: SqlDialect = {
  name: 'mysql',
  createAdapter: () => new Adapter(),
  createQueryCompiler: () => new Compiler(),
  createIntrospector: (db) => new MysqlIntrospector(db),
  upsert(q, { table, values, key, update }) {
    const [first = ''] = key
    const changes =
      update.length === 0
        ? { [first]: sql.ref(first) }
        : Object.fromEntries(update.map((column) => [column, incoming(column)]))
    return q.insertInto(table).values(values).onDuplicateKeyUpdate(changes)
  },
  merge: (insert, { changes }) => insert.onDuplicateKeyUpdate(changes),
  incoming,
  insertIgnore: (q, table, values) => q.insertInto(table).values(values).ignore(),
  words,
}
