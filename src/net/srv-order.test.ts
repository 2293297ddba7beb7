import { describe, expect, it } from 'vitest'
import { inSrvOrder } from './srv-order.ts'

const target = (name: string, priority: number, weight: number) => ({ name, port: 5269, priority, weight })
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).join(' ')

/** Gives these numbers, one after another. */
function fixed(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0
}

describe('servers of one domain', () => {
  it('are tried by priority', () => {
    expect(names(inSrvOrder([target('c', 20, 0), target('a', 5, 0), target('b', 10, 0)]))).toBe('a b c')
  })

  it('are drawn by weight within a priority (RFC 2782)', () => {
    const targets = [target('heavy', 1, 90), target('light', 1, 10)]
    expect(names(inSrvOrder(targets, fixed(0.5)))).toBe('heavy light')
    expect(names(inSrvOrder(targets, fixed(0.95)))).toBe('light heavy')
  })

  it('have a small chance without a weight', () => {
    const targets = [target('heavy', 1, 100), target('none', 1, 0)]
    expect(names(inSrvOrder(targets, fixed(0)))).toBe('none heavy')
    expect(names(inSrvOrder(targets, fixed(0.5)))).toBe('heavy none')
  })

  it('are each tried once', () => {
    const targets = Array.from({ length: 30 }, (_, i) => target(`t${i}`, i % 3, i))
    expect(new Set(inSrvOrder(targets).map(({ name }) => name)).size).toBe(30)
  })
})
