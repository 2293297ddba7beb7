import { describe, expect, it } from 'vitest'
import { FakeClock } from './clock.ts'
import { Courier, type CourierOptions, type Loss } from './courier.ts'

interface Delivery {
  readonly job: string
  done(): Promise<void>
  fail(error?: unknown): Promise<void>
}

/** Lets what has been settled take its course. */
const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

function setUp(changes: Partial<CourierOptions<string>> = {}) {
  const clock = new FakeClock()
  const begun: Delivery[] = []
  const losses: Loss<string>[] = []
  const courier = new Courier<string>({
    ...{ workers: 2, mostHeld: 10, retryFor: 0, clock, random: () => 1, mayRetry: () => true },
    deliver: (job) =>
      new Promise((resolve, reject) => {
        begun.push({
          job,
          done: () => {
            resolve(undefined)
            return settled()
          },
          fail: (error = new Error('away')) => {
            reject(error)
            return settled()
          },
        })
      }),
    onLost: (loss) => losses.push(loss),
    ...changes,
  })
  const jobs = () => begun.map(({ job }) => job)
  const lost = () => losses.map(({ job, reason }) => `${job}: ${reason}`)
  return { clock, courier, begun, jobs, lost, losses }
}

describe('Courier', () => {
  it('delivers a few at a time, in order', async () => {
    const { courier, begun, jobs, lost } = setUp()
    for (const job of ['a', 'b', 'c', 'd']) courier.put(job)
    expect(jobs()).toEqual(['a', 'b'])
    await begun[1]?.done()
    expect(jobs()).toEqual(['a', 'b', 'c'])
    for (const index of [0, 2, 3]) await begun[index]?.done()
    expect(courier.held).toBe(0)
    expect(lost()).toEqual([])
  })

  it('loses what is too much, and goes on', async () => {
    const { courier, begun, jobs, lost } = setUp({ mostHeld: 3 })
    for (const job of ['a', 'b', 'c', 'd']) courier.put(job)
    expect(lost()).toEqual(['d: full'])
    await begun[0]?.done()
    courier.put('e')
    await begun[1]?.done()
    expect(jobs()).toEqual(['a', 'b', 'c', 'e'])
  })

  it('loses what fails where nothing is tried again', async () => {
    const { courier, begun, jobs, losses } = setUp()
    for (const job of ['a', 'b', 'c']) courier.put(job)
    const error = new Error('no')
    await begun[0]?.fail(error)
    expect(losses).toEqual([{ job: 'a', reason: 'failed', error }])
    expect(jobs()).toEqual(['a', 'b', 'c'])
  })

  it('tries again at growing intervals, one at a time, in the order of old', async () => {
    const { clock, courier, begun, jobs, lost } = setUp({ retryFor: 60_000 })
    for (const job of ['a', 'b', 'c']) courier.put(job)
    await begun[1]?.fail()
    await begun[0]?.fail()
    expect(jobs()).toEqual(['a', 'b'])
    clock.advance(999)
    expect(jobs()).toEqual(['a', 'b'])
    clock.advance(1)
    expect(jobs()).toEqual(['a', 'b', 'a'])
    await begun[2]?.fail()
    clock.advance(1999)
    expect(begun).toHaveLength(3)
    clock.advance(1)
    await begun[3]?.done()
    expect(jobs()).toEqual(['a', 'b', 'a', 'a', 'b', 'c'])
    await begun[4]?.done()
    await begun[5]?.done()
    expect(courier.held).toBe(0)
    expect(lost()).toEqual([])
  })

  it('holds no more than it may while the other side is away for an hour, and loses the old', async () => {
    const { clock, courier, begun, lost } = setUp({ retryFor: 600_000, mostHeld: 100 })
    let put = 0
    for (let second = 0; second < 3600; second++) {
      courier.put(`job ${put++}`)
      expect(courier.held).toBeLessThanOrEqual(100)
      clock.advance(1000)
      for (const each of begun.splice(0)) await each.fail()
    }
    expect(courier.held + lost().length).toBe(put)
    const full = lost().filter((loss) => loss.endsWith('full')).length
    const failed = lost().filter((loss) => loss.endsWith('failed')).length
    expect(full).toBeGreaterThan(0)
    expect(failed).toBeGreaterThan(0)
    // It is back: whatever is held is delivered.
    clock.advance(60_000)
    while (courier.held > 0) for (const each of begun.splice(0)) await each.done()
    expect(lost()).toHaveLength(full + failed)
  })

  it('gives up what the other side does not want, and does not wait', async () => {
    const { courier, begun, jobs, lost } = setUp({ retryFor: 60_000, mayRetry: (error) => error !== 'refused' })
    for (const job of ['a', 'b', 'c']) courier.put(job)
    await begun[0]?.fail('refused')
    expect(lost()).toEqual(['a: failed'])
    expect(jobs()).toEqual(['a', 'b', 'c'])
  })

  it('lanes do not hold each other up', async () => {
    const { courier, begun, jobs, lost } = setUp({ workers: 1, mostInLane: 2 })
    for (const job of ['a1', 'a2', 'a3']) courier.put(job, 'a')
    courier.put('b1', 'b')
    expect(jobs()).toEqual(['a1', 'b1'])
    expect(lost()).toEqual(['a3: full'])
    await begun[1]?.done()
    courier.put('b2', 'b')
    expect(jobs()).toEqual(['a1', 'b1', 'b2'])
  })

  it('at the end delivers what it can', async () => {
    const { clock, courier, begun, lost } = setUp({ retryFor: 60_000, workers: 1 })
    courier.put('a')
    courier.put('away', 'other')
    await begun[1]?.fail()
    let isClosed = false
    const closing = courier.close(5000).then(() => {
      isClosed = true
    })
    expect(lost()).toEqual(['away: closed'])
    courier.put('late')
    await begun[0]?.done()
    await settled()
    expect(isClosed).toBe(true)
    await closing
    expect(lost()).toEqual(['away: closed', 'late: closed'])

    const slow = setUp({ workers: 1 })
    slow.courier.put('a')
    slow.courier.put('b')
    const end = slow.courier.close(5000)
    slow.clock.advance(5000)
    await end
    expect(slow.lost()).toEqual(['b: closed'])
    clock.advance(0)
  })
})
