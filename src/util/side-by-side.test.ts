import { describe, expect, it } from 'vitest'
import { sideBySide } from './side-by-side.ts'

describe('work side by side', () => {
  it('is done for each, at most so many at a time', async () => {
    const [begun, waiting]: [number[], (() => void)[]] = [[], []]
    const done = sideBySide([5, 6, 7], 2, (item, index) => {
      begun.push(item)
      return new Promise((resolve) => {
        waiting[index] = resolve
      })
    })
    expect(begun).toEqual([5, 6])
    waiting[1]?.()
    await Promise.resolve().then(() => {})
    expect(begun).toEqual([5, 6, 7])
    for (const resolve of waiting) resolve()
    await done
  })

  it('begins nothing more when one has failed, and rejects when the others are through', async () => {
    const seen: string[] = []
    const work = async (item: string) => {
      seen.push(item)
      if (item === 'b') throw new Error('broken')
      await Promise.resolve()
      seen.push(`${item} done`)
    }
    await expect(sideBySide(['a', 'b', 'c', 'd'], 2, work)).rejects.toThrow('broken')
    expect(seen).toEqual(['a', 'b', 'a done'])
    await sideBySide([], 2, work)
  })
})
