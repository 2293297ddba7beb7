import { codeOf as plainCodeOf } from '../driver.ts'

/** Errors of the disk or of the file, not of a statement: what was accepted is kept and tried again. */
const TROUBLE =
  /^SQLITE_(?:FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|READONLY|PROTOCOL|CORRUPT(?!_VTAB)|NOTADB|NOLFS|PERM)(?:_|$)/

/** A failure of one statement of a group, with its place. */
export class GroupFailure extends Error {
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('a statement of a group failed', { cause })
    this.index = index
  }
}

/** Says which statement of a group failed, and why. */
export function groupFailure(index: number, cause: unknown): GroupFailure {
  return new GroupFailure(index, cause)
}

/** Whether the database as a whole is in trouble, rather than a statement wrong. */
export function isTrouble(error: unknown): boolean {
  return TROUBLE.test(codeOf(error))
}

/** SQLite's name for the error, or ours; empty for others. */
export function codeOf(error: unknown): string {
  return plainCodeOf(error instanceof GroupFailure ? error.cause : error)
}

/** The words of the error. */
export function textOf(error: unknown): string {
  if (error instanceof GroupFailure) return textOf(error.cause)
  return error instanceof Error ? error.message : String(error)
}
