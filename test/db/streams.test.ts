import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { JournalWriter, readJournal, type SpooledStanza } from '../../src/modules/stream-management/journal.ts'
import { Spool } from '../../src/modules/stream-management/spool.ts'
import { migrations, type StreamManagementTables, StreamStore } from '../../src/modules/stream-management/store.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { toWire } from '../../src/xml/wire.ts'
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

  /** Entries with what `write` says, as the spool would write them. */
  const journal = (number: number, write: (writer: JournalWriter) => void, domain = 'localhost') => {
    const writer = new JournalWriter()
    write(writer)
    return writer.finish().map((content, at) => store.journalled({ domain, number: number + at, content }))
  }
  const journalled = (id: string, number: number, text = `<message id='${number}'>żółw 🐢</message>`) => ({
    ...{ session: id, number, at: 1_764_000_000_000 + number, form: 'client' as const, notes: { note: 'ł' } },
    text: toWire(text),
  })

  it('moves what a journal has after a crash to where it belongs, once, and nothing of who is gone', async () => {
    await store.run(
      [store.saved(session('a')), store.saved({ ...session('over'), ended_at: 1_764_000_000_000 })],
      [1, 2].map((number) => stanza('a', number)),
    )
    const write = (writer: JournalWriter) => {
      for (const id of ['over', 'unknown']) {
        writer.count(id, 40)
        writer.stanza(journalled(id, 1))
      }
      writer.count('a', 7)
      writer.stanza(journalled('a', 2))
      writer.stanza(journalled('a', 3))
    }
    await store.run(
      [...journal(10, write), ...journal(11, (writer) => writer.count('a', 5)), ...journal(9, write, 'b')],
      [],
    )
    await store.replay('localhost')
    await store.replay('localhost')
    expect(await numbers()).toEqual(['a 1', 'a 2', 'a 3'])
    const row = (await store.spool('localhost')).at(-1)
    expect(row).toMatchObject({ arrived_at: 1_764_000_000_003, notes: JSON.stringify({ note: 'ł' }) })
    expect(Buffer.from(row?.stanza ?? '').toString()).toBe(`<message xmlns='jabber:client' id='3'>żółw 🐢</message>`)
    const counts = (await store.sessions('localhost')).map(({ id, received }) => [id, received])
    // What was written last counts: who comes back may be told less than before.
    expect(Object.fromEntries(counts)).toEqual({ a: 5, over: 1 })
  })

  it('what was kept before goes where a journal says so', async () => {
    await store.run([store.saved(session('a'))], [stanza('a', 1)])
    const before = (writer: JournalWriter) => writer.stanza(journalled('a', 2))
    const after = (writer: JournalWriter) => {
      writer.replace('a')
      writer.stanza(journalled('a', 1))
    }
    await store.run([...journal(1, before), ...journal(2, after)], [])
    await store.replay('localhost')
    expect(await numbers()).toEqual(['a 1'])
    expect((await store.spool('localhost'))[0]?.arrived_at).toBe(1_764_000_000_001)
  })

  it('writes a large journal in several entries, and a text that comes twice once', async () => {
    const writer = new JournalWriter()
    const text = `<message>${'ż'.repeat(50_000)}</message>`
    for (let number = 1; number <= 20; number++) writer.stanza(journalled('a', number, `${text}<!--${number >> 1}-->`))
    const entries = writer.finish()
    expect(entries.length).toBeGreaterThan(1)
    const bytes = entries.reduce((sum, entry) => sum + entry.length, 0)
    expect(bytes).toBeLessThan(16 * 100_000)
    const { stanzas } = readJournal(entries)
    const rows = [...(stanzas.get('a')?.values() ?? [])]
    expect(rows.map(({ stanza: each }) => /<!--(.*)-->$/.exec(each.toString())?.[1])).toEqual(
      Array.from({ length: 20 }, (_, at) => String((at + 1) >> 1)),
    )
  })

  it('the spool writes to a journal soon, files a second later, and writes again what failed', async () => {
    const clock = new FakeClock()
    const failures: unknown[] = []
    const spool = new Spool(store, clock, (error) => failures.push(error))
    await store.run([store.saved(session('a'))], [stanza('a', 1)])
    const outcomes: string[] = []
    const outcome = (name: string) => ({
      written: () => outcomes.push(`${name} written`),
      failed: () => outcomes.push(`${name} failed`),
    })
    const settled = async (count: number) => {
      while (outcomes.length < count) await new Promise((resolve) => setImmediate(resolve))
    }
    let filed = stanza('a', 1)
    const keeper = {
      isWaiting: false,
      collect: () => ({
        ...{ domain: 'localhost', statements: [], ...outcome('journal') },
        journal: (writer: JournalWriter) => writer.stanza(journalled('a', 2)),
      }),
      file: () => ({ statements: [], stanzas: [filed], ...outcome('row') }),
    }
    spool.touch(keeper)
    clock.advance(5)
    await settled(1)
    spool.fileLater(keeper)
    expect(await numbers()).toEqual(['a 1'])
    clock.advance(1005)
    await settled(2)
    // The number is taken: the journal stays until it can be filed.
    expect([outcomes, failures.length]).toEqual([['journal written', 'row failed'], 1])
    filed = stanza('a', 3)
    clock.advance(1000)
    await settled(3)
    await store.replay('localhost')
    expect([outcomes.at(-1), await numbers()]).toEqual(['row written', ['a 1', 'a 3']])
    // Whoever stops leaves nothing there.
    filed = stanza('a', 4)
    spool.touch(keeper)
    spool.fileLater(keeper)
    await spool.flush()
    await store.replay('localhost')
    expect(await numbers()).toEqual(['a 1', 'a 3', 'a 4'])
  })
})
