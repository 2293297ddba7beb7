import { describe, expect, it } from 'vitest'
import { TurnShare } from './turn-share.ts'

const aTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('a share of a turn', () => {
  it('lets jobs run at once until it is spent, then some a turn, in their order', async () => {
    const share = new TurnShare(10)
    const done: number[] = []
    const jobs = Array.from({ length: 9 }, (_, index) =>
      share.run(() => {
        done.push(index)
        share.spend(4)
        return index
      }),
    )
    expect(done).toEqual([0, 1, 2])
    expect(jobs.slice(0, 3)).toEqual([0, 1, 2])
    expect(share.isFree).toBe(false)
    await aTurn()
    expect(done).toEqual([0, 1, 2, 3, 4, 5])
    expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('a job that comes while others wait is the last; one that fails fails alone', async () => {
    const share = new TurnShare(1)
    share.spend(1)
    const done: string[] = []
    const failing = share.run(() => {
      done.push('first')
      // What is caused by a job waits its turn as well.
      void share.run(() => done.push('third'))
      throw new Error('no')
    })
    const second = share.run(() => done.push('second'))
    await expect(failing).rejects.toThrow('no')
    await second
    await aTurn()
    expect(done).toEqual(['first', 'second', 'third'])
    expect(share.isFree).toBe(true)
  })
})
