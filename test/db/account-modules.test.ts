import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { AnnounceStore, migrations as announceMigrations } from '../../src/modules/announce/store.ts'
import { CounterStore, migrations as tokenMigrations } from '../../src/modules/auth-token/store.ts'
import { BroadcastStore, migrations as broadcastMigrations } from '../../src/modules/broadcast/store.ts'
import { InviteStore, migrations as inviteMigrations } from '../../src/modules/invites/store.ts'
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
