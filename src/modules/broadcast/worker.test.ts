import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { FakeClock } from '../../util/clock.ts'
import type { Broadcast } from './api.ts'
import { messageFor, messageId } from './message.ts'
import type { Position } from './store.ts'
import { BroadcastWorker } from './worker.ts'

const job: Broadcast = {
  ...{ id: 7, name: 'n', domain: 'localhost', sender: Jid.parse('mayor@localhost'), subject: '', body: 'Hi', rate: 2 },
  ...{ state: 'running', reason: undefined, owner: 'a', recipients: 45, processed: 0 },
  ...{ createdAt: 0, startedAt: 0, stoppedAt: undefined },
}
const names = Array.from({ length: 45 }, (_, i) => `user${String(i).padStart(2, '0')}`)

function play(from: Position = { cursor: '', processed: 0 }, options: { isOurs?: () => boolean } = {}) {
  const clock = new FakeClock()
  const begun = clock.now()
  const sent: { to: string; at: number }[] = []
  const moves: Position[] = []
  const worker = new BroadcastWorker(job, {
    clock,
    recipients: async (after, limit) => names.filter((name) => name > after).slice(0, limit),
    move: async (at) => {
      moves.push(at)
      return options.isOurs?.() ?? true
    },
    send: async ({ local }) => void sent.push({ to: local, at: clock.now() - begun }),
  })
  const done = worker.run(from)
  const advance = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      for (let i = 0; i < 20; i++) await Promise.resolve()
      clock.advance(100)
    }
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  return { worker, done, sent, moves, advance }
}

describe('a broadcast', () => {
  it('goes to everybody in order, at its rate, and notes its place before each batch', async () => {
    const { done, sent, moves, advance } = play()
    await advance(5000)
    expect(sent.map(({ at }) => at)).toEqual([0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000])
    await advance(20_000)
    expect(await done).toBe('finished')
    expect(sent.map(({ to }) => to)).toEqual(names)
    expect(moves).toEqual([
      { cursor: '', processed: 0 },
      { cursor: 'user19', processed: 20 },
      { cursor: 'user39', processed: 40 },
      { cursor: 'user44', processed: 45 },
    ])
  })

  it('goes on from where it was', async () => {
    const { done, sent, advance } = play({ cursor: 'user39', processed: 40 })
    await advance(4000)
    expect(await done).toBe('finished')
    expect(sent.map(({ to }) => to)).toEqual(names.slice(40))
  })

  it('stops when it is halted, even in a wait', async () => {
    const { worker, done, sent, advance } = play()
    await advance(700)
    worker.halt()
    expect(await done).toBe('halted')
    expect(sent).toHaveLength(2)
  })

  it('stops when the job is not its own any more', async () => {
    let isOurs = true
    const { done, sent, advance } = play(undefined, { isOurs: () => isOurs })
    await advance(700)
    isOurs = false
    await advance(11_000)
    expect(await done).toBe('halted')
    expect(sent).toHaveLength(20)
  })

  it('waits while it is paused, and makes up for it', async () => {
    const { worker, done, sent, advance } = play()
    await advance(600)
    worker.pause()
    await advance(2000)
    expect(sent).toHaveLength(2)
    worker.resume()
    await advance(100)
    expect(sent).toHaveLength(6)
    worker.pause()
    await advance(600)
    worker.halt()
    expect(await done).toBe('halted')
  })

  it('has a message with the same id each time', () => {
    const to = Jid.parse('nob@localhost')
    expect(messageId(7, to)).toMatch(/^mb-[0-9A-F]{32}$/)
    expect(messageId(8, to)).not.toBe(messageId(7, to))
    const message = messageFor(job, to)
    expect([message.id, message.type, message.from?.full, message.to?.full]).toEqual([
      messageId(7, to),
      'chat',
      'mayor@localhost',
      'nob@localhost',
    ])
    expect(message.child('subject')?.text()).toBe('')
    expect(message.child('origin-id', 'urn:xmpp:sid:0')?.attr('id')).toBe(message.id)
  })
})
