/** A number that JavaScript cannot hold. */
export const UNSAFE_INTEGER = 'MEERKAT_UNSAFE_INTEGER'

/** PostgreSQL's numbers of types. */
const BOOL = 16
const BYTES = 17
const INT8 = 20
const INTEGERS: ReadonlySet<number> = new Set([INT8, 21, 23, 26])
const FRACTIONS: ReadonlySet<number> = new Set([700, 701])
const NUMERIC = 1700

class UnsafeInteger extends Error {
  readonly code = UNSAFE_INTEGER
}

/** How a value of a type is read: numbers as numbers, booleans as 0 and 1, bytes as bytes, all else as text. */
export function parserOf(type: number): (text: string) => unknown {
  if (INTEGERS.has(type)) return integer
  if (FRACTIONS.has(type)) return Number
  if (type === NUMERIC) return numeric
  if (type === BOOL) return (text) => (text === 't' ? 1 : 0)
  if (type === BYTES) return (text) => Buffer.from(text.slice(2), 'hex')
  return (text) => text
}

function integer(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new UnsafeInteger(`${text} is beyond the integers that a number holds`)
  return value
}

/** Sums of integers come as this type. */
function numeric(text: string): number {
  return /^-?\d+$/.test(text) ? integer(text) : Number(text)
}
