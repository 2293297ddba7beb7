import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Positions } from './positions.ts'

describe('places in lists', () => {
  it('are right, whatever was asked before, while the lists grow', async () => {
    const action = fc.record({ grow: fc.integer({ min: 0, max: 5 }), ask: fc.nat(120), list: fc.nat(2) })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        const positions = new Positions()
        const lists: number[][] = [[], [], []]
        let now = 1
        for (const { grow, ask, list } of actions) {
          for (let at = 0; at < grow; at++) lists[(list + at) % 3]?.push(++now)
          const own = lists[list] ?? []
          const count = async (from: number, before: number) => own.filter((id) => id >= from && id < before).length
          // What was added lately may have company yet.
          const place = await positions.before(String(list), ask, Math.max(0, now - 4), count)
          expect(place).toBe(own.filter((id) => id < ask).length)
        }
      }),
    )
  })

  it('are not counted twice', async () => {
    const positions = new Positions()
    const asked: [number, number][] = []
    const count = async (from: number, before: number) => {
      asked.push([from, before])
      return before - from
    }
    expect(await positions.before('a', 1000, 5000, count)).toBe(1000)
    expect(await positions.before('a', 1000, 5000, count)).toBe(1000)
    expect(await positions.before('a', 1050, 5000, count)).toBe(1050)
    expect(await positions.before('a', 990, 5000, count)).toBe(990)
    expect(asked).toEqual([
      [0, 1000],
      [1000, 1050],
      [990, 1000],
    ])
    positions.clear()
    await positions.before('a', 1000, 5000, count)
    expect(asked.at(-1)).toEqual([0, 1000])
  })
})
