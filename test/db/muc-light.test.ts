import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { BlockingLists } from '../../src/modules/muc-light/blocking.ts'
import { changeAffiliations } from '../../src/modules/muc-light/core/affiliations.ts'
import { LightRoom, occupantsOf } from '../../src/modules/muc-light/core/room.ts'
import type { Schema } from '../../src/modules/muc-light/core/schema.ts'
import { LightStore, type LightTables, migrations } from '../../src/modules/muc-light/store.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { systemClock } from '../../src/util/clock.ts'
import { momentIds } from '../../src/util/moment-ids.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const service = 'muclight.example.org'
const schema: Schema = [
  { field: 'roomname', key: 'roomname', type: 'string', value: 'Untitled' },
  { field: 'seats', key: 'seats', type: 'integer', value: 3 },
]
const [lena, otto, mia, tom] = ['lena', 'otto', 'mia', 'tom'].map((name) => Jid.parse(`${name}@example.org`)) as [
  Jid,
  Jid,
  Jid,
  Jid,
]
const rules = { allowsSeveralOwners: false, promotes: true, maxOccupants: 10 }

onEachDatabase('MUC Light', (kind) => {
  let db: Database
  let store: LightStore
  let lists: BlockingLists
  beforeEach(async () => {
    db = await openDatabase(await freshDatabase(kind))
    await db.migrate('mod_muc_light', migrations)
    store = storeOf(service)
    lists = new BlockingLists(db.of<LightTables>(), service)
  })
  afterEach(() => db.close())

  const storeOf = (domain: string) => new LightStore(db.of<LightTables>(), domain, schema, momentIds(systemClock))
  const roomOf = (name: string, ...members: Jid[]) =>
    new LightRoom({
      jid: Jid.of(name, service),
      version: store.freshVersion(),
      config: new Map<string, string | number>([
        ['roomname', `Über ${name} 🐢`],
        ['seats', 7],
      ]),
      occupants: occupantsOf(
        members.map((jid, index) => ({ jid, affiliation: index === 0 ? ('owner' as const) : ('member' as const) })),
      ),
    })
  const described = async (name: string) => {
    const room = await store.load(name)
    return [...(room?.occupants.values() ?? [])].map(({ jid, affiliation }) => `${jid.local} ${affiliation}`).join(', ')
  }

  it('keeps rooms as they are, their members in the order of joining', async () => {
    let room = roomOf('den', mia, lena, otto)
    await store.create(room)
    const loaded = await store.load('den')
    expect(loaded).toMatchObject({ version: room.version, config: room.config })
    expect(await described('den')).toBe('mia owner, lena member, otto member')
    const changed = changeAffiliations(
      room.occupants,
      [
        { jid: mia, affiliation: 'none' },
        { jid: otto, affiliation: 'owner' },
        { jid: tom, affiliation: 'member' },
      ],
      rules,
    )
    room = room.with({ version: store.freshVersion(), occupants: changed.occupants })
    await store.saveAffiliations(room, changed)
    expect(await described('den')).toBe('lena member, otto owner, tom member')
    await store.saveConfig(room.with({ version: 'v9', config: new Map([['roomname', 'Den']]) }))
    expect(await store.load('den')).toMatchObject({ version: 'v9', config: new Map([['roomname', 'Den']]) })
    await expect(store.create(roomOf('den', tom))).rejects.toThrow()
    expect(await described('den')).toBe('lena member, otto owner, tom member')
    expect(await storeOf('other.example.org').load('den')).toBeUndefined()
  })

  it('lists the rooms of somebody, and parts of all', async () => {
    for (const name of ['owl', 'fox', 'a_b', 'axb']) await store.create(roomOf(name, lena))
    await store.create(roomOf('bat', otto, lena))
    expect((await store.roomsOf(lena)).map(({ name, affiliation }) => `${name} ${affiliation}`)).toEqual([
      'a_b owner',
      'axb owner',
      'bat member',
      'fox owner',
      'owl owner',
    ])
    expect(await store.countRooms(otto)).toBe(1)
    expect(await store.list('', 'bat', 1)).toMatchObject({ rows: [{ name: 'fox', title: 'Über fox 🐢' }], count: 5 })
    expect((await store.list('ÜBER A%', '', 9)).rows.map(({ name }) => name)).toEqual(['a_b', 'axb'])
    expect((await store.list('nothing', '', 9)).rows).toEqual([])
    expect((await store.list('FO', '', 9)).rows.map(({ name }) => name)).toEqual(['fox'])
    await store.remove(Jid.of('bat', service))
    expect(await store.roomsOf(otto)).toEqual([])
    expect((await store.names()).sort()).toEqual(['a_b', 'axb', 'fox', 'owl'])
  })

  it('keeps what users have blocked', async () => {
    const den = Jid.of('den', service)
    const denied = [
      { kind: 'room', jid: den, action: 'deny' },
      { kind: 'user', jid: otto, action: 'deny' },
    ] as const
    await lists.change(lena, denied)
    await lists.change(lena, denied)
    await lists.change(mia, [{ kind: 'user', jid: otto, action: 'deny' }])
    expect(await lists.list(lena)).toEqual([
      { kind: 'room', jid: den },
      { kind: 'user', jid: otto },
    ])
    expect(await lists.blocking([lena, mia, tom], den, tom)).toEqual(new Set([lena.bareString]))
    expect(await lists.blocking([lena, mia, tom], Jid.of('x', service), otto)).toEqual(
      new Set([lena.bareString, mia.bareString]),
    )
    await lists.change(lena, [{ kind: 'room', jid: den, action: 'allow' }])
    expect(await lists.list(lena)).toHaveLength(1)
    await lists.forget(lena)
    expect(await lists.list(lena)).toEqual([])
    const many = Array.from({ length: 1000 }, (_, n) => ({
      ...{ kind: 'user', jid: Jid.of(`u${n}`, 'example.org'), action: 'deny' },
    })) as never
    await lists.change(tom, many)
    await expect(lists.change(tom, [{ kind: 'room', jid: den, action: 'deny' }])).rejects.toMatchObject({
      condition: 'resource-constraint',
    })
    await lists.forgetDomain('example.org')
    expect(await lists.list(mia)).toEqual([])
  })

  it('forgets a service, and no other', async () => {
    await store.create(roomOf('den', lena))
    const other = storeOf('other.example.org')
    await other.create(
      new LightRoom({
        ...{ jid: Jid.of('den', 'other.example.org'), version: '1', config: new Map() },
        occupants: occupantsOf([{ jid: lena, affiliation: 'owner' }]),
      }),
    )
    await store.forget()
    expect(await store.load('den')).toBeUndefined()
    expect(await store.countRooms(lena)).toBe(0)
    expect(await other.countRooms(lena)).toBe(1)
  })
})
