import { describe, expect, it } from 'vitest'
import { type IqPolicy, IqQueue } from './iq-queue.ts'

/** Requests that are under way until they are told to end. */
function desk(policy: IqPolicy) {
  const queue = new IqQueue(policy)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const ask = (sender: string, what: string) =>
    queue.run(sender, () => {
      begun.push(what)
      return new Promise<void>((resolve) => ends.set(what, resolve))
    })
  const end = async (what: string) => {
    ends.get(what)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { queue, begun, ask, end }
}

describe('the processing policies of IQs', () => {
  it('no_queue answers at once and holds the sender', () => {
    const { queue, begun, ask } = desk({ type: 'no_queue' })
    expect(queue.holdsSender).toBe(true)
    void ask('a', 'a1')
    void ask('a', 'a2')
    expect(begun).toEqual(['a1', 'a2'])
    expect(queue.run('a', () => 'now')).toBe('now')
  })

  it('one_queue answers a sender in order, and others meanwhile', async () => {
    const { queue, begun, ask, end } = desk({ type: 'one_queue' })
    expect(queue.holdsSender).toBe(false)
    void ask('a', 'a1')
    void ask('a', 'a2')
    void ask('b', 'b1')
    expect(begun).toEqual(['a1', 'b1'])
    await end('a1')
    expect(begun).toEqual(['a1', 'b1', 'a2'])
    await end('a2')
    await end('b1')
    expect(queue.busy).toBe(0)
  })

  it('queues has as many lanes as workers, a sender always in the same', async () => {
    const one = desk({ type: 'queues', workers: 1 })
    void one.ask('a', 'a1')
    void one.ask('b', 'b1')
    expect(one.begun).toEqual(['a1'])
    await one.end('a1')
    expect(one.begun).toEqual(['a1', 'b1'])
    const many = desk({ type: 'queues', workers: 4 })
    for (let sender = 0; sender < 50; sender++) void many.ask(`user${sender}`, String(sender))
    expect(many.begun).toHaveLength(4)
    void many.ask('user0', 'again')
    expect(many.begun).not.toContain('again')
  })

  it('parallel answers side by side, a thousand at most', async () => {
    const { begun, ask, end } = desk({ type: 'parallel' })
    for (let i = 0; i < 1001; i++) void ask('a', String(i))
    expect(begun).toHaveLength(1000)
    // Whichever ends makes room.
    await end('7')
    expect(begun).toHaveLength(1001)
  })

  it('what fails does not stop what follows', async () => {
    const { queue } = desk({ type: 'one_queue' })
    const failed = Promise.resolve(queue.run('a', () => Promise.reject(new Error('no'))))
    const next = queue.run('a', () => 'yes')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
