import Sqlite from 'better-sqlite3'

interface Column {
  readonly name: string
  readonly type: string
  readonly pk: number
}

interface Table {
  readonly name: string
  readonly columns: readonly Column[]
}

/**
 * Tables that keep what they have: other servers are told by the first, and the second has numbers for addresses, which the
 * archives of others may mention.
 */
const lasting = ['domain_events', 'mod_mam_address']

/** What stands in the columns that say whose a row is. */
export type Owner = Readonly<Record<string, string>>

/** The rows of a server's SQLite database, beside the server and behind its back. */
export class TableRows {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** How many rows pass a test, by table: `test` makes a condition of the columns, or nothing for a table that is of no concern. */
  count(
    test: (
      columns: readonly string[],
      table: string,
    ) => { readonly sql: string; readonly values: readonly string[] } | undefined,
  ) {
    return this.#with((db) => {
      const found: Record<string, number> = {}
      for (const { name, columns } of tablesOf(db)) {
        const condition = test(
          columns.map((column) => column.name),
          name,
        )
        if (condition === undefined) continue
        const query = db.prepare(`select count(*) as rows from ${name} where ${condition.sql}`)
        const { rows } = query.get(...condition.values) as { rows: number }
        if (rows > 0) found[name] = rows
      }
      return found
    })
  }

  /** Messages in archives of addresses like these. */
  archived(...patterns: readonly string[]): number {
    const tests = patterns.map(() => 'address like ?').join(' or ')
    const own = `(select id from mod_mam_address where ${tests})`
    // What is written lately stands with the message still.
    const isNew = 'id > coalesce((select placed from mod_mam_progress as p where p.writer = mod_mam_stanza.writer), 0)'
    const placed = `select count(*) as rows from mod_mam_entry where archive in ${own}`
    const fresh = `select count(*) as rows from mod_mam_stanza where ${isNew} and (first_archive in ${own} or second_archive in ${own})`
    return this.#with((db) => {
      const rowsOf = (query: string, times: number) =>
        db.prepare(query).get(...Array.from({ length: times }, () => patterns).flat()) as { rows: number }
      return rowsOf(placed, 1).rows + rowsOf(fresh, 2).rows
    })
  }

  /** Puts a row into each table that `ownerOf` gives an owner for, unless there is such a one; answers the names of these tables. */
  sow(ownerOf: (columns: readonly string[], table: string) => Owner | undefined): string[] {
    return this.#with((db) =>
      tablesOf(db).flatMap(({ name, columns }) => {
        const owner = ownerOf(
          columns.map((column) => column.name),
          name,
        )
        if (owner === undefined) return []
        const keys = columns.filter(({ pk }) => pk > 0)
        const isNumbered = keys.length === 1 && keys[0]?.type.toLowerCase() === 'integer'
        const given = columns.filter(({ pk }) => !(isNumbered && pk > 0))
        const mark = markOf(owner)
        const values = given.map((column) => owner[column.name] ?? (/int/i.test(column.type) ? 1 : mark))
        const [names, marks] = [given.map((column) => column.name).join(', '), given.map(() => '?').join(', ')]
        // One that a module has made itself is as good.
        db.prepare(`insert or ignore into ${name} (${names}) values (${marks})`).run(values)
        return [name]
      }),
    )
  }

  /** Takes the rows out again that {@link sow} has made for these owners. */
  reap(...owners: readonly Owner[]): void {
    this.#with((db) => {
      for (const { name, columns } of tablesOf(db)) {
        const tests = columns.map((column) => `${column.name} = ?`).join(' or ')
        for (const mark of owners.map(markOf))
          db.prepare(`delete from ${name} where ${tests}`).run(columns.map(() => mark))
      }
    })
  }

  #with<T>(work: (db: Sqlite.Database) => T): T {
    const db = new Sqlite(this.#file)
    try {
      return work(db)
    } finally {
      db.close()
    }
  }
}

/** The service of a domain whose rooms are in a table. */
export function serviceFor(table: string, domain: string): string {
  return `${table.startsWith('mod_muc_light') ? 'muclight' : 'conference'}.${domain}`
}

function markOf(owner: Owner): string {
  return `sown-for-${Object.values(owner)
    .join('-')
    .replaceAll(/[^a-z0-9]/g, '-')}`
}

function tablesOf(db: Sqlite.Database): Table[] {
  const all = db.prepare(`select name from sqlite_master where type = 'table' and name not like 'mod_mam_words%'`).all()
  return (all as { name: string }[])
    .filter(({ name }) => !lasting.includes(name))
    .map(({ name }) => ({ name, columns: db.pragma(`table_info(${name})`) as Column[] }))
}
