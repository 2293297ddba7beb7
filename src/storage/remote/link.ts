import type { Socket } from 'node:net'
import type { SqlDialect } from '../dialect.ts'
import type { QueryErrorKind } from '../errors.ts'

/** A value as drivers take it. */
export type Value = null | number | string | Buffer

/** A statement with its values. */
export interface Statement {
  readonly sql: string
  readonly values: readonly Value[]
}

/** What a statement gave. */
export interface Reply {
  readonly rows: Record<string, unknown>[]
  readonly changes: number
  readonly insertId: number | undefined
}

/**
 * `statement`: it is wrong or breaks a constraint, the next attempt would fail alike. `again`: the transaction is gone for a
 * reason that has passed (a deadlock). `trouble`: the server or the way to it, whatever is asked for.
 */
export type FailureKind = 'statement' | 'again' | 'trouble'

/** Why a batch failed. */
export class LinkFailure extends Error {
  override readonly name = 'LinkFailure'
  readonly kind: FailureKind
  /** What kind of refusal, where it is one. */
  readonly refusal: QueryErrorKind
  /** The database's own code. */
  readonly code: string
  /** The statement, with places instead of values. */
  readonly sql: string

  constructor(message: string, details: { kind: FailureKind; code: string; refusal?: QueryErrorKind; sql?: string }) {
    super(message)
    this.kind = details.kind
    this.code = details.code
    this.refusal = details.refusal ?? 'other'
    this.sql = details.sql ?? ''
  }
}

/** A connection to a database server. */
export interface Link {
  /** What it goes over. */
  readonly socket: Socket
  /**
   * Sends statements together, to be run in order. Rejects with the `LinkFailure` of the first one that failed; those behind it
   * have had no effect if a transaction is open, and may or may not have been run otherwise.
   */
  batch(statements: readonly Statement[]): Promise<Reply[]>
  /** The connection is gone. */
  readonly isLost: boolean
  /** Called once when the connection is gone without having been closed. */
  onLost: () => void
  /** Closes in good order. */
  end(): Promise<void>
  /** Drops the connection; what is under way fails. */
  destroy(): void
}

/** `writer`: everything in order. `reader`: only reads, a transaction each. */
export type Role = 'writer' | 'reader'

/** What the engine has to say in the words of the database. Places are numbered from 1 in the order of the values. */
export interface Words {
  /** Begins a transaction, where that has to be said. */
  readonly begin: string | undefined
  /** Ends what a read outside of a transaction began, where that has to be said. */
  readonly endOfReads: string | undefined
  /** A commit that is refused (by a deferred constraint) has been rolled back; otherwise nobody knows. */
  readonly refusesCommits: boolean
  /** Makes the table of marks. */
  readonly makeMarks: string
  /** Adds the writer (1) at a time (2). */
  readonly addMark: string
  /** Sets the batch (1) and time (2) of the writer (3). */
  readonly setMark: string
  /** Reads `batch` of the writer (1), waiting for whoever is changing it. */
  readonly readMark: string
  /** Removes the writer (1). */
  readonly dropMark: string
  /** Removes the marks of before a time (1). */
  readonly dropOldMarks: string
  /** Waits for the right to change the schema, inside a transaction; `unlock` gives it back where its end does not. */
  readonly lock: readonly string[]
  readonly unlock: readonly string[]
}

/** A kind of database server. */
export interface Driver {
  readonly dialect: SqlDialect
  readonly words: Words
  /** Connects. Rejects with a `LinkFailure`. */
  connect(role: Role): Promise<Link>
  /** Looks at the schema again after it may have changed. */
  learnSchema(link: Link): Promise<void>
}
