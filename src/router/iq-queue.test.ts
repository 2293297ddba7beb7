import { describe, expect, it } from 'vitest'
import { IqQueue, maxParallel } from './iq-queue.ts'

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A queue with jobs that end when they are told to. */
function workshop(queue: IqQueue) {
  const log: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const job = (sender: string, name: string) => {
    const outcome = queue.run(sender, () => {
      log.push(`${name} begins`)
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error)))
      })
    }) as Promise<string>
    outcome.then(
      () => log.push(`${name} ends`),
      () => log.push(`${name} fails`),
    )
    return outcome
  }
  const end = async (name: string, error?: Error) => {
    ends.get(name)?.(error)
    await tick()
  }
  return { log, job, end }
}

describe('no_queue', () => {
  it('runs at once and holds the sender', () => {
    const queue = new IqQueue({ type: 'no_queue' })
    expect(queue.holdsSender).toBe(true)
    expect(queue.run('a', () => 1)).toBe(1)
    const { log, job } = workshop(queue)
    void job('a', 'one')
    void job('a', 'two')
    expect(log).toEqual(['one begins', 'two begins'])
  })
})

describe('one_queue', () => {
  it('answers one sender in order, others meanwhile', async () => {
    const { log, job, end } = workshop(new IqQueue({ type: 'one_queue' }))
    void job('a', 'a1')
    void job('a', 'a2')
    void job('b', 'b1')
    expect(log).toEqual(['a1 begins', 'b1 begins'])
    await end('b1')
    await end('a1')
    await end('a2')
    expect(log.slice(2)).toEqual(['b1 ends', 'a1 ends', 'a2 begins', 'a2 ends'])
  })

  it('goes on after a failure', async () => {
    const queue = new IqQueue({ type: 'one_queue' })
    const { log, job, end } = workshop(queue)
    void job('a', 'one').catch(() => {})
    void job('a', 'two')
    await end('one', new Error('no'))
    await end('two')
    expect(log).toEqual(['one begins', 'one fails', 'two begins', 'two ends'])
    expect(queue.busy).toBe(0)
  })

  it('lets a failure at once through, and makes no promise for what is there at once', () => {
    const queue = new IqQueue({ type: 'one_queue' })
    expect(() =>
      queue.run('a', () => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(queue.run('a', () => 1)).toBe(1)
    expect(queue.holdsSender).toBe(false)
  })
})

describe('queues', () => {
  it('has as many lanes as workers; a sender stays in one', async () => {
    const single = workshop(new IqQueue({ type: 'queues', workers: 1 }))
    void single.job('a', 'a1')
    void single.job('b', 'b1')
    expect(single.log).toEqual(['a1 begins'])
    await single.end('a1')
    expect(single.log).toEqual(['a1 begins', 'a1 ends', 'b1 begins'])
  })

  it('keeps apart what is in different lanes', async () => {
    const { log, job, end } = workshop(new IqQueue({ type: 'queues', workers: 4 }))
    const senders = Array.from({ length: 50 }, (_, index) => `user${index}@localhost`)
    for (const name of senders) void job(name, name)
    expect(log).toHaveLength(4)
    const [first = ''] = log[0]?.split(' ') ?? []
    await end(first)
    expect(log).toHaveLength(6)
    expect(log[4]).toBe(`${first} ends`)
    expect(log[5]).toMatch(/ begins$/)
  })
})

describe('parallel', () => {
  it('begins everything at once and does not hold the sender', async () => {
    const queue = new IqQueue({ type: 'parallel' })
    expect(queue.holdsSender).toBe(false)
    const { log, job, end } = workshop(queue)
    void job('a', 'one')
    void job('a', 'two')
    await end('two')
    await end('one')
    expect(log).toEqual(['one begins', 'two begins', 'two ends', 'one ends'])
  })

  it('has a limit, beyond which requests wait for any that ends', async () => {
    const queue = new IqQueue({ type: 'parallel' })
    const { log, job, end } = workshop(queue)
    for (let index = 0; index < maxParallel + 2; index++) void job('a', String(index))
    expect(log).toHaveLength(maxParallel)
    await end('7')
    expect(log.slice(maxParallel)).toEqual(['7 ends', `${maxParallel} begins`])
    await end('8')
    expect(log.slice(-2)).toEqual(['8 ends', `${maxParallel + 1} begins`])
    expect(queue.busy).toBe(maxParallel)
  })
})
