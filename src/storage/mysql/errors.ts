import type { QueryErrorKind } from '../errors.ts'
import { type FailureKind, LinkFailure } from '../remote/link.ts'

/** A number that JavaScript cannot hold. */
export const UNSAFE_INTEGER = 'MEERKAT_UNSAFE_INTEGER'

const REFUSALS: Readonly<Record<number, QueryErrorKind>> = {
  1062: 'unique',
  1586: 'unique',
  1216: 'foreign-key',
  1217: 'foreign-key',
  1451: 'foreign-key',
  1452: 'foreign-key',
  1048: 'not-null',
  1364: 'not-null',
  3819: 'check',
  4025: 'check',
}

/** Lock waits, deadlocks, a row that another server of a cluster changed. */
const AGAIN: ReadonlySet<number> = new Set([1020, 1205, 1213])
/** Connections, rights, resources, disks, shut-down, a server that may not write, an unknown database. */
const TROUBLE: ReadonlySet<number> = new Set([
  1021, 1028, 1030, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1049, 1053, 1077, 1079, 1081, 1114, 1129, 1130,
  1135, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180, 1184, 1203, 1226, 1290, 1836, 1927, 4031,
])

interface ServerError {
  readonly code?: unknown
  readonly errno?: unknown
  readonly fatal?: unknown
  readonly message?: unknown
}

/** What an error of the driver's means. */
export function failureFrom(error: unknown, sql: string): LinkFailure {
  if (error instanceof LinkFailure) return error
  const { code, errno, fatal, message } = (error ?? {}) as ServerError
  const number = typeof errno === 'number' ? errno : 0
  const name = typeof code === 'string' ? code : ''
  const text = typeof message === 'string' && message !== '' ? message : name || 'the connection was lost'
  const kind = kindOf(name, number, fatal === true)
  return new LinkFailure(text, { kind, code: name, refusal: REFUSALS[number] ?? 'other', sql })
}

function kindOf(code: string, number: number, isFatal: boolean): FailureKind {
  if (code === UNSAFE_INTEGER) return 'statement'
  if (isFatal || number < 1000 || TROUBLE.has(number)) return 'trouble'
  return AGAIN.has(number) ? 'again' : 'statement'
}
