import { expect, it } from 'vitest'
import { randomId } from './random-id.ts'

it('gives other text every time, over the end of a block', () => {
  const ids = new Set(Array.from({ length: 2000 }, () => randomId(18)))
  expect(ids.size).toBe(2000)
  for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/)
})
