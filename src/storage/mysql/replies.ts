import type { FieldPacket, ResultSetHeader } from 'mysql2'
import { LinkFailure, type Reply } from '../remote/link.ts'
import { UNSAFE_INTEGER } from './errors.ts'

/** MySQL's numbers of types and of the character set of bytes. */
const LONGLONG = 8
const DECIMALS: ReadonlySet<number> = new Set([0, 246])
const STRINGS: ReadonlySet<number> = new Set([15, 253, 254])
const BINARY = 63

type Row = Record<string, unknown>

/** Reads one result of the driver's. */
export function replyOf(sql: string, result: unknown, fields: readonly FieldPacket[] | undefined): Reply {
  if (Array.isArray(result)) {
    const rows = result as Row[]
    for (const field of fields ?? []) convert(rows, field)
    return { rows, changes: /^\s*(?:insert|delete|replace)\b/i.test(sql) ? rows.length : 0, insertId: undefined }
  }
  const { affectedRows, insertId } = result as ResultSetHeader
  // An insert that replaced a row counts it twice.
  const isUpsert = /\bon duplicate key update\b/i.test(sql)
  const changes = isUpsert && affectedRows === 2 ? 1 : affectedRows
  const isInserted = /^\s*insert\b/i.test(sql) && insertId > 0 && affectedRows > 0 && !(isUpsert && affectedRows !== 1)
  // Of several rows it is the first one's.
  return { rows: [], changes, insertId: isInserted ? insertId + affectedRows - 1 : undefined }
}

/** Text that is kept as bytes is text, a sum is a number, and a number that JavaScript cannot hold is an error. */
function convert(
  rows: readonly Row[],
  { name, columnType, characterSet }: FieldPacket & { characterSet?: number },
): void {
  const read = readerOf(columnType ?? -1, characterSet)
  if (read === undefined) return
  for (const row of rows) row[name] = read(row[name])
}

function readerOf(type: number, characterSet: number | undefined): ((value: unknown) => unknown) | undefined {
  if (STRINGS.has(type) && characterSet === BINARY)
    return (value) => (Buffer.isBuffer(value) ? value.toString('utf8') : value)
  const isNumber = type === LONGLONG || DECIMALS.has(type)
  return isNumber ? (value) => (typeof value === 'string' ? numberOf(value) : value) : undefined
}

function numberOf(text: string): number {
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || Number.isSafeInteger(value)) return value
  const words = `${text} is beyond the integers that a number holds`
  throw new LinkFailure(words, { kind: 'statement', code: UNSAFE_INTEGER })
}
