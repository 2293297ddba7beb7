import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { migrations, PushStore, type PushTables } from '../../src/modules/event-pusher/push/store.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const [lena, otto, other] = ['lena@example.org', 'otto@example.org', 'lena@example.com'].map((text) =>
  Jid.parse(text),
) as [Jid, Jid, Jid]
const [app, web] = [Jid.parse('push.example.net'), Jid.parse('web@push.example.net')] as const

onEachDatabase('registrations for push notifications', (kind) => {
  let db: Database
  let store: PushStore
  beforeEach(async () => {
    db = await openDatabase(await freshDatabase(kind))
    await db.migrate('mod_event_pusher', migrations)
    store = new PushStore(db.of<PushTables>())
  })
  afterEach(() => db.close())
  const nodes = async (user: Jid) => (await store.list(user)).map(({ jid, node }) => `${jid} ${node}`)

  it('one for each service and node, with the options of the last time', async () => {
    await store.put(lena, { jid: app, node: 'n', options: { a: 'żółw 🐢' } }, 10)
    await store.put(lena, { jid: web, node: 'n', options: undefined }, 20)
    await store.put(lena, { jid: app, node: 'N'.repeat(2000), options: {} }, 30)
    await store.put(lena, { jid: app, node: 'n', options: { b: '2' } }, 40)
    expect(await store.list(lena)).toEqual([
      { jid: app, node: 'n', options: { b: '2' } },
      { jid: web, node: 'n', options: undefined },
      { jid: app, node: 'N'.repeat(2000), options: {} },
    ])
  })

  it('forgotten one by one, with their user, and with the domain', async () => {
    for (const user of [lena, otto, other]) {
      await store.put(user, { jid: app, node: 'a', options: undefined }, 1)
      await store.put(user, { jid: app, node: 'b', options: undefined }, 2)
    }
    await store.remove(lena, { jid: app, node: 'a' })
    await store.remove(lena, { jid: web, node: 'b' })
    expect(await nodes(lena)).toEqual([`${app} b`])
    await store.forget(otto)
    expect(await nodes(otto)).toEqual([])
    await store.forgetDomain('example.org')
    expect([await nodes(lena), await nodes(other)]).toEqual([[], [`${app} a`, `${app} b`]])
  })
})
