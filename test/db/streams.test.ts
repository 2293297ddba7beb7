import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { Spool, type SpoolPart } from '../../src/modules/stream-management/spool.ts'
import {
  migrations,
  type SpooledStanza,
  type StreamManagementTables,
  StreamStore,
} from '../../src/modules/stream-management/store.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const alice = Jid.parse('alice@localhost')
const session = (id: string, user = 'alice', domain = 'localhost') => ({
  ...{ id, domain, username: user, resource: 'phone ☎', received: 1, ended_at: null, state: '{}' },
})
const stanza = (id: string, number: number, text = `<message id='${number}'>żółw 🐢</message>`): SpooledStanza => ({
  ...{ session: id, number, arrived_at: 1_764_000_000_000 + number, stanza: Buffer.from(text), notes: null },
})

onEachDatabase('the store of streams', (kind) => {
  let store: StreamStore
  let close = async () => {}

  beforeEach(async () => {
    const any = await openDatabase(await freshDatabase(kind))
    await any.migrate('mod_stream_management', migrations)
    store = new StreamStore(any.of<StreamManagementTables>())
    close = () => any.close()
  })
  afterEach(() => close())

  const numbers = async (domain = 'localhost') =>
    (await store.spool(domain)).map(({ session: id, number }) => `${id} ${number}`)

  it('keeps what is written, in order, and gives it back byte by byte', async () => {
    const many = Array.from({ length: 150 }, (_, at) => stanza('a', at + 1))
    const notes = JSON.stringify({ 'router.is_carbon': true })
    await store.run(
      [store.saved(session('a')), store.saved(session('b', 'bob'))],
      [...many, { ...stanza('b', 7), notes }],
    )
    const rows = await store.spool('localhost')
    expect(rows.map(({ number }) => number)).toEqual([...many.map(({ number }) => number), 7])
    expect(Buffer.from(rows[0]?.stanza ?? '').toString()).toBe(`<message id='1'>żółw 🐢</message>`)
    expect(rows[0]).toMatchObject({ arrived_at: 1_764_000_000_001, notes: null })
    expect(rows.at(-1)).toMatchObject({ session: 'b', notes })
    expect((await store.sessions('localhost')).find(({ id }) => id === 'a')).toEqual(session('a'))
  })

  it('counts, and takes out what was acknowledged', async () => {
    await store.run(
      [store.saved(session('a')), store.saved(session('A'))],
      [1, 2, 3].map((at) => stanza('a', at)),
    )
    await store.run([store.counted('a', 2 ** 40), store.acknowledged('a', 2)], [stanza('a', 4), stanza('A', 1)])
    expect((await numbers()).sort()).toEqual(['A 1', 'a 3', 'a 4'])
    const received = (await store.sessions('localhost')).map(({ id, received: count }) => [id, count])
    expect(Object.fromEntries(received)).toEqual({ a: 2 ** 40, A: 1 })
    // After a restart the numbers are others: what was there goes, in the same group.
    await store.run([store.acknowledged('a', Number.MAX_SAFE_INTEGER)], [stanza('a', 3), stanza('a', 9)])
    expect((await numbers()).filter((each) => each.startsWith('a'))).toEqual(['a 3', 'a 9'])
  })

  it('writes all of a group or nothing', async () => {
    await store.run([store.saved(session('a'))], [stanza('a', 1)])
    await expect(store.run([store.counted('a', 9)], [stanza('a', 2), stanza('a', 1)])).rejects.toThrow()
    expect(await numbers()).toEqual(['a 1'])
    expect((await store.sessions('localhost'))[0]?.received).toBe(1)
  })

  it('forgets sessions, users, domains, and what ended long ago', async () => {
    const stale = { ...session('old'), ended_at: 1_764_000_000_000 }
    const saved = [session('a'), session('b', 'bob'), session('c', 'alice', 'example.org'), stale].map((each) =>
      store.saved(each),
    )
    await store.run(
      saved,
      ['a', 'b', 'c'].map((id) => stanza(id, 1)),
    )
    expect(await store.exported(alice)).toEqual([
      { timestamp: new Date(1_764_000_000_001).toISOString(), packet: `<message id='1'>żółw 🐢</message>` },
    ])
    await store.run(store.forgotten('b'), [])
    await store.forgetEnded('localhost', 1_764_000_000_001)
    expect((await store.sessions('localhost')).map(({ id }) => id)).toEqual(['a'])
    await store.forgetUser(alice)
    expect([await numbers(), await store.sessions('localhost')]).toEqual([[], []])
    expect(await numbers('example.org')).toEqual(['c 1'])
    await store.forgetDomain('example.org')
    expect(await numbers('example.org')).toEqual([])
  })

  it('the spool writes soon, removes a second later, and writes again what failed', async () => {
    const clock = new FakeClock()
    const failures: unknown[] = []
    const spool = new Spool(store, clock, (error) => failures.push(error))
    await store.run([store.saved(session('a'))], [stanza('a', 1)])
    const outcomes: string[] = []
    const part = (statements: SpoolPart['statements'], stanzas: SpoolPart['stanzas']): SpoolPart => ({
      ...{ statements, stanzas, written: () => outcomes.push('written'), failed: () => outcomes.push('failed') },
    })
    const settled = async (outcome: number) => {
      while (outcomes.length < outcome) await new Promise((resolve) => setImmediate(resolve))
    }
    let next = stanza('a', 1)
    const keeper = {
      isWaiting: false,
      collect: (tidies: boolean) => (tidies ? part([store.acknowledged('a', 1)], []) : part([], [next])),
    }
    spool.touch(keeper)
    spool.tidyLater(keeper)
    clock.advance(5)
    // The number is taken.
    await settled(1)
    expect([outcomes, failures.length, await numbers()]).toEqual([['failed'], 1, ['a 1']])
    next = stanza('a', 2)
    spool.touch(keeper)
    clock.advance(1000)
    await settled(3)
    expect(outcomes.slice(1)).toEqual(['written', 'written'])
    expect(await numbers()).toEqual(['a 2'])
  })
})
