import type { Value } from './link.ts'

/** What drivers take for a parameter. Bytes are copied at once, so the caller may reuse its buffer. */
export function plainValue(value: unknown): Value {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored`)
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'bigint':
      if (BigInt.asIntN(54, value) !== value) throw new RangeError('an integer beyond 2^53 cannot be stored')
      return Number(value)
    case 'object':
      if (value === null) return null
      if (value instanceof Uint8Array) return Buffer.from(value)
  }
  throw new TypeError(`a value of type ${typeof value} cannot be stored: use null, numbers, strings or bytes`)
}

/** Roughly what a statement occupies while it waits, in bytes. */
export function weigh(values: readonly Value[]): number {
  let bytes = 100
  for (const value of values)
    bytes += typeof value === 'object' || typeof value === 'string' ? 8 + (value?.length ?? 0) : 8
  return bytes
}
