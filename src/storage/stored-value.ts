/**
 * What is stored for a parameter of a statement. `bytes` makes of bytes what travels, as a copy, so that the caller may reuse its
 * buffer. Throws TypeError or RangeError for what no database could give back as it was.
 */
export function storedValue<B>(value: unknown, bytes: (value: Uint8Array) => B): string | number | null | B {
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
      if (value instanceof Uint8Array) return bytes(value)
  }
  throw new TypeError(`a value of type ${typeof value} cannot be stored: use null, numbers, strings or bytes`)
}
