import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { OfflinePurge } from '../../src/modules/offline/purge.ts'
import { OfflineStore, type OfflineTables, migrations as offlineMigrations } from '../../src/modules/offline/store.ts'
import {
  MissedStore,
  type MissedTables,
  migrations as missedMigrations,
} from '../../src/modules/offline-chatmarkers/store.ts'
import {
  MarkerStore,
  type MarkerTables,
  migrations as markerMigrations,
} from '../../src/modules/smart-markers/store.ts'
import type { MarkerType } from '../../src/stanza/chat-markers.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { hashOf } from '../../src/util/hash-of.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const [lena, otto, hall] = ['lena@example.org', 'otto@example.org', 'hall@rooms.example.org'].map((text) =>
  Jid.parse(text),
) as [Jid, Jid, Jid]

onEachDatabase('what devices keep', (kind) => {
  let db: Database
  beforeEach(async () => {
    db = await openDatabase(await freshDatabase(kind))
    await db.migrate('mod_smart_markers', markerMigrations)
    await db.migrate('mod_offline_chatmarkers', missedMigrations)
    await db.migrate('mod_offline', offlineMigrations)
  })
  afterEach(() => db.close())

  const marker = (from: Jid, to: Jid, [type, id, at, thread = '']: [MarkerType, string, number, string?]) => {
    const peer = to.bareString
    return { peer, thread, type, id, at, place: hashOf([from.bareString, peer, thread, type]) }
  }

  it('markers: the youngest of a kind stays', async () => {
    const store = new MarkerStore(db.of<MarkerTables>())
    const ids = async () => (await store.list({ query: { to: otto, thread: '', since: 0 } })).map(({ id }) => id)
    await store.put(lena, [marker(lena, otto, ['displayed', 'm5', 50]), marker(lena, otto, ['received', 'm6', 50])])
    await store.put(lena, [marker(lena, otto, ['displayed', 'm4', 60])])
    expect(await ids()).toEqual(['m6', 'm4'])
    await store.put(lena, [marker(lena, otto, ['displayed', 'late', 40])])
    expect(await ids()).toEqual(['m6', 'm4'])
    await store.put(lena, [marker(lena, otto, ['displayed', 'same', 60])])
    expect(await ids()).toEqual(['m6', 'same'])
  })

  it('markers: by thread, time and sender', async () => {
    const store = new MarkerStore(db.of<MarkerTables>())
    const query = { to: hall, thread: '', since: 0 }
    await store.put(lena, [
      marker(lena, hall, ['displayed', 'a', 10]),
      marker(lena, hall, ['displayed', 't', 20, 'żółw 🐢']),
    ])
    await store.put(otto, [marker(otto, hall, ['displayed', 'b', 30])])
    expect((await store.list({ query })).map(({ id, from, at }) => [id, from.full, at])).toEqual([
      ['a', lena.full, 10],
      ['b', otto.full, 30],
    ])
    expect(await store.list({ query: { ...query, thread: 'żółw 🐢' } })).toMatchObject([{ id: 't', thread: 'żółw 🐢' }])
    expect(await store.list({ query: { ...query, since: 11 } })).toMatchObject([{ id: 'b' }])
    expect(await store.list({ query, from: lena })).toMatchObject([{ id: 'a' }])
    await store.forgetPeer(hall, otto)
    expect(await store.list({ query })).toMatchObject([{ id: 'a' }])
    await store.forgetUser(lena)
    expect(await store.list({ query })).toEqual([])
  })

  it('markers: the oldest of a user go', async () => {
    const store = new MarkerStore(db.of<MarkerTables>())
    for (let at = 1; at <= 5; at++) await store.put(lena, [marker(lena, otto, ['displayed', `m${at}`, at, `t${at}`])])
    await store.trim(lena, 5)
    expect(await store.exported(lena)).toHaveLength(5)
    await store.trim(lena, 3)
    expect((await store.exported(lena)).map(({ id }) => id)).toEqual(['m3', 'm4', 'm5'])
  })

  it('missed markers: the first time counts', async () => {
    const store = new MissedStore(db.of<MissedTables>())
    await store.add(lena, { thread: 't9', room: '', since: 20 })
    await store.add(lena, { thread: 't9', room: '', since: 30 })
    await store.add(lena, { thread: '', room: hall.full, since: 10 })
    expect(await store.count(lena)).toBe(2)
    expect(await store.list(lena)).toEqual([
      { thread: '', room: hall.full, since: 10 },
      { thread: 't9', room: '', since: 20 },
    ])
    await store.forget(lena)
    expect(await store.list(lena)).toEqual([])
  })

  it('messages: what has expired or is old goes, of one domain only', async () => {
    const offline = db.of<OfflineTables>()
    const store = new OfflineStore(offline)
    let changes = 0
    const purge = new OfflinePurge(
      offline,
      () => 100,
      () => changes++,
    )
    const message = (sentAt: number, expiresAt?: number) => ({
      sender: otto.full,
      sentAt,
      expiresAt,
      bytes: Buffer.from('x'),
    })
    for (const expiry of [99, 100, 101, undefined]) await store.add(lena, message(50, expiry))
    await store.add(Jid.parse('lena@example.com'), message(50, 1))
    expect(await purge.removeExpired('example.org')).toBe(2)
    expect((await store.list(lena, 10)).map(({ expiresAt }) => expiresAt)).toEqual([101, undefined])
    await store.add(lena, message(60))
    expect(await purge.removeOlder('example.org', 60)).toBe(2)
    expect(await store.count(lena)).toBe(1)
    expect(changes).toBe(2)
  })
})
