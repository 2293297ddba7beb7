import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InboundCount } from './inbound-count.ts'
import { OutboundQueue } from './outbound-queue.ts'
import { meant, readCount, round, told } from './sequence.ts'

interface Item {
  number: number
  readonly name: number
}

/** A step in the life of a stream: the server queues, writes; the network delivers or loses; the client acknowledges; it resumes. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('queue' as const) },
  { weight: 4, arbitrary: fc.constant('write' as const) },
  { weight: 3, arbitrary: fc.constant('deliver' as const) },
  { weight: 2, arbitrary: fc.constant('acknowledge' as const) },
  { weight: 1, arbitrary: fc.constant('resume' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 1, arbitrary: fc.constant('withdraw' as const) },
)

/** The server's queue, and a client that counts what it gets. */
class Model {
  queue: OutboundQueue<Item>
  /** Written, and on its way. */
  wire: Item[] = []
  got: number[] = []
  /** Not sent again when the client came back. */
  readonly withdrawn = new Set<number>()
  count: number
  next = 0
  /** What a restart would find: every item that is not known to be acknowledged, as it is on disk. */
  readonly base: number

  constructor(base: number) {
    this.base = base
    this.count = base
    this.queue = new OutboundQueue(base)
  }

  take(what: 'queue' | 'write' | 'deliver' | 'acknowledge' | 'resume' | 'restart' | 'withdraw'): void {
    if (what === 'queue') this.queue.add({ number: 0, name: this.next++ })
    else if (what === 'write') this.#write()
    else if (what === 'deliver') this.#deliver()
    else if (what === 'acknowledge') expect(this.queue.acknowledge(told(this.count))).toBeDefined()
    else {
      if (what === 'restart') this.#restart()
      this.wire = []
      expect(this.queue.resume(told(this.count))).toBeDefined()
      expect(this.queue.acknowledged).toBe(this.count)
      if (what === 'withdraw') {
        for (const { name } of this.queue.withdraw(({ name }) => name % 3 === 0)) this.withdrawn.add(name)
      }
    }
  }

  #write(): void {
    const item = this.queue.next
    if (item === undefined) return
    this.queue.wrote()
    this.wire.push(item)
    expect(item.number).toBe(this.queue.written)
  }

  #deliver(): void {
    const item = this.wire.shift()
    if (item === undefined) return
    this.got.push(item.name)
    this.count++
  }

  #restart(): void {
    const kept = this.queue.items().map(({ number, name }) => ({ number, name }))
    this.queue = OutboundQueue.restored(this.queue.acknowledged, kept)
    // What comes before the client is back is not touched by what it tells.
    this.queue.add({ number: 0, name: this.next++ })
  }
}

describe('counts', () => {
  it('go round at 2^32', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: round - 1 }), (low, ahead) => {
        const from = low + round * 3
        expect(meant(told(from + ahead), from)).toBe(from + ahead)
      }),
    )
  })

  it.each([[undefined], [''], ['-1'], ['1.5'], ['x'], ['4294967296'], ['99999999999'], [' 1']])(
    '%s is none',
    (text) => {
      expect(readCount(text)).toBeUndefined()
    },
  )

  it('are read up to the last before the turn', () => {
    expect(readCount('4294967295')).toBe(round - 1)
  })
})

describe('what goes to the client', () => {
  it.each([0, round - 5, 7 * round - 3])('comes once and in order whatever the network does, from %i on', (base) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const model = new Model(base)
        for (const what of steps) model.take(what)
        model.take('resume')
        for (const what of ['write', 'deliver'] as const) for (let i = 0; i <= model.next; i++) model.take(what)
        const all = Array.from({ length: model.next }, (_, i) => i)
        expect(model.got).toEqual(all.filter((name) => !model.withdrawn.has(name)))
        model.take('acknowledge')
        expect(model.queue.size).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('is not acknowledged before it was written', () => {
    const queue = new OutboundQueue<Item>(round - 1)
    queue.add({ number: 0, name: 0 })
    expect(queue.acknowledge(0)).toBeUndefined()
    queue.wrote()
    expect(queue.acknowledge(1)).toBeUndefined()
    expect(queue.acknowledge(round - 1)).toEqual([])
    expect(queue.acknowledge(0)).toHaveLength(1)
  })
})

describe('what comes from the client', () => {
  /** How each stanza ends: which come to their end, in which order, and which fail. */
  const ends = fc.array(fc.record({ isWritten: fc.boolean(), fails: fc.boolean(), isKept: fc.boolean() }), {
    maxLength: 30,
  })

  it('is settled as far as nothing before it is outstanding or has failed', async () => {
    await fc.assert(
      fc.asyncProperty(ends, fc.infiniteStream(fc.nat()), async (stanzas, random) => {
        const count = new InboundCount(() => {}, { source: { id: 's', startedAt: 0, repeats: 0 }, settled: round - 3 })
        const open = stanzas.map((plan, index) => {
          const ticket = count.take()
          expect(ticket.origin).toBe(`s/${round - 2 + index}`)
          if (plan.isKept) ticket.keep()
          return { ticket, plan, isSettled: false, hasFailed: false }
        })
        const order = [...open].sort(() => ((random.next().value as number) % 3) - 1)
        for (const one of order) {
          if (one.plan.isWritten)
            one.ticket.hold(one.plan.fails ? Promise.reject(new Error('full')) : Promise.resolve())
          one.ticket.handled()
          await new Promise((resolve) => setImmediate(resolve))
          const mayBeKept = open
            .slice(0, open.indexOf(one) + 1)
            .every(({ ticket }) => ticket.isReady && !ticket.hasFailed)
          expect(one.ticket.mayBeKept).toBe(mayBeKept)
          if (one.plan.isKept) one.ticket.kept()
          const stop = open.findIndex(({ ticket }) => !ticket.isSettled || ticket.hasFailed)
          expect(count.settled).toBe(round - 3 + (stop < 0 ? open.length : stop))
          expect(count.ready).toBeGreaterThanOrEqual(count.settled)
        }
      }),
      { numRuns: 40 },
    )
  })
})
