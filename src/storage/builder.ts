import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
} from 'kysely'
import { type SqlDialect, speaks } from './dialect.ts'
import type { RunQuery } from './engine.ts'

const NO_TRANSACTIONS =
  'interactive transactions are not offered: everybody shares one connection. Use db.atomic([...]), with conditions in the SQL'

/** A query builder whose `.execute()` goes through `run`. */
export function makeBuilder<T>(sqlDialect: SqlDialect, run: RunQuery): Kysely<T> {
  const driver = new SharedDriver(run)
  const dialect: Dialect = {
    createAdapter: () => sqlDialect.createAdapter(),
    createQueryCompiler: () => sqlDialect.createQueryCompiler(),
    createIntrospector: (db) => sqlDialect.createIntrospector(db),
    createDriver: () => driver,
  }
  const executor = new DirectExecutor(dialect, driver, run)
  const q = new Kysely<T>({ config: { dialect }, dialect, driver, executor })
  speaks(q, sqlDialect)
  return q
}

/**
 * Kysely's executor waits for a connection, which takes a few promises, not always the same number; so queries would leave in
 * another order than they were asked for. Here they leave within the call of `.execute()`.
 */
class DirectExecutor extends DefaultQueryExecutor {
  readonly #run: RunQuery

  constructor(dialect: Dialect, driver: SharedDriver, run: RunQuery) {
    super(dialect.createQueryCompiler(), dialect.createAdapter(), driver)
    this.#run = run
  }

  override async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return kyselyResult<R>(this.#run(query))
  }
}

async function kyselyResult<R>(result: ReturnType<RunQuery>): Promise<QueryResult<R>> {
  const { rows, changes, insertId } = await result
  const counted = { rows: rows as R[], numAffectedRows: BigInt(changes) }
  return insertId === undefined ? counted : { ...counted, insertId: BigInt(insertId) }
}

/** A driver with one connection that everybody has at the same time. */
class SharedDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(run: RunQuery) {
    this.#connection = {
      executeQuery: <R>(query: CompiledQuery) => kyselyResult<R>(run(query)),
      streamQuery: () => {
        throw new Error('streaming is not offered: read page by page with db.page')
      },
    }
  }

  async init(): Promise<void> {}

  /** For what Kysely runs by itself: connections, plugins. */
  provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return consumer(this.#connection)
  }

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
