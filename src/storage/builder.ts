import { type CompiledQuery, type DatabaseConnection, type Driver, Kysely, type QueryResult } from 'kysely'
import type { SqlDialect } from './dialect.ts'
import type { RunQuery } from './engine.ts'

const NO_TRANSACTIONS =
  'interactive transactions are not offered: everybody shares one connection. Use db.atomic([...]), with conditions in the SQL'

/** A query builder whose `.execute()` goes through `run`. */
export function makeBuilder<T>(dialect: SqlDialect, run: RunQuery): Kysely<T> {
  return new Kysely<T>({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createDriver: () => new SharedDriver(run),
    },
  })
}

/** A driver with one connection that everybody has at the same time. */
class SharedDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(run: RunQuery) {
    this.#connection = {
      executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
        const { rows, changes, insertId } = await run(query)
        return {
          rows: rows as R[],
          numAffectedRows: BigInt(changes),
          ...(insertId === undefined ? {} : { insertId: BigInt(insertId) }),
        }
      },
      streamQuery: () => {
        throw new Error('streaming is not offered: read page by page with db.page')
      },
    }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    throw new Error(NO_TRANSACTIONS)
  }

  async commitTransaction(): Promise<void> {
    throw new Error(NO_TRANSACTIONS)
  }

  // Kysely rolls back when the beginning failed; an error here would hide the one that says why.
  async rollbackTransaction(): Promise<void> {}

  async destroy(): Promise<void> {}
}
