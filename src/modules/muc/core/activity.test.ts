import { describe, expect, it } from 'vitest'
import { Activity } from './activity.ts'

const hour = 3_600_000
const start = 1_700_000_000_000

describe('the activity of a room (XEP-0502)', () => {
  it('is not known before a whole hour has passed, and then nothing where nothing was said', () => {
    const activity = new Activity(start)
    expect(activity.rate(start + hour - 1)).toBeUndefined()
    expect(activity.rate(start + hour)).toBe(0)
  })

  it('is the mean of the whole hours so far, without the one that goes on', () => {
    const activity = new Activity(start)
    for (let i = 0; i < 6; i++) activity.count(start + i)
    activity.count(start + hour)
    expect(activity.rate(start + hour)).toBe(6)
    expect(activity.rate(start + 2 * hour)).toBe(3.5)
    expect(activity.rate(start + 4 * hour)).toBe(1.75)
  })

  it('forgets what is older than a day', () => {
    const activity = new Activity(start)
    for (let i = 0; i < 48; i++) activity.count(start)
    expect(activity.rate(start + 24 * hour)).toBe(2)
    expect(activity.rate(start + 25 * hour)).toBe(0)
    activity.count(start + 25 * hour)
    activity.count(start + 300 * hour)
    expect(activity.rate(start + 301 * hour)).toBe(1 / 24)
  })

  it('does not go back with the clock', () => {
    const activity = new Activity(start)
    activity.count(start + 2 * hour)
    activity.count(start)
    expect(activity.rate(start + 3 * hour)).toBeCloseTo(2 / 3)
  })
})
