import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import { FakeClock } from '../../util/clock.ts'
import { maxRunsOfAccount, patience, type Run, RunTable } from './run-table.ts'

const alice = Jid.parse('alice@localhost/pc')

function table() {
  const clock = new FakeClock()
  const runs = new RunTable(clock)
  const begin = (owner = alice): Run => {
    const run = { id: runs.newId(), node: 'n', owner, to: 'localhost', questions: [] }
    runs.keep(run)
    return run
  }
  return { clock, runs, begin }
}

const faultOf = (take: () => unknown) => {
  try {
    take()
    return undefined
  } catch (error) {
    return (error as { options: { app: { name: string } } }).options.app.name
  }
}

describe('commands under way', () => {
  it('are for who began them, at the same address, for the same command, once', () => {
    const { runs, begin } = table()
    const run = begin()
    const who = { node: 'n', owner: alice, to: 'localhost' }
    const others = [
      { ...who, node: 'm' },
      { ...who, to: 'elsewhere' },
      { ...who, owner: alice.withResource('phone') },
    ]
    for (const other of others) expect(faultOf(() => runs.take(run.id, other))).toBe('bad-sessionid')
    expect(runs.take(run.id, who)).toBe(run)
    expect(faultOf(() => runs.take(run.id, who))).toBe('bad-sessionid')
  })

  it('expire, and are forgotten later', () => {
    const { clock, runs, begin } = table()
    const [late, never] = [begin(), begin()]
    clock.advance(patience)
    expect(faultOf(() => runs.take(late.id, late))).toBe('session-expired')
    runs.sweep()
    expect(runs.size).toBe(1)
    clock.advance(patience)
    runs.sweep()
    expect(runs.size).toBe(0)
    expect(faultOf(() => runs.take(never.id, never))).toBe('bad-sessionid')
  })

  it('of one account are few: the oldest makes room, those of others stay', () => {
    const { runs, begin } = table()
    const other = begin(Jid.parse('bob@localhost/pc'))
    const own = Array.from({ length: maxRunsOfAccount + 1 }, (_, i) => begin(alice.withResource(`r${i}`)))
    expect(runs.size).toBe(maxRunsOfAccount + 1)
    expect(faultOf(() => runs.take((own[0] as Run).id, own[0] as Run))).toBe('bad-sessionid')
    expect(runs.take((own[1] as Run).id, own[1] as Run)).toBe(own[1])
    expect(runs.take(other.id, other)).toBe(other)
  })

  it('go with their resource', () => {
    const { runs, begin } = table()
    begin()
    const phone = begin(alice.withResource('phone'))
    runs.dropOf(alice)
    expect(runs.size).toBe(1)
    expect(runs.take(phone.id, phone)).toBe(phone)
  })
})
