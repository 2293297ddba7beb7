import { describe, expect, it } from 'vitest'
import { FakeClock } from '../util/clock.ts'
import { LoginGuard } from './login-guard.ts'

function guard(freePerAddress = 100, freePerAccount = 2) {
  const clock = new FakeClock()
  const options = { freePerAddress, freePerAccount, firstDelay: 100, longestDelay: 1000, forgetAfter: 60_000 }
  return { clock, guard: new LoginGuard(options, clock) }
}

describe('failed logins', () => {
  it('are free at first, then cost a wait that grows', () => {
    const { clock, guard: one } = guard()
    const seen: (number | boolean | undefined)[] = []
    for (let i = 0; i < 8; i++) {
      seen.push(one.delay('ann', '192.0.2.1'))
      clock.advance(10_000)
      seen.push(one.failed('ann', '192.0.2.1'))
    }
    expect(seen).toEqual([0, false, 0, false, 0, true, 100, false, 200, false, 400, false, 800, false, 1000, false])
    expect(one.delay('bea', '192.0.2.1')).toBe(0)
  })

  it('of one address slow it down for every account, from wherever in its network', () => {
    const { guard: one } = guard(3)
    for (const name of ['a', 'b', 'c', 'd']) one.failed(name, '2001:db8:1:2::7')
    expect(one.delay('e', '2001:db8:1:2:ffff::1')).toBe(100)
    expect(one.delay('e', '2001:db8:1:3::7')).toBe(0)
    one.succeeded('mine', '2001:db8:1:2::7')
    expect(one.delay('f', '2001:db8:1:2::7')).toBe(200)
  })

  it('are answered one after another, and not at all when too many wait', () => {
    const { clock, guard: one } = guard()
    for (let i = 0; i < 5; i++) one.failed('ann', '192.0.2.1')
    expect([1, 2, 3].map((i) => one.delay('ann', `192.0.2.${i}`))).toEqual([400, 800, undefined])
    clock.advance(800)
    expect(one.delay('ann', '192.0.2.9')).toBe(400)
  })

  it('of others do not keep somebody out who has been in from there', () => {
    const { guard: one } = guard()
    one.succeeded('ann', '192.0.2.1')
    for (let i = 0; i < 20; i++) one.failed('ann', '198.51.100.7')
    expect(one.delay('ann', '192.0.2.1')).toBe(0)
    expect(one.delay('ann', '198.51.100.7')).toBe(1000)
  })

  it('are forgotten in time, and by success', () => {
    const { clock, guard: one } = guard()
    for (let i = 0; i < 5; i++) one.failed('ann', '192.0.2.1')
    clock.advance(60_001)
    expect(one.delay('ann', '192.0.2.1')).toBe(0)
    for (let i = 0; i < 5; i++) one.failed('ann', '192.0.2.1')
    one.succeeded('ann', '192.0.2.1')
    expect(one.delay('ann', '203.0.113.1')).toBe(0)
  })
})
