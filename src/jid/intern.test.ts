import { describe, expect, it } from 'vitest'
import { InternTable } from './intern.ts'

describe('InternTable', () => {
  it('never holds more than two generations', () => {
    const table = new InternTable<number>(10)
    for (let i = 0; i < 1000; i++) table.set(`key${i}`, i)
    expect(table.size).toBeLessThanOrEqual(20)
    expect(table.get('key999')).toBe(999)
    expect(table.get('key1')).toBeUndefined()
  })

  it('keeps what is asked for again and again', () => {
    const table = new InternTable<number>(10)
    table.set('kept', -1)
    for (let i = 0; i < 1000; i++) {
      table.set(`key${i}`, i)
      expect(table.get('kept')).toBe(-1)
      expect(table.size).toBeLessThanOrEqual(20)
    }
  })
})
