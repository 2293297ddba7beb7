import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inDigits } from './digits.ts'

it('writes numbers as toString does', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.constantFrom(2, 10, 32, 36), (value, base) => {
      expect(inDigits(value, base)).toBe(value.toString(base))
    }),
  )
  for (const value of [0, 1, 31, 32, 32 ** 5 - 1, 32 ** 5, 32 ** 10, Number.MAX_SAFE_INTEGER]) {
    expect(inDigits(value, 32)).toBe(value.toString(32))
  }
})
