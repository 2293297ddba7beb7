/**
 * What travels between the main thread and a database thread. Messages are structured clones, so they are made of what clones
 * cheaply: numbers, strings and plain arrays. Bytes of a whole message are packed into one buffer, which changes hands.
 */

/** A value of SQL; bytes as `[offset, length]` in the buffer that comes along. */
export type Cell = null | number | string | readonly [offset: number, length: number]

/** A statement by its number, with its text when the number is new to the other side. */
export type StatementRef = number | readonly [id: number, sql: string]

/** `isPacked`: it is run for each row of a pack, its only value. */
export type StepMessage = readonly [
  statement: StatementRef,
  values: readonly Cell[],
  mustChange: boolean,
  isPacked: boolean,
]

/** `begin`, `end`, `undo`: the bounds of an exclusive transaction. */
export type Verb = 'begin' | 'end' | 'undo' | 'backup' | 'close'

export const JOB_QUERY = 0
export const JOB_ATOMIC = 1
export const JOB_VERB = 2

export type JobMessage =
  | readonly [kind: typeof JOB_QUERY, id: number, statement: StatementRef, values: readonly Cell[]]
  | readonly [kind: typeof JOB_ATOMIC, id: number, steps: readonly StepMessage[]]
  | readonly [kind: typeof JOB_VERB, id: number, verb: Verb, argument: string]

/** The jobs of one turn of the event loop, in order. */
export interface JobsMessage {
  jobs: readonly JobMessage[]
  blobs: ArrayBuffer | undefined
  /** Statements up to this number will not be named again after this message; 0: none. */
  forget: number
}

/** What a statement gave. Column names come along until they have been sent once for the statement. */
export type OutcomeMessage = readonly [
  changes: number,
  insertId: number | undefined,
  columns: readonly string[] | undefined,
  rows: readonly (readonly Cell[])[] | undefined,
]

/** An error in words of the database; `index`: which statement of an atomic group it was. */
export type ErrorMessage = readonly [id: number, code: string, text: string, index: number]

/** The code of a failed `mustChange`, beside SQLite's own. */
export const CONDITION_FAILED = 'MEERKAT_CONDITION_FAILED'
/** The code of a job that cannot be done for now. */
export const UNAVAILABLE = 'MEERKAT_UNAVAILABLE'
/** The code of a value that does not fit into a JavaScript number. */
export const UNSAFE_INTEGER = 'MEERKAT_UNSAFE_INTEGER'

/** Answers that became known together. */
export interface AnswersMessage {
  /** Writes without rows, as triples: id, changes, key of the inserted row or -1. */
  writes: readonly number[]
  /** Queries with rows (one outcome) and atomic groups, in the order in which their column names were first sent. */
  results: readonly (readonly [id: number, outcomes: readonly OutcomeMessage[]])[]
  errors: readonly ErrorMessage[]
  /** Verbs that are done. */
  done: readonly number[]
  blobs: ArrayBuffer | undefined
  /** A change of health, with the error behind it. */
  trouble: readonly [isTroubled: boolean, code: string, text: string] | undefined
}

/** What a database thread is started with. */
export interface ThreadOptions {
  role: 'writer' | 'reader'
  file: string
  /** Milliseconds: see `CommitPace`. */
  flushInterval: number
  flushRows: number
}
