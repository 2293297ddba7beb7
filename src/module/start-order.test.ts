import { describe, expect, it } from 'vitest'
import { startOrder } from './start-order.ts'

const names = (modules: readonly { name: string; needs?: string[] }[]) => startOrder(modules).map(({ name }) => name)

describe('the order of modules', () => {
  it('puts what is needed first and keeps the rest', () => {
    expect(names([{ name: 'c', needs: ['a'] }, { name: 'b' }, { name: 'a', needs: ['d'] }, { name: 'd' }])).toEqual([
      'd',
      'a',
      'c',
      'b',
    ])
  })
  it('refuses cycles and missing modules by name', () => {
    expect(() =>
      names([
        { name: 'a', needs: ['b'] },
        { name: 'b', needs: ['a'] },
      ]),
    ).toThrow('a -> b -> a')
    expect(() => names([{ name: 'a', needs: ['x'] }])).toThrow('a needs x')
  })
})
