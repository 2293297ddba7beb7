import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

describe('a token bucket', () => {
  it('starts full, then has its owner wait for what is over', () => {
    const bucket = new TokenBucket(1000, 0)
    expect(bucket.charge(1000, 0)).toBe(0)
    expect(bucket.charge(500, 0)).toBe(500)
    expect(bucket.charge(1, 500)).toBe(1)
    expect(bucket.charge(0, 60_000)).toBe(0)
    expect(bucket.charge(1001, 60_000)).toBe(1)
  })

  it('gives nothing for a clock that is set back', () => {
    const bucket = new TokenBucket(1000, 10_000)
    bucket.charge(1000, 10_000)
    expect(bucket.charge(10, 5000)).toBe(10)
    expect(bucket.charge(0, 5010)).toBe(0)
  })

  it('lets through no more than its rate and one burst, whoever waits as told', () => {
    const charges = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), charges, (rate, sizes) => {
        const bucket = new TokenBucket(rate, 0)
        let now = 0
        let through = 0
        for (const size of sizes) {
          // What came before the wait was paid for by then.
          expect(through).toBeLessThanOrEqual(rate + (rate * now) / 1000 + 1e-6)
          through += size
          now += bucket.charge(size, now)
        }
      }),
    )
  })
})
