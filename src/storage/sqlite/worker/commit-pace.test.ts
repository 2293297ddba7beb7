import { describe, expect, it } from 'vitest'
import { CommitPace } from './commit-pace.ts'

describe('the pace of commits', () => {
  it('has a few at once, then one an interval', () => {
    let now = 1000
    const pace = new CommitPace(5, () => now)
    for (let i = 0; i < 8; i++) {
      expect(pace.delay()).toBe(0)
      pace.committed(1, false)
    }
    expect(pace.delay()).toBe(5)
    now += 2
    expect(pace.delay()).toBe(3)
    now += 3
    expect(pace.delay()).toBe(0)
    pace.committed(1, false)
    expect(pace.delay()).toBe(5)
  })

  it('saves up no more than a few', () => {
    let now = 0
    const pace = new CommitPace(5, () => now)
    now = 1_000_000
    let commits = 0
    for (; pace.delay() === 0; commits++) pace.committed(1, false)
    expect(commits).toBe(8)
  })

  it('waits no more where nobody comes meanwhile, until somebody does', () => {
    let now = 0
    const pace = new CommitPace(5, () => now)
    const spend = () => {
      while (pace.delay() === 0) pace.committed(1, false)
    }
    spend()
    expect(pace.delay()).toBe(5)
    now += 5
    pace.committed(1, true)
    for (let i = 0; i < 50; i++) {
      expect(pace.delay()).toBe(0)
      pace.committed(1, false)
    }
    // Tried again.
    expect(pace.delay()).toBe(5)
    // Looked at once more, as somebody has come.
    expect(pace.delay()).toBe(5)
    now += 5
    pace.committed(2, true)
    expect(pace.delay()).toBe(5)
    now += 5
    pace.committed(1, true)
    expect(pace.delay()).toBe(0)
    // Without a wait, but while the last commit was under way.
    pace.committed(3, false)
    expect(pace.delay()).toBe(5)
  })

  it('with no interval never waits', () => {
    const pace = new CommitPace(0, () => 0)
    for (let i = 0; i < 100; i++) pace.committed(1, false)
    expect(pace.delay()).toBe(0)
  })
})
