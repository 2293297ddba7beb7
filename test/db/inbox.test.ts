import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import type { Effect } from '../../src/modules/inbox/batch.ts'
import type { Listing, Position } from '../../src/modules/inbox/listing.ts'
import { InboxStore, type StoredConversation } from '../../src/modules/inbox/store.ts'
import { type InboxTables, migrations } from '../../src/modules/inbox/tables.ts'
import { InboxWriter, type Moved } from '../../src/modules/inbox/writer.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const owner = Jid.parse('lena@example.org')
const other = (name: string) => Jid.parse(`${name}@example.org`)

onEachDatabase('inboxes', (kind) => {
  let db: Database
  let moved: Moved[]
  let dropped: unknown[]
  let writer: InboxWriter
  let store: InboxStore

  const makeWriter = () =>
    new InboxWriter(db.of<InboxTables>(), {
      clock: new FakeClock(),
      flushInterval: 5,
      onMoved: (each) => moved.push(each),
      onDropped: (error) => dropped.push(error),
    })

  beforeEach(async () => {
    db = await openDatabase(await freshDatabase(kind))
    await db.migrate('mod_inbox', migrations)
    moved = []
    dropped = []
    writer = makeWriter()
    store = new InboxStore(db.of<InboxTables>(), writer)
  })
  afterEach(() => db.close())

  const newest = (at: number, messageId = `m${at}`) => ({
    at,
    messageId,
    archiveId: undefined,
    content: Buffer.from(`<message xmlns='jabber:client' from='x@example.org'><body>ż🐢${at}</body></message>`),
  })
  const message = (name: string, at: number, effect: Effect = 'count', by = writer) =>
    by.message({ owner, remote: other(name) }, newest(at), effect)
  const all = async (listing: Partial<Listing> = {}, most = 100) => {
    await store.settled()
    const found = await store.list({ owner, order: 'desc', box: 'all', ...listing }, most)
    return found.map(({ remote, at, unread, box }) => [remote.local, at, unread, box])
  }

  it('count from the first message on, and start again with a message of the owner', async () => {
    message('b', 1)
    message('b', 2)
    await store.settled()
    message('b', 3)
    message('c', 4, 'reset')
    expect(await all()).toEqual([
      ['c', 4, 0, 'inbox'],
      ['b', 3, 3, 'inbox'],
    ])
    message('b', 5, 'reset')
    message('b', 6)
    expect(await all({ isUnread: true })).toEqual([['b', 6, 1, 'inbox']])
    const found = await store.find({ owner, remote: other('b') })
    expect(found?.content.toString('utf8')).toContain('ż🐢6')
    expect(dropped).toEqual([])
  })

  it('keep the later message of two, and count both', async () => {
    await Promise.all([message('b', 9), writer.flush()])
    await Promise.all([message('b', 5), writer.flush()])
    expect(await all()).toEqual([['b', 9, 2, 'inbox']])
  })

  it('lose no count to others that write at the same time', async () => {
    const writers = [writer, makeWriter(), makeWriter()]
    const written: Promise<void>[] = []
    for (let at = 1; at <= 300; at++) {
      const by = writers[at % 3] as InboxWriter
      written.push(message(`b${at % 5}`, at, 'count', by))
      if (at % 7 === 0) by.flush()
    }
    for (const each of writers) each.flush()
    await Promise.all(written)
    const counts = await all()
    expect(counts).toHaveLength(5)
    expect(counts.map(([, , unread]) => unread)).toEqual([60, 60, 60, 60, 60])
  })

  it('are read when the newest message is marked, and only then', async () => {
    const conversation = { owner, remote: other('b') }
    message('b', 1)
    message('b', 2)
    await store.settled()
    writer.marker(conversation, 'm1')
    expect(await store.unread(conversation)).toBe(2)
    writer.marker(conversation, 'm2')
    expect(await store.unread(conversation)).toBe(0)
    writer.marker({ owner, remote: other('nobody') }, 'm2')
    expect(await store.unread({ owner, remote: other('nobody') })).toBe(0)
  })

  it('come back from the archive once, however many messages come at the same time', async () => {
    const conversation = { owner, remote: other('b') }
    message('b', 1)
    expect(await store.change(conversation, { box: 'archive', mutedUntil: 77 })).toEqual({
      unread: 1,
      box: 'archive',
      mutedUntil: 77,
    })
    const writers = [writer, makeWriter(), makeWriter()]
    const written = writers.map((each, place) => message('b', 10 + place, 'count', each))
    message('new', 20)
    for (const each of writers) each.flush()
    await Promise.all(written)
    expect(moved).toHaveLength(1)
    expect(moved).toMatchObject([{ mutedUntil: 77, owner: { full: owner.full } }])
    expect(await all()).toEqual([
      ['new', 20, 1, 'inbox'],
      ['b', 12, 4, 'inbox'],
    ])
    await store.change(conversation, { box: 'work' })
    message('b', 30)
    await store.settled()
    expect(moved).toHaveLength(1)
    await store.change(conversation, { box: 'archive' })
    message('b', 31)
    await store.settled()
    expect(moved).toHaveLength(2)
  })

  it('are changed by their owner, and only where they are', async () => {
    const conversation = { owner, remote: other('b') }
    expect(await store.change(conversation, { isRead: false })).toBeUndefined()
    message('b', 1, 'reset')
    expect(await store.change(conversation, { isRead: false })).toMatchObject({ unread: 1 })
    expect(await store.change(conversation, { isRead: false })).toMatchObject({ unread: 1 })
    message('b', 2)
    expect(await store.change(conversation, { isRead: false })).toMatchObject({ unread: 2 })
    expect(await store.change(conversation, { isRead: true, box: 'bin' })).toMatchObject({ unread: 0, box: 'bin' })
    expect(await store.change(conversation, { isRead: true, box: 'bin' })).toMatchObject({ unread: 0, box: 'bin' })
  })

  const namesOf = (page: readonly StoredConversation[]) => page.map(({ remote }) => remote.local)
  const positionOf = (each: StoredConversation | undefined): Position | undefined =>
    each && { at: each.at, remote: each.remote.full }

  async function forward(order: 'asc' | 'desc'): Promise<string[]> {
    const seen: string[] = []
    let after: Position | undefined
    do {
      const page = await store.list({ owner, order, after, box: 'all' }, 2)
      seen.push(...namesOf(page))
      after = positionOf(page.at(-1))
    } while (after !== undefined)
    return seen
  }

  async function backward(order: 'asc' | 'desc'): Promise<string[]> {
    const seen: string[] = []
    let before: Position | undefined
    let from: Position | undefined
    do {
      const listing: Listing = { owner, order, before, box: 'all' }
      from = await store.startOfLast(listing, 2)
      const page = await store.list({ ...listing, from }, 2)
      seen.unshift(...namesOf(page))
      before = positionOf(page[0])
    } while (from !== undefined)
    return seen
  }

  it('are listed page by page over equal times, none twice and none left out', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const name of names) message(name, name < 'f' ? 5 : 6)
    await store.settled()
    for (const order of ['asc', 'desc'] as const) {
      const whole = (await all({ order })).map(([name]) => name)
      expect([...whole].sort()).toEqual(names)
      expect(await forward(order)).toEqual(whole)
      expect(await backward(order)).toEqual(whole)
    }
  })

  it('lose what is in the bin, all of it or what is older', async () => {
    for (const [name, at] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const)
      message(name, at)
    for (const name of ['a', 'b']) await store.change({ owner, remote: other(name) }, { box: 'bin' })
    expect(await store.emptyBin({ domain: 'example.com' })).toBe(0)
    expect(await store.emptyBin({ domain: 'example.org', local: 'otto' })).toBe(0)
    expect(await store.emptyBin({ domain: 'example.org' }, 2)).toBe(1)
    expect(await store.emptyBin({ domain: 'example.org', local: 'lena' })).toBe(1)
    expect(await all()).toEqual([['c', 3, 1, 'inbox']])
  })

  it('go with a room, an account or a domain, whatever waits to be written', async () => {
    const hall = other('hall')
    const [otto, far] = [other('otto'), Jid.parse('lena@example.com')]
    for (const each of [owner, otto, far]) writer.message({ owner: each, remote: hall }, newest(1), 'count')
    await store.leave(hall, [owner, far], 'deleted')
    await store.leave(hall, [otto], 'binned')
    expect(await all()).toEqual([])
    expect(await store.find({ owner: otto, remote: hall })).toMatchObject({ box: 'bin' })
    for (let at = 1; at <= 5; at++) message(`b${at}`, at)
    writer.message({ owner: far, remote: hall }, newest(1), 'count')
    await store.forgetUser(otto)
    expect(await store.find({ owner: otto, remote: hall })).toBeUndefined()
    message('late', 9)
    await store.forgetDomain('example.org', 2)
    expect(await all()).toEqual([])
    expect(await store.find({ owner: far, remote: hall })).toBeDefined()
    await store.forgetDomain('example.com', Number.POSITIVE_INFINITY)
    expect(await store.find({ owner: far, remote: hall })).toBeUndefined()
  })

  it('write what they can when the database refuses one of them', async () => {
    const tooLong = { owner: Jid.ofStored('x'.repeat(900), 'example.org'), remote: other('b') }
    const written = [message('b', 1), writer.message(tooLong, newest(2), 'count'), message('c', 3)]
    await store.settled()
    await Promise.all(written)
    expect((await all()).map(([name]) => name)).toEqual(['c', 'b'])
    // Only MySQL has limits on what is in a key.
    expect(dropped.length).toBe(kind === 'mysql' ? 1 : 0)
  })
})
