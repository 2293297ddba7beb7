import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { AnnounceStore, migrations as announceMigrations } from '../../src/modules/announce/store.ts'
import { CounterStore, migrations as tokenMigrations } from '../../src/modules/auth-token/store.ts'
import { BroadcastStore, migrations as broadcastMigrations } from '../../src/modules/broadcast/store.ts'
import { ClientStore, migrations as clientMigrations } from '../../src/modules/client-access/store.ts'
import { UploadStore, migrations as uploadMigrations } from '../../src/modules/http-upload/file/store.ts'
import { InviteStore, migrations as inviteMigrations } from '../../src/modules/invites/store.ts'
import type { StoredItem } from '../../src/modules/roster/api.ts'
import { newItem } from '../../src/modules/roster/roster.ts'
import { RosterStore, migrations as rosterMigrations } from '../../src/modules/roster/store.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const domain = 'example.org'
const lena = Jid.parse('lena@example.org')
const max = Jid.parse('max@example.org')
let database: Database

onEachDatabase('what modules keep beside accounts', (kind) => {
  beforeEach(async () => {
    database = await openDatabase(await freshDatabase(kind))
  })
  afterEach(() => database.close())

  it('counters of tokens begin, are raised and forgotten', async () => {
    await database.migrate('mod_auth_token', tokenMigrations)
    const store = new CounterStore(database.of())
    expect(await store.raise(lena)).toBe(false)
    expect(await Promise.all([store.getOrBegin(lena, 1_700_000_000), store.getOrBegin(lena, 5)])).toEqual([
      1_700_000_000, 1_700_000_000,
    ])
    expect(await store.raise(lena)).toBe(true)
    expect(await store.get(lena)).toBe(1_700_000_001)
    await store.forget(lena)
    expect(await store.get(lena)).toBeUndefined()
  })

  it('uploads are waited for, come once, count for their owner and are over', async () => {
    await database.migrate('mod_http_upload', uploadMigrations)
    const store = new UploadStore(database.of())
    expect(await store.key()).toHaveLength(32)
    expect(await store.key()).toEqual(await store.key())
    const upload = (token: string, createdAt: number) => ({
      ...{ token, domain, username: 'lena', filename: '\u{1f600}.txt', size: 5_000_000_000, contentType: undefined },
      ...{ createdAt, expiresAt: createdAt + 100 },
    })
    for (const [index, token] of ['aa', 'bb', 'cc'].entries()) await store.expect(upload(token, 1000 + index))
    expect(await store.usage(lena, 1000)).toEqual({ files: 3, bytes: 15_000_000_000 })
    expect(await store.usage(lena, 1000, 1000)).toEqual({ files: 2, bytes: 10_000_000_000 })
    expect(await store.usage(max, 1000)).toEqual({ files: 0, bytes: 0 })
    expect(await store.oldestSince(lena, 1000)).toBe(1001)
    expect(await store.oldestSince(max, 1000)).toBeUndefined()
    expect(await Promise.all([store.begin('aa', 1000, 9000), store.begin('aa', 1000, 9000)])).toEqual([true, false])
    expect(await store.begin('bb', 1101, 9000)).toBe(false)
    await store.waitAgain('aa', 1100)
    expect(await store.begin('aa', 1000, 9000)).toBe(true)
    expect(await store.find('aa', 1000)).toBeUndefined()
    expect(await store.finish('aa', 'text/plain', 5000)).toBe(true)
    expect(await store.finish('aa', 'text/plain', 5000)).toBe(false)
    expect(await store.find('aa', 1000)).toEqual({ ...upload('aa', 1000), contentType: 'text/plain', expiresAt: 5000 })
    expect(await store.find('aa', 5000)).toBeUndefined()
    expect((await store.storedOf(lena)).map(({ token }) => token)).toEqual(['aa'])
    expect(await store.some({ before: 1101 })).toEqual(['bb'])
    await store.forget(['bb'])
    expect((await store.some({ user: lena })).sort()).toEqual(['aa', 'cc'])
    expect(await store.some({ user: max })).toEqual([])
    expect((await store.some({ domain })).sort()).toEqual(['aa', 'cc'])
  })

  it('clients are remembered by account, and forgotten when they do not come', async () => {
    await database.migrate('mod_client_access', clientMigrations)
    const store = new ClientStore(database.of())
    const sighting = (key: string, at: number) => ({ key, software: '\u{1f600}', device: '', at, by: undefined })
    await store.saw(lena, { ...sighting('a', 1000), by: 'password' })
    await store.saw(lena, { ...sighting('a', 2000), by: 'granted' })
    await store.saw(lena, { ...sighting('b', 3000), by: 'password' })
    await store.saw(max, sighting('a', 4000))
    const shared = { software: '\u{1f600}', device: '', certificate: false }
    const a = { ...shared, key: 'a', password: true, granted: true, firstSeen: 1000, lastSeen: 2000 }
    const b = { ...shared, key: 'b', password: true, granted: false, firstSeen: 3000, lastSeen: 3000 }
    expect(await store.list(lena)).toEqual([b, a])
    await store.touch(lena, 'a', 5000)
    await store.touch(lena, 'nobody', 5000)
    expect(await store.list(lena)).toEqual([{ ...a, lastSeen: 5000 }, b])
    await store.passwordChanged(lena, undefined, [])
    expect(await store.list(lena)).toEqual([{ ...a, password: false, lastSeen: 5000 }])
    for (const key of ['c', 'd', 'e']) await store.saw(lena, { ...sighting(key, 6000), by: 'certificate' })
    await store.trim(lena, 2, ['a'])
    expect((await store.list(lena)).map(({ key }) => key)).toEqual(['c', 'd', 'a'])
    await store.remove(lena, 'd')
    await store.purge(domain, 5500)
    expect((await store.list(lena)).map(({ key }) => key)).toEqual(['c'])
    expect(await store.list(max)).toEqual([])
    await store.saw(lena, { ...sighting('b', 7000), by: 'password' })
    await store.passwordChanged(lena, 'b', [])
    expect((await store.list(lena)).map(({ key, password }) => [key, password])).toEqual([
      ['b', true],
      ['c', false],
    ])
    await store.forget(lena)
    expect(await store.list(lena)).toEqual([])
  })

  it('rosters are read page by page, of one user after another', async () => {
    await database.migrate('mod_roster', rosterMigrations)
    const store = new RosterStore(database.of())
    for (const user of [max, lena]) {
      for (const contact of ['b@x', 'a@x', 'c@x']) await store.save(user, newItem(Jid.parse(contact)), undefined)
    }
    const seen: string[] = []
    for (let last: StoredItem | undefined; ; ) {
      const page: StoredItem[] = await store.page(domain, 2, last)
      seen.push(...page.map(({ user, item }) => `${user.local} ${item.jid.local}`))
      last = page.at(-1)
      if (last === undefined) break
    }
    expect(seen).toEqual(['lena a', 'lena b', 'lena c', 'max a', 'max b', 'max c'])
  })

  it('broadcasts run one at a time, are held by one, and end', async () => {
    await database.migrate('mod_broadcast', broadcastMigrations)
    const store = new BroadcastStore(database.of())
    const plan = { name: 'n', domain, sender: lena, subject: '', body: '\u{1f600}'.repeat(16_000), rate: 5 }
    const lease = { owner: 'one', expires: 2000 }
    const [first, second] = await Promise.all([store.add(plan, 3, 1000, lease), store.add(plan, 3, 1000, lease)])
    expect([first, second].filter((job) => job !== undefined)).toHaveLength(1)
    const job = first ?? second
    const id = job?.id ?? 0
    expect(job).toMatchObject({ ...plan, state: 'running', owner: 'one', createdAt: 1000, stoppedAt: undefined })
    expect(await store.add({ ...plan, domain: 'example.net' }, 1, 1000, lease)).toBeDefined()
    expect(await store.move(id, 'one', { cursor: 'lena', processed: 1 })).toBe(true)
    expect(await store.move(id, 'two', { cursor: 'x', processed: 9 })).toBe(false)
    expect(await store.claimable('two', 1999)).toEqual([])
    expect((await store.claimable('one', 1999)).toSorted()).toEqual([domain, 'example.net'].toSorted())
    expect((await store.claimable('two', 2001)).toSorted()).toEqual([domain, 'example.net'].toSorted())
    expect(await store.claim(domain, 1999, { owner: 'two', expires: 3000 })).toBeUndefined()
    const taken = await store.claim(domain, 2001, { owner: 'two', expires: 3000 })
    expect(taken).toMatchObject({ job: { id, owner: 'two' }, at: { cursor: 'lena', processed: 1 } })
    expect(await store.renew(id, { owner: 'one', expires: 9000 })).toBe(false)
    expect(await store.renew(id, { owner: 'two', expires: 9000 })).toBe(true)
    expect(await store.remove(domain, [id])).toEqual([])
    expect(await store.end(id, 'abort_error', 4000, 'broken')).toBe(true)
    expect(await store.end(id, 'finished', 5000)).toBe(false)
    expect(await store.get(domain, id)).toMatchObject({ state: 'abort_error', reason: 'broken', stoppedAt: 4000 })
    const next = await store.add(plan, 3, 6000, lease)
    expect((await store.list(domain, 10, 0)).map((entry) => entry.id)).toEqual([next?.id, id])
    expect((await store.list(domain, 1, 1)).map((entry) => entry.id)).toEqual([id])
    expect(await store.remove(domain, undefined)).toEqual([id])
    expect(await store.get('example.net', id)).toBeUndefined()
  })

  it('invitations are found by their token, used once, and expire', async () => {
    await database.migrate('mod_invites', inviteMigrations)
    const store = new InviteStore(database.of())
    const invitation = {
      ...{ domain, inviter: 'lena', isForAccount: true, username: 'max', makesContacts: false, expires: 2000 },
    }
    await store.add('secret', invitation)
    expect(await store.find(domain, 'other', 1000)).toBeUndefined()
    expect(await store.find('example.net', 'secret', 1000)).toBeUndefined()
    const found = await store.find(domain, 'secret', 1999)
    expect(found).toMatchObject(invitation)
    expect(await store.find(domain, 'secret', 2000)).toBeUndefined()
    expect(await store.reserving(max, 1000)).toEqual(found)
    expect(await store.reserving(max, 2000)).toBeUndefined()
    expect(await store.countOf(lena, 1000)).toBe(1)
    if (found === undefined) return
    expect(await Promise.all([store.use(found), store.use(found)]).then((all) => all.sort())).toEqual([false, true])
    expect(await store.isOpen(found)).toBe(false)
    await store.add('old', invitation)
    await store.add('new', { ...invitation, expires: 9000 })
    await store.purge(domain, 5000)
    expect((await store.list(domain, 'lena')).map(({ expires }) => expires)).toEqual([9000])
    await store.forget(lena)
    expect(await store.list(domain, 'lena')).toEqual([])
  })

  it('announcements are kept, and who has seen them', async () => {
    await database.migrate('mod_announce', announceMigrations)
    const store = new AnnounceStore(database.of())
    await store.put(domain, 'motd', { subject: '', body: 'Sun', version: 'v1' })
    await store.put(domain, 'motd', { subject: 's', body: 'Rain', version: 'v2' })
    expect(await store.get(domain, 'motd')).toEqual({ subject: 's', body: 'Rain', version: 'v2' })
    expect(await store.get(domain, 'welcome')).toBeUndefined()
    await store.noteSeen([lena], 'v1')
    await store.noteSeen([lena, max], 'v2')
    expect([await store.seenBy(lena), await store.seenBy(max)]).toEqual(['v2', 'v2'])
    await store.forget(lena)
    expect(await store.seenBy(lena)).toBeUndefined()
    expect(await store.remove(domain, 'motd')).toBe(true)
    expect(await store.remove(domain, 'motd')).toBe(false)
  })
})
