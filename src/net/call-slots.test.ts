import { describe, expect, it } from 'vitest'
import { FakeClock } from '../util/clock.ts'
import { CallFailed, CallSlots } from './call-slots.ts'

/** A call that ends when it is told to. */
function openCall() {
  let end = (_answer: string) => {}
  const signals: AbortSignal[] = []
  const call = (signal: AbortSignal) => {
    signals.push(signal)
    return new Promise<string>((resolve) => {
      end = resolve
    })
  }
  return { call, signals, end: (answer: string) => end(answer) }
}

/** Lets settled promises tell everybody. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('slots for calls', () => {
  it('let so many run and the others wait', async () => {
    const slots = new CallSlots({ workers: 1, callTimeout: 100, clock: new FakeClock() })
    const [first, second] = [openCall(), openCall()]
    const answers = [slots.run(first.call), slots.run(second.call)]
    expect(second.signals).toHaveLength(0)
    first.end('one')
    expect(await answers[0]).toBe('one')
    await turn()
    expect(second.signals).toHaveLength(1)
    second.end('two')
    expect(await answers[1]).toBe('two')
  })

  it('fail a call that is one too many', async () => {
    const slots = new CallSlots({ workers: 1, callTimeout: 100, maxWaiting: 0, clock: new FakeClock() })
    void slots.run(openCall().call)
    await expect(slots.run(openCall().call)).rejects.toThrow(CallFailed)
  })

  it('fail a call out of time, waiting or running', async () => {
    const clock = new FakeClock()
    const slots = new CallSlots({ workers: 1, callTimeout: 100, clock })
    const [first, second, third] = [openCall(), openCall(), openCall()]
    const answers = [slots.run(first.call), slots.run(second.call)].map((answer) =>
      expect(answer).rejects.toThrow(CallFailed),
    )
    clock.advance(100)
    await Promise.all(answers)
    expect(first.signals[0]?.aborted).toBe(true)
    expect(second.signals).toHaveLength(0)
    const answer = slots.run(third.call)
    first.end('too late')
    await turn()
    expect(third.signals).toHaveLength(1)
    third.end('three')
    expect(await answer).toBe('three')
  })

  it('are free again after a call that failed', async () => {
    const slots = new CallSlots({ workers: 1, callTimeout: 100, clock: new FakeClock() })
    await expect(slots.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    expect(await slots.run(async () => 'fine')).toBe('fine')
  })
})
