import { describe, expect, it } from 'vitest'
import { FakeClock } from './clock.ts'
import { MomentIds, momentIds } from './moment-ids.ts'

describe('numbers that tell when they were made', () => {
  it('are the microseconds since the epoch', () => {
    const clock = new FakeClock()
    expect(new MomentIds(clock).next()).toBe(clock.now() * 1000)
  })

  it('grow within a moment, and when the clock is set back', () => {
    const clock = new FakeClock()
    const ids = new MomentIds(clock)
    const first = ids.next()
    expect([ids.next(), ids.next()]).toEqual([first + 1, first + 2])
    clock.advance(-5000)
    expect(ids.next()).toBe(first + 3)
    clock.advance(60_000)
    expect(ids.next()).toBe(clock.now() * 1000)
  })

  it('are greater than those of an earlier process', () => {
    const clock = new FakeClock()
    const ids = new MomentIds(clock)
    ids.raise(clock.now() * 1000 + 7)
    ids.raise(5)
    expect(ids.next()).toBe(clock.now() * 1000 + 8)
  })

  it('come from one line for one clock', () => {
    const clock = new FakeClock()
    expect(momentIds(clock)).toBe(momentIds(clock))
    expect(momentIds(clock)).not.toBe(momentIds(new FakeClock()))
  })
})
