import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CacheStrategy, KnownUsers } from './known-users.ts'

function rotated(strategy: CacheStrategy, segments: number): KnownUsers {
  const users = new KnownUsers(strategy, segments)
  users.add('a')
  return users
}

describe('known users', () => {
  it('stay for as many rotations as there are segments', () => {
    const users = rotated('fifo', 3)
    for (let i = 0; i < 2; i++) users.rotate()
    expect(users.has('a')).toBe(true)
    users.rotate()
    expect(users.has('a')).toBe(false)
    expect(users.size).toBe(0)
  })

  it('are gone at each rotation of a single segment', () => {
    const users = rotated('lru', 1)
    users.rotate()
    expect(users.has('a')).toBe(false)
  })

  it('stay with lru as long as somebody asks', () => {
    const users = rotated('lru', 2)
    for (let i = 0; i < 10; i++) {
      users.rotate()
      expect(users.has('a')).toBe(true)
    }
    users.rotate()
    users.rotate()
    expect(users.has('a')).toBe(false)
  })

  it('are not renewed with fifo, by asking or by adding', () => {
    const users = rotated('fifo', 2)
    users.rotate()
    users.add('a')
    users.rotate()
    expect(users.has('a')).toBe(false)
  })

  it('are found once added until deleted, whatever happened before, and each is kept once', () => {
    const keys = fc.constantFrom('a', 'b', 'c')
    const steps: Record<string, (users: KnownUsers, key: string) => void> = {
      add: (users, key) => users.add(key),
      has: (users, key) => void users.has(key),
      rotate: (users) => users.rotate(),
      delete: (users, key) => users.delete(key),
    }
    const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), keys)
    const strategies = fc.constantFrom<CacheStrategy[]>('fifo', 'lru')
    fc.assert(
      fc.property(strategies, fc.integer({ min: 1, max: 4 }), fc.array(step), (strategy, segments, history) => {
        const users = new KnownUsers(strategy, segments)
        for (const [act, key] of history) steps[act]?.(users, key)
        expect(users.size).toBe(['a', 'b', 'c'].filter((key) => users.has(key)).length)
        users.add('b')
        expect(users.has('b')).toBe(true)
        users.delete('b')
        expect(users.has('b')).toBe(false)
      }),
    )
  })
})
