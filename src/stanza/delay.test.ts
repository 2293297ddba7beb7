import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMicros, parseMicros } from './delay.ts'

describe('a time in microseconds', () => {
  it('is written with all of them', () => {
    expect(formatMicros(1_714_637_469_000_007)).toBe('2024-05-02T08:11:09.000007Z')
  })

  it('is read with a zone, and with as many digits as there are', () => {
    expect(parseMicros('2024-05-02T08:11:09.000007Z')).toBe(1_714_637_469_000_007)
    expect(parseMicros('2024-05-02T10:11:09.0000079+02:00')).toBe(1_714_637_469_000_007)
    expect(parseMicros('2024-05-02T08:11:09Z')).toBe(1_714_637_469_000_000)
    for (const text of ['2024-05-02T08:11:09', '2024-05-02', 'yesterday', '']) expect(parseMicros(text)).toBeUndefined()
  })

  it('is what was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_000_000_000_000_000 }), (micros) => {
        expect(parseMicros(formatMicros(micros))).toBe(micros)
      }),
    )
  })
})
