import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { BlocklistStore, type BlocklistTables, migrations as blocklist } from '../../src/modules/blocklist/store.ts'
import { emptyBook } from '../../src/modules/privacy/book.ts'
import { PrivacyList } from '../../src/modules/privacy/privacy-list.ts'
import { everyKind } from '../../src/modules/privacy/stanza-kind.ts'
import { PrivacyStore, type PrivacyTables, migrations as privacy } from '../../src/modules/privacy/store.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { ReportStore, type ReportTables, migrations as reports } from '../../src/modules/reports/store.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const alice = Jid.parse('alice@example.org')
const bob = Jid.parse('bob@example.org')

onEachDatabase('who may reach whom', (kind) => {
  let db: Database
  beforeEach(async () => {
    db = await openDatabase({ ...(await freshDatabase(kind)), log: { error: () => {}, info: () => {} } })
  })
  afterEach(() => db.close())

  it('keeps lists, the default one and blocks of each user apart', async () => {
    await db.migrate('mod_privacy', privacy)
    const store = new PrivacyStore(db.of<PrivacyTables>())
    const rule = { action: 'deny', order: 3, type: 'group', value: 'Żółwie 🐢', kinds: 5 } as const
    const rest = { action: 'allow', order: 7, type: undefined, value: '', kinds: everyKind } as const
    await store.saveList(alice, 'one', new PrivacyList([rest]))
    await store.saveList(alice, 'one', new PrivacyList([rest, rule]))
    await store.saveList(alice, 'One', new PrivacyList([]))
    await store.setDefault(alice, 'One')
    await store.setDefault(alice, 'one')
    await store.saveList(bob, 'one', new PrivacyList([rest]))
    const book = await store.load(alice)
    expect([...book.lists.keys()].sort()).toEqual(['One', 'one'])
    expect(book.lists.get('one')?.items).toMatchObject([rule, { action: 'allow', order: 7, kinds: everyKind }])
    expect(book.defaultName).toBe('one')
    await store.dropDefault(alice)
    await store.removeList(alice, 'One')
    expect((await store.load(alice)).names).toEqual(['one'])
    await store.forget(alice)
    expect(await store.load(alice)).toBe(emptyBook)
    expect((await store.load(bob)).names).toEqual(['one'])
  })

  it('adds and removes many blocks at once', async () => {
    await db.migrate('mod_privacy', privacy)
    const store = new PrivacyStore(db.of<PrivacyTables>())
    const many = Array.from({ length: 1201 }, (_, index) => `user${index}@blocked.example`)
    const long = `${'l'.repeat(1000)}@blocked.example/${'r'.repeat(1000)}`
    await store.changeBlocked(alice, [...many, long], [])
    await store.changeBlocked(bob, [long], [])
    expect((await store.load(alice)).blocked).toEqual(new Set([...many, long]))
    await store.changeBlocked(alice, ['new@blocked.example'], many.slice(1))
    expect((await store.load(alice)).blocked).toEqual(new Set([many[0], long, 'new@blocked.example']))
    expect((await store.load(bob)).blocked.size).toBe(1)
  })

  it('keeps barred accounts', async () => {
    await db.migrate('mod_blocklist', blocklist)
    const store = new BlocklistStore(db.of<BlocklistTables>())
    await store.put(bob, undefined)
    await store.put(alice, 'first')
    await store.put(alice, 'second')
    expect(await store.get(alice)).toEqual({ user: alice, reason: 'second' })
    expect(await store.get(Jid.parse('alice@other.example'))).toBe(undefined)
    expect(await store.list('example.org', { index: 0 })).toMatchObject([{ user: alice }, { user: bob }])
    expect(await store.list('example.org', { index: 1 })).toEqual([{ user: bob, reason: undefined }])
    expect(await store.list('example.org', { index: 0, limit: 1 })).toHaveLength(1)
    expect([await store.count('example.org'), await store.count('other.example')]).toEqual([2, 0])
    expect([await store.remove(alice), await store.remove(alice)]).toEqual([true, false])
  })

  it('keeps reports', async () => {
    await db.migrate('mod_reports', reports)
    const store = new ReportStore(db.of<ReportTables>())
    const report = (reporter: Jid, offender: string, text: string): Report => ({
      ...{ reporter, offender: Jid.parse(offender), reason: 'urn:xmpp:reporting:spam', text },
      ...{ messages: [{ by: reporter.full, id: '1' }], mayReach: { origin: false, thirdParties: false } },
    })
    await store.add(report(alice, 'eve@evil.example', 'zły 🐢'), 1_700_000_000_123)
    await store.add(report(bob, 'eve@evil.example', ''), 2)
    await store.add(report(alice, 'mallory@evil.example', ''), 3)
    const all = await store.list('example.org', { after: 0, limit: 10 })
    expect(all.map(({ reporter, offender }) => [reporter, offender])).toEqual([
      [alice.full, 'eve@evil.example'],
      [bob.full, 'eve@evil.example'],
      [alice.full, 'mallory@evil.example'],
    ])
    expect(all[0]).toMatchObject({ at: 1_700_000_000_123, text: 'zły 🐢', messages: [{ by: alice.full, id: '1' }] })
    const first = all[0]?.id ?? 0
    expect(await store.list('example.org', { offender: 'eve@evil.example', after: first, limit: 10 })).toHaveLength(1)
    expect(await store.list('example.org', { after: 0, limit: 1 })).toHaveLength(1)
    expect([await store.countOf(alice), await store.countOf(bob)]).toEqual([2, 1])
    expect(await store.remove('other.example', first)).toBe(false)
    expect([await store.remove('example.org', first), await store.remove('example.org', first)]).toEqual([true, false])
    await store.forget(alice)
    expect(await store.of(alice)).toEqual([])
    expect(await store.of(bob)).toHaveLength(1)
  })
})
