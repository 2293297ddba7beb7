import { ConditionFailed, QueryError, type QueryErrorKind, StorageUnavailable } from '../errors.ts'
import { CONDITION_FAILED, type ErrorMessage, UNAVAILABLE } from './wire.ts'

const KINDS: Readonly<Record<string, QueryErrorKind>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'unique',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'unique',
  SQLITE_CONSTRAINT_ROWID: 'unique',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'foreign-key',
  SQLITE_CONSTRAINT_NOTNULL: 'not-null',
  SQLITE_CONSTRAINT_CHECK: 'check',
}

/** The error that a message from a database thread stands for. */
export function errorFrom([, code, text, index]: ErrorMessage, sql: string): Error {
  if (code === UNAVAILABLE) return new StorageUnavailable(text)
  if (code === CONDITION_FAILED) return new ConditionFailed(index)
  return new QueryError(text, { kind: KINDS[code] ?? 'other', code, sql })
}
