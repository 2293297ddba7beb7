import type { Health, PoolFigures, Result } from './database.ts'
import type { SqlDialect } from './dialect.ts'

/** A statement as the builder compiled it. */
export interface Query {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** One statement of a group. */
export interface Step extends Query {
  /** Changing no row fails the group. */
  readonly mustChange: boolean
  /** It is run for each row of a pack, its only parameter; for engines that take packs. */
  readonly isPacked: boolean
}

/** Runs one statement. */
export type RunQuery = (query: Query) => Promise<Result>

/** What a kind of database has to offer; everything of `Database` is made from it. */
export interface Engine {
  readonly dialect: SqlDialect
  /** Runs a statement after everything that was run before. */
  readonly run: RunQuery
  /** Runs a statement that only reads, on what was committed lately. */
  readonly runStale: RunQuery
  /** Runs statements all of which take effect or none. */
  atomic(steps: readonly Step[]): Promise<Result[]>
  /** Runs `work` in a transaction while everybody else waits; for migrations. Its statements are answered before the commit. */
  exclusively(work: (run: RunQuery) => Promise<void>): Promise<void>
  readonly health: Health
  readonly pool?: PoolFigures
  onHealth(listener: (health: Health) => void): () => void
  canAccept(): boolean
  backup(file: string): Promise<void>
  close(): Promise<void>
}
