import { describe, expect, it } from 'vitest'
import { FakeClock } from './clock.ts'
import { type Timed, TimerWheel } from './timer-wheel.ts'

describe('a timer wheel', () => {
  function setUp() {
    const clock = new FakeClock(1_000_100)
    const wheel = new TimerWheel(clock, 250)
    const seen: string[] = []
    const owner = (name: string): Timed => ({ timedOut: () => seen.push(`${name} ${clock.now() - 1_000_100}`) })
    return { clock, wheel, seen, owner }
  }

  it('calls once, not early, at most a tick late', () => {
    const { clock, wheel, seen, owner } = setUp()
    wheel.arm(owner('a'), 5000)
    clock.advance(4999)
    expect(seen).toEqual([])
    clock.advance(251)
    expect(seen).toEqual(['a 5150'])
    clock.advance(60_000)
    expect(seen).toHaveLength(1)
    expect(wheel.size).toBe(0)
  })

  it('starts anew when armed again', () => {
    const { clock, wheel, seen, owner } = setUp()
    const a = owner('a')
    wheel.arm(a, 1000)
    clock.advance(900)
    wheel.arm(a, 1000)
    clock.advance(900)
    expect(seen).toEqual([])
    expect(wheel.size).toBe(1)
    clock.advance(350)
    expect(seen).toHaveLength(1)
  })

  it('forgets who is called off', () => {
    const { clock, wheel, seen, owner } = setUp()
    const a = owner('a')
    wheel.arm(a, 1000)
    wheel.cancel(a)
    wheel.cancel(a)
    clock.advance(10_000)
    expect(seen).toEqual([])
  })

  it('keeps the order of what is due, also after a long silence', () => {
    const { clock, wheel, seen, owner } = setUp()
    wheel.arm(owner('late'), 2000)
    wheel.arm(owner('early'), 500)
    clock.advance(100_000)
    expect(seen).toEqual(['early 650', 'late 2150'])
  })

  it('lets one call off or arm another while it is called', () => {
    const { clock, wheel, seen, owner } = setUp()
    const victim = owner('victim')
    const again: Timed = { timedOut: () => wheel.arm(owner('again'), 100) }
    wheel.arm({ timedOut: () => wheel.cancel(victim) }, 100)
    wheel.arm(victim, 100)
    wheel.arm(again, 100)
    clock.advance(1000)
    expect(seen).toEqual(['again 400'])
  })
})
