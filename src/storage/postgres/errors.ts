import type { QueryErrorKind } from '../errors.ts'
import { type FailureKind, LinkFailure, type Role } from '../remote/link.ts'
import { UNSAFE_INTEGER } from './values.ts'

const REFUSALS: Readonly<Record<string, QueryErrorKind>> = {
  '23505': 'unique',
  '23503': 'foreign-key',
  '23502': 'not-null',
  '23514': 'check',
}

/** Serialisation failures, deadlocks, waiting for a lock, a plan that a change of the schema made void, a lost prepared statement. */
const AGAIN = /^(?:40|55P03|26000)/
/** Connections, resources, the operator at work, disks; a server that has become a standby. */
const TROUBLE = /^(?:08|28|3D|53|57P|58|25006)/
/** For a writer a server that has become a standby; for a reader a write. */
const READ_ONLY = '25006'
const STALE_PLAN = '0A000'

interface ServerError {
  readonly code?: unknown
  readonly severity?: unknown
  readonly message?: unknown
}

/** What an error of the driver's means. */
export function failureFrom(error: unknown, sql: string, role: Role = 'writer'): LinkFailure {
  if (error instanceof LinkFailure) return error
  const { code, severity, message } = (error ?? {}) as ServerError
  const name = typeof code === 'string' ? code : ''
  const text = typeof message === 'string' && message !== '' ? message : name || 'the connection was lost'
  return new LinkFailure(text, {
    kind: role === 'reader' && name === READ_ONLY ? 'statement' : kindOf(name, severity, text),
    code: name,
    refusal: REFUSALS[name] ?? 'other',
    sql,
  })
}

function kindOf(code: string, severity: unknown, text: string): FailureKind {
  if (code === UNSAFE_INTEGER) return 'statement'
  if (!/^[0-9A-Z]{5}$/.test(code) || severity === 'FATAL' || severity === 'PANIC') return 'trouble'
  if (isStalePlan(code, text) || AGAIN.test(code)) return 'again'
  return TROUBLE.test(code) ? 'trouble' : 'statement'
}

/** A prepared statement whose table has other columns now. */
function isStalePlan(code: string, text: string): boolean {
  return code === STALE_PLAN && text.includes('cached plan')
}
