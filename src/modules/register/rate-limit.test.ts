import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../util/clock.ts'
import { DailyLimit } from './rate-limit.ts'

describe('a limit a day', () => {
  it('is reached by so many, by each source on its own, until the day is over', () => {
    const clock = new FakeClock(Date.UTC(2026, 10, 26, 23, 0))
    const limit = new DailyLimit(clock)
    for (let done = 0; done < 2; done++) {
      expect(limit.isReached('192.0.2.1', 2)).toBe(false)
      limit.add('192.0.2.1')
    }
    expect(limit.isReached('192.0.2.1', 2)).toBe(true)
    expect(limit.isReached('192.0.2.1', Number.POSITIVE_INFINITY)).toBe(false)
    expect(limit.isReached('192.0.2.2', 2)).toBe(false)
    clock.advance(3_600_000 - 1)
    expect(limit.isReached('192.0.2.1', 2)).toBe(true)
    clock.advance(1)
    expect(limit.isReached('192.0.2.1', 2)).toBe(false)
  })

  it('holds a bounded number of sources', () => {
    const limit = new DailyLimit(new FakeClock())
    for (let source = 0; source < 100_001; source++) limit.add(String(source))
    // Those who came last are counted together.
    expect(limit.isReached('somebody new', 1)).toBe(true)
    expect(limit.isReached('7', 2)).toBe(false)
  })
})
