/** The database cannot take or answer a query now: closed, in trouble beyond its byte limit, or its thread is gone. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable'
}

/** Why a database refused a statement, in words that are the same for every database. */
export type QueryErrorKind = 'unique' | 'foreign-key' | 'not-null' | 'check' | 'other'

/** A statement that the database refused. It changed nothing, and neither did the `atomic` it was part of. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly kind: QueryErrorKind
  /** The database's own code, for logs. */
  readonly code: string
  /** The statement, with places instead of values: values never reach a log. */
  readonly sql: string

  constructor(message: string, details: { kind: QueryErrorKind; code: string; sql: string }) {
    super(details.sql === '' ? message : `${message}, in: ${details.sql}`)
    this.kind = details.kind
    this.code = details.code
    this.sql = details.sql
  }
}

/** A statement inside `atomic` that had to change a row changed none, so that the whole was undone. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed'
  /** Which of the statements it was, counted from 0. */
  readonly index: number

  constructor(index: number) {
    super(`statement ${index} of an atomic group had to change a row and changed none`)
    this.index = index
  }
}

/** The database holds migrations that this build does not know, or that do not follow each other. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}
