import { describe, expect, it } from 'vitest'
import { FakeClock } from '../util/clock.ts'
import { DummyAccounts } from './dummy.ts'

describe('the dummy', () => {
  it('lets everybody in, but not at once', async () => {
    const clock = new FakeClock()
    const dummy = new DummyAccounts({ baseTime: 50, variance: 100, clock, random: () => 0.5 })
    let isIn = false
    const checked = dummy.checkPassword().then((answer) => {
      isIn = answer
    })
    clock.advance(99)
    await Promise.resolve()
    expect(isIn).toBe(false)
    clock.advance(1)
    await checked
    expect(isIn).toBe(true)
    expect(await dummy.exists()).toBe(true)
    expect(await dummy.register()).toBe('created')
  })
})
