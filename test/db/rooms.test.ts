import { afterEach, beforeEach, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { usualConfig } from '../../src/modules/muc/core/room-config.ts'
import { Rooms } from '../../src/modules/muc/rooms.ts'
import { ServiceMemory } from '../../src/modules/muc/service-memory.ts'
import { MucStore, type MucTables, migrations } from '../../src/modules/muc/store.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onDatabase, onEachDatabase } from '../support/databases.ts'
import { surroundings } from '../support/room-of.ts'

const service = 'conference.example.org'
const [lena, mona] = [Jid.parse('lena@example.org'), Jid.parse('mona@example.org')]
let database: Database

function storeOf(domain = service): MucStore {
  return new MucStore(database.of<MucTables>(), domain)
}

const entry = (jid: Jid, affiliation: 'owner' | 'member' | 'none' | 'outcast', nick = '') => ({
  jid,
  affiliation,
  reason: 'Ünïcode ☃',
  nick,
})
const record = (title: string, changes = {}) => ({
  config: { ...usualConfig, title, isPersistent: true, ...changes },
  affiliations: [entry(lena, 'owner')],
  subject: undefined,
  extras: {},
  version: 'seed.0',
})

onEachDatabase('rooms', (kind) => {
  beforeEach(async () => {
    database = await openDatabase(await freshDatabase(kind))
    await database.migrate('mod_muc', migrations)
  })
  afterEach(() => database.close())

  it('keeps all of a room and gives it back', async () => {
    const store = storeOf()
    await store.create('den', record('The den'))
    const vcard = `<vCard>${'x'.repeat(60_000)}</vCard>`
    await store.saveConfig('den', { ...usualConfig, title: 'Another', isPublic: false })
    await store.saveSubject('den', { text: 'Weather ☔', author: 'Léna', at: 1_700_000_000_123 })
    await store.saveExtras('den', { vcard, hats: [{ uri: 'u', title: 't', hue: undefined }] })
    await store.saveAffiliations('den', [entry(mona, 'member', 'Möna'), entry(lena, 'none')], 'seed.2')
    const found = await store.load('den')
    expect(found?.config).toEqual({ ...usualConfig, title: 'Another', isPublic: false })
    expect(found?.subject).toEqual({ text: 'Weather ☔', author: 'Léna', at: 1_700_000_000_123 })
    expect(found?.extras).toEqual({ vcard, hats: [{ uri: 'u', title: 't' }] })
    expect([...(found?.affiliations ?? [])]).toEqual([entry(mona, 'member', 'Möna')])
    expect(found?.version).toBe('seed.2')
    expect(await store.listings()).toEqual([{ name: 'den', title: 'Another', isPublic: false }])
    expect(await store.affiliationsOf(mona)).toEqual([{ room: 'den', affiliation: 'member', nick: 'Möna' }])
  })

  it('a room that is removed leaves nothing, and others and other services stay', async () => {
    const [store, other] = [storeOf(), storeOf('rooms.example.net')]
    await store.create('one', record('1'))
    await store.create('two', record('2'))
    await other.create('one', record('elsewhere'))
    await store.remove('one')
    expect(await store.load('one')).toBeUndefined()
    expect(await store.affiliationsOf(lena)).toHaveLength(1)
    expect((await other.load('one'))?.config.title).toBe('elsewhere')
    await store.forget()
    expect(await store.listings()).toEqual([])
    expect(await other.listings()).toHaveLength(1)
  })

  it('keeps registered nicks and one secret', async () => {
    const store = storeOf()
    await store.saveNick(lena, 'Lena')
    await store.saveNick(lena, 'Léna')
    await store.saveNick(mona, 'Mona')
    await store.removeNick(mona)
    expect(await store.nicks()).toEqual([{ jid: lena.full, nick: 'Léna' }])
    expect(await store.secret('first')).toBe('first')
    expect(await storeOf().secret('second')).toBe('first')
  })
})

onDatabase('sqlite', 'many rooms', () => {
  beforeEach(async () => {
    database = await openDatabase(await freshDatabase('sqlite'))
    await database.migrate('mod_muc', migrations)
  })
  afterEach(() => database.close())

  it('50,000 exist, 1,000 of them are in memory, each is found', async () => {
    const store = storeOf()
    const names = Array.from({ length: 50_000 }, (_, index) => `room-${index}`)
    await Promise.all(names.map((name) => store.create(name, record(`Title of ${name}`))))
    const memory = new ServiceMemory(store, Jid.parse(service))
    await memory.whenReady()
    expect(memory.directory.size).toBe(50_000)
    const parts = { directory: memory.directory, store, surroundings: surroundings() }
    const rooms = new Rooms({ ...parts, dispatch: () => undefined, forget: () => undefined })
    const wake = (index: number) => rooms.run(Jid.of(`room-${index}`, service), (room) => room?.config.title)
    for (let index = 0; index < 1000; index++) expect(await wake(index * 50)).toBe(`Title of room-${index * 50}`)
    expect(rooms.size).toBe(1000)
    const page = memory.directory.page(service, { max: 2, after: 'room-49998' }, () => undefined)
    expect('set' in page && page.items.map(({ name }) => name)).toEqual(['Title of room-49999', 'Title of room-5'])
    // Asleep again, and still there.
    await rooms.hibernate(Number.POSITIVE_INFINITY)
    expect(rooms.size).toBe(0)
    expect(await wake(49_999)).toBe('Title of room-49999')
  }, 60_000)
})
