import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PeerInbox } from './peer-inbox.ts'
import { type Parcel, PeerBehind, PeerGone, PeerOutbox } from './peer-outbox.ts'

const parcelsOf = (batches: readonly string[]) => batches.flatMap((batch) => JSON.parse(batch) as Parcel[])

describe('what one node sends to another', () => {
  it('arrives once and in order, whatever is lost, comes twice or is confirmed late', async () => {
    const steps = fc.array(fc.constantFrom('add', 'send', 'lose', 'repeat', 'rewind', 'confirm'), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const outbox = new PeerOutbox()
        const heard: unknown[] = []
        const inbox = new PeerInbox(
          (_topic, body) => {
            heard.push(body)
            return (body as number) % 2 === 0 ? Promise.resolve() : undefined
          },
          () => {},
        )
        const taken: number[] = []
        let count = 0
        const acts: Record<string, () => unknown> = {
          add: () => {
            const number = ++count
            void outbox.add('t', number).then(() => taken.push(number))
          },
          send: () => inbox.receive(parcelsOf(outbox.takeBatches())),
          lose: () => outbox.takeBatches(),
          repeat: () => {
            const parcels = parcelsOf(outbox.takeBatches())
            inbox.receive(parcels)
            inbox.receive(parcels)
          },
          rewind: () => outbox.rewind(),
          confirm: () => outbox.confirm(inbox.confirmation),
        }
        for (const step of history) await acts[step]?.()
        outbox.rewind()
        inbox.receive(parcelsOf(outbox.takeBatches()))
        await new Promise((resolve) => setImmediate(resolve))
        outbox.confirm(inbox.confirmation)
        await new Promise((resolve) => setImmediate(resolve))
        const all = Array.from({ length: count }, (_, index) => index + 1)
        expect([heard, taken.sort((a, b) => a - b)]).toEqual([all, all])
      }),
    )
  })

  it('is confirmed when it has been taken in, whatever takes long before it', async () => {
    let finish = () => {}
    const first = new Promise<void>((resolve) => {
      finish = resolve
    })
    const inbox = new PeerInbox(
      (topic) => (topic === 'slow' ? first : undefined),
      () => {},
    )
    const outbox = new PeerOutbox()
    const taken: string[] = []
    for (const topic of ['slow', 'quick']) void outbox.add(topic, null).then(() => taken.push(topic))
    inbox.receive(parcelsOf(outbox.takeBatches()))
    expect(inbox.confirmation).toEqual({ upTo: 0, also: [2], arrived: 2 })
    outbox.confirm(inbox.confirmation)
    await expect.poll(() => taken).toEqual(['quick'])
    finish()
    await expect.poll(() => inbox.confirmation).toEqual({ upTo: 2, also: [], arrived: 2 })
    outbox.confirm(inbox.confirmation)
    await expect.poll(() => taken).toEqual(['quick', 'slow'])
  })

  it('is sent again when nothing was heard of it between two looks', () => {
    const outbox = new PeerOutbox()
    void outbox.add('t', 1).catch(() => {})
    expect(parcelsOf(outbox.takeBatches())).toHaveLength(1)
    outbox.rewindIfStuck()
    expect(outbox.hasUnsent).toBe(false)
    outbox.rewindIfStuck()
    expect(parcelsOf(outbox.takeBatches())).toEqual([[1, 't', 1]])
  })

  it('is not sent again when it has come and takes long', () => {
    const outbox = new PeerOutbox()
    void outbox.add('t', 1).catch(() => {})
    outbox.takeBatches()
    outbox.rewindIfStuck()
    outbox.confirm({ upTo: 0, also: [], arrived: 1 })
    outbox.rewindIfStuck()
    outbox.rewind()
    expect(outbox.hasUnsent).toBe(false)
  })

  it('goes in batches, is refused when too much waits, and fails when the node is gone', async () => {
    const outbox = new PeerOutbox()
    const long = 'x'.repeat(1 << 19)
    const sent = Array.from({ length: 127 }, () => outbox.add('t', long))
    await expect(outbox.add('t', long)).rejects.toThrow(PeerBehind)
    expect(outbox.takeBatches()).toHaveLength(127)
    outbox.confirm({ upTo: 126, also: [], arrived: 126 })
    outbox.end()
    const outcomes = await Promise.allSettled(sent)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(126)
    expect((outcomes[126] as PromiseRejectedResult).reason).toBeInstanceOf(PeerGone)
  })
})
