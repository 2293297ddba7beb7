import { storedValue } from '../stored-value.ts'
import type { Value } from './link.ts'

/** What drivers take for a parameter. */
export function plainValue(value: unknown): Value {
  return storedValue(value, copied)
}

function copied(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes)
}

/** Roughly what a statement occupies while it waits, in bytes. */
export function weigh(values: readonly Value[]): number {
  let bytes = 100
  for (const value of values)
    bytes += typeof value === 'object' || typeof value === 'string' ? 8 + (value?.length ?? 0) : 8
  return bytes
}
