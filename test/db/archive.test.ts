import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { Archive } from '../../src/modules/mam/archive.ts'
import type { Lookup } from '../../src/modules/mam/lookup.ts'
import { noLaterId } from '../../src/modules/mam/message-id.ts'
import { PreferenceStore } from '../../src/modules/mam/preference-store.ts'
import type { Filter } from '../../src/modules/mam/reader.ts'
import { flags, type MamTables, migrations } from '../../src/modules/mam/tables.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { Stanza } from '../../src/stanza/stanza.ts'
import { Ticket } from '../../src/stanza/ticket.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { type Clock, systemClock } from '../../src/util/clock.ts'
import { el } from '../../src/xml/element.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'

const [romeo, juliet, nurse] = [
  'romeo@montague.example/orchard',
  'juliet@capulet.example/balcony',
  'nurse@capulet.example',
].map((text) => Jid.parse(text)) as [Jid, Jid, Jid]

onEachDatabase('the archive', (kind) => {
  let db: Database<MamTables>
  let archive: Archive
  let close = async () => {}
  let late = 0
  /** Later on request, so that what was written counts as settled. */
  const clock: Clock = { now: () => systemClock.now() + late, after: (ms, run) => systemClock.after(ms, run) }

  const openArchive = (hasFullText = true) =>
    new Archive({
      name: 'example.org',
      ...{ db, clock, log: createLogger({ level: 'none' }), flushInterval: 1, batchSize: 30 },
      ...{ hasFullText, hasReferences: hasFullText, onFlushed() {}, onDropped() {} },
    })

  beforeEach(async () => {
    late = 0
    const any = await openDatabase(await freshDatabase(kind))
    await any.migrate('mod_mam', migrations)
    db = any.of<MamTables>()
    archive = openArchive()
    close = () => any.close()
  })
  afterEach(() => close())

  function say(from: Jid, to: Jid, body: string, id = 'm1') {
    const stanza = Stanza.make('message', { from, to, id, type: 'chat' }, el('body', 'jabber:client', body))
    const sent = archive.append({ owner: from, remote: to, resource: to.resource, flags: flags.outgoing, stanza })
    const shared = sent.message
    return { sent, got: archive.append({ owner: to, remote: from, resource: from.resource, flags: 0, stanza, shared }) }
  }
  const number = async (jid: Jid) => (await archive.addresses.find(jid.bareString)) ?? 0
  async function find(owner: Jid, more: Partial<Omit<Lookup, 'filter'>> & { filter?: Partial<Filter> } = {}) {
    await archive.settled()
    const all = { archive: await number(owner), withoutGroupchat: false, from: 0, to: noLaterId - 1 }
    const { filter, ...rest } = more
    return archive.page({ mustExist: [], max: 50, isSimple: false, ...rest, filter: { ...all, ...filter } })
  }
  const bodiesOf = (page: Awaited<ReturnType<typeof find>>) =>
    page.messages.map(({ bytes }) => Stanza.fromBytes(bytes, Jid.parse).child('body')?.text())
  const rows = async (table: 'mod_mam_stanza' | 'mod_mam_entry' | 'mod_mam_words') =>
    Number(
      (
        await db.q
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('rows'))
          .executeTakeFirstOrThrow()
      ).rows,
    )

  it('keeps a message once for both archives', async () => {
    const { sent, got } = say(romeo, juliet, 'żółw 🐢')
    await Promise.all([sent.written, got.written])
    expect(await rows('mod_mam_stanza')).toBe(1)
    await archive.settled()
    expect(await rows('mod_mam_entry')).toBe(2)
    for (const owner of [romeo, juliet]) expect(bodiesOf(await find(owner))).toEqual(['żółw 🐢'])
  })

  it('knows a message that is sent again on a stream that has gone on, in the conversation and on the stream that it was in', async () => {
    const text = `<message xmlns='jabber:client' from='${romeo.full}' to='${juliet.full}' id='m1'><body>Hi</body></message>`
    const message = (number: number, { id = 'Stream_1', repeats = 1 } = {}) => {
      const ticket = new Ticket(undefined, { id, startedAt: clock.now() - 1000, repeats }, number)
      return Stanza.fromBytes(Buffer.from(text), Jid.parse).under(ticket)
    }
    const keep = (stanza: Stanza, owner: Jid, remote: Jid) =>
      archive.append({ owner, remote, ...at, stanza, origin: stanza.origin }).id
    const at = { resource: '', flags: 0 }
    const ids = [keep(message(7), romeo, juliet), keep(message(7), juliet, romeo), keep(message(8), romeo, juliet)]
    const plain = message(9, { repeats: 0 })
    expect(archive.repeated(plain, romeo, juliet)).toBeUndefined()
    expect(await archive.repeated(message(7), romeo, juliet)).toBe(ids[0])
    expect(await archive.repeated(message(7), juliet, romeo)).toBe(ids[1])
    expect(archive.repeated(message(8), romeo, juliet)).toBe(ids[2])
    expect(archive.repeated(message(9), romeo, juliet)).toBeUndefined()
    expect(await archive.repeated(message(7), romeo, nurse)).toBeUndefined()
    for (const id of ['StreamX1', 'stream_1', 'Stream_']) {
      expect(await archive.repeated(message(7, { id }), romeo, juliet)).toBeUndefined()
    }
    // What has come since is looked for when the stream has gone on once more; what was retracted keeps its name.
    keep(message(9), romeo, juliet)
    await archive.settled()
    await archive.replace(romeo, ids[0] as number, () => el('retracted', 'urn:xmpp:message-retract:1'))
    const again = { repeats: 2 }
    expect(await archive.repeated(message(9, again), romeo, juliet)).toBeGreaterThan(ids[2] as number)
    expect(archive.repeated(message(7, again), romeo, juliet)).toBe(ids[0])
  })

  it('keeps it twice where it was changed on its way', async () => {
    const { message } = say(romeo, juliet, 'one').sent
    const stanza = Stanza.make('message', { from: romeo, to: nurse })
    archive.append({ owner: nurse, remote: romeo, resource: '', flags: 0, stanza, shared: message })
    await archive.settled()
    expect(await rows('mod_mam_stanza')).toBe(2)
  })

  it('keeps it once where others come in between, as long as they are few', async () => {
    const make = (body: string) =>
      Stanza.make('message', { from: romeo, to: juliet }, el('body', 'jabber:client', body))
    const sent = ['a', 'b', 'c'].map((body) => {
      const stanza = make(body)
      const to = { owner: romeo, remote: juliet, resource: '', flags: flags.outgoing, stanza }
      return { stanza, shared: archive.append(to).message }
    })
    for (const { stanza, shared } of sent) {
      for (const owner of [juliet, nurse, Jid.parse('benvolio@montague.example')]) {
        archive.append({ owner, remote: romeo, resource: romeo.resource, flags: 0, stanza, shared })
      }
    }
    for (const owner of [romeo, juliet, nurse]) expect(bodiesOf(await find(owner))).toEqual(['a', 'b', 'c'])
    expect([await rows('mod_mam_stanza'), await rows('mod_mam_entry')]).toEqual([3, 12])
    const words = archive.wordQuery(await number(nurse), ['b'])
    expect(bodiesOf(await find(nurse, { filter: { words } }))).toEqual(['b'])
  })

  it('writes more than fits into one statement, in order', async () => {
    const bodies = Array.from({ length: 333 }, (_, at) => String(at))
    for (const body of bodies) say(romeo, Jid.parse(`u${body}@capulet.example`), body)
    const page = await find(romeo, { max: 400 })
    expect(bodiesOf(page)).toEqual(bodies)
    expect(page).toMatchObject({ count: 333, index: 0, isComplete: true })
  })

  it('finds by account, resource, and without groupchat', async () => {
    say(romeo, juliet, 'one')
    say(romeo, nurse, 'two')
    const stanza = Stanza.make('message', { from: romeo, type: 'groupchat' })
    archive.append({ owner: romeo, remote: nurse, resource: 'x ', flags: flags.groupchat, stanza })
    await archive.settled()
    const remote = await number(nurse)
    expect((await find(romeo, { filter: { remote } })).count).toBe(2)
    expect((await find(romeo, { filter: { remote, resource: 'x ' } })).count).toBe(1)
    expect((await find(romeo, { filter: { remote, resource: 'x' } })).count).toBe(0)
    expect((await find(romeo, { filter: { withoutGroupchat: true } })).count).toBe(2)
  })

  it('finds by words, short and frequent ones too', async () => {
    say(romeo, juliet, 'What is in a name? THE rose, by any other word')
    say(romeo, juliet, 'a rosy cheek')
    say(nurse, juliet, 'the rose is mine')
    await archive.settled()
    const ask = async (owner: Jid, ...words: string[]) => {
      const page = await find(owner, { filter: { words: archive.wordQuery(await number(owner), words) } })
      return page.count
    }
    expect(await ask(juliet, 'the', 'rose')).toBe(2)
    expect(await ask(juliet, 'a')).toBe(2)
    expect(await ask(juliet, 'in', 'is')).toBe(1)
    expect(await ask(romeo, 'ros')).toBe(2)
    expect(await ask(nurse, 'name')).toBe(0)
    say(nurse, romeo, `  snake_case,,${'x'.repeat(90)}`)
    say(nurse, romeo, `snake żółw ${'x'.repeat(90)}`)
    await archive.settled()
    for (const word of ['snake', 'x'.repeat(60)]) expect(await ask(romeo, word)).toBe(2)
    expect([await ask(romeo, 'case'), await ask(romeo, 'snake_case'), await ask(romeo, 'żół')]).toEqual([1, 0, 1])
  })

  it('puts into the index what an earlier process has left out', async () => {
    archive = openArchive(false)
    say(romeo, juliet, 'forgotten words')
    await archive.settled()
    expect(await rows('mod_mam_words')).toBe(0)
    archive = openArchive()
    await archive.catchUp(() => false)
    expect(await rows('mod_mam_words')).toBe(1)
    for (const owner of [romeo, juliet]) {
      const words = archive.wordQuery(await number(owner), ['forgotten'])
      expect((await find(owner, { filter: { words } })).count).toBe(1)
    }
  })

  it('gives no id again after a restart with the clock set back', async () => {
    const { got } = say(romeo, juliet, 'one')
    await archive.settled()
    late = -3_600_000
    const behind: Clock = { now: () => clock.now(), after: (ms, run) => clock.after(ms, run) }
    const next = new Archive({
      name: 'example.org',
      ...{ db, clock: behind, log: createLogger({ level: 'none' }), flushInterval: 1, batchSize: 30 },
      ...{ hasFullText: true, hasReferences: true, onFlushed() {}, onDropped() {} },
    })
    await next.open()
    expect(next.ids.next()).toBeGreaterThan(got.id)
  })

  it('replaces a message in one archive only, and once', async () => {
    const { sent } = say(romeo, juliet, 'oops')
    const tombstone = () => el('retracted', 'urn:x')
    await archive.settled()
    expect(await archive.replace(romeo, sent.id, tombstone)).toBe(true)
    expect(await archive.replace(romeo, sent.id, tombstone)).toBe(false)
    expect(await archive.replace(romeo, 7, tombstone)).toBe(false)
    expect([await rows('mod_mam_stanza'), await rows('mod_mam_words')]).toEqual([2, 1])
    expect(bodiesOf(await find(romeo))).toEqual([undefined])
    expect(bodiesOf(await find(juliet))).toEqual(['oops'])
  })

  it('removes an archive, and what nobody else has', async () => {
    for (let at = 0; at < 7; at++) say(romeo, juliet, String(at))
    expect(await archive.remove(romeo, 3)).toBe(7)
    expect([await archive.count(romeo), await archive.count(juliet)]).toEqual([0, 7])
    expect([await rows('mod_mam_stanza'), await rows('mod_mam_words')]).toEqual([7, 7])
    expect(await archive.remove(juliet, Number.POSITIVE_INFINITY)).toBe(7)
    expect([await rows('mod_mam_stanza'), await rows('mod_mam_words'), await rows('mod_mam_entry')]).toEqual([0, 0, 0])
    expect(await archive.remove(nurse, 3)).toBe(0)
  })

  it('loses one message that the database refuses, not its company', async () => {
    const dropped: number[] = []
    archive = new Archive({
      name: 'example.org',
      ...{ db, clock, log: createLogger({ level: 'none' }), flushInterval: 1, batchSize: 30 },
      ...{
        hasFullText: true,
        hasReferences: true,
        onFlushed() {},
        onDropped: (entries: number) => dropped.push(entries),
      },
    })
    const { sent } = say(romeo, juliet, 'one')
    const stanza = Stanza.make('message', { from: romeo })
    archive.append({ owner: romeo, remote: nurse, resource: '', flags: 0, stanza, id: sent.id })
    say(romeo, juliet, 'two')
    expect(bodiesOf(await find(romeo))).toEqual(['one', 'two'])
    expect(dropped).toEqual([1])
  })

  it('puts into the archives at the start what was written and not there yet', async () => {
    const settings = {
      name: 'example.org',
      db,
      clock,
      log: createLogger({ level: 'none' }),
      flushInterval: 1,
      batchSize: 30,
    }
    const made = () =>
      new Archive({ ...settings, hasFullText: true, hasReferences: true, onFlushed() {}, onDropped() {} })
    const before = await rows('mod_mam_entry')
    archive = made()
    await archive.open()
    const { got } = say(romeo, juliet, 'last words')
    await got.written
    expect(await rows('mod_mam_entry')).toBe(before)
    archive = made()
    await archive.open()
    expect(await rows('mod_mam_entry')).toBe(before + 2)
    expect(bodiesOf(await find(juliet)).at(-1)).toBe('last words')
  })

  it('keeps preferences', async () => {
    const store = new PreferenceStore(db)
    const wanted = { default: 'never', always: [juliet.full], never: [] } as const
    await store.put(romeo, wanted)
    expect(await new PreferenceStore(db).of(romeo)).toEqual(wanted)
    await store.forget(romeo)
    expect((await new PreferenceStore(db).of(romeo)).default).toBe('always')
    expect((await store.of(romeo)).default).toBe('always')
  })

  describe('pages', () => {
    const peers = [romeo, juliet, nurse] as const
    const step = fc.oneof(
      fc.record({ do: fc.constant('say' as const), with: fc.nat(2) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1000, 50_000, 100_000) }),
    )
    const walk = fc.record({
      steps: fc.array(step, { maxLength: 12 }),
      size: fc.integer({ min: 1, max: 7 }),
      isBackward: fc.boolean(),
      with: fc.option(fc.nat(2), { nil: undefined }),
    })
    type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never
    type Walk = typeof walk extends fc.Arbitrary<infer Value> ? Value : never

    /** An archive beside a list of what should be in it. */
    class Told {
      readonly owner = Jid.parse(`owner${Math.random()}@example.org/pc`)
      readonly #all: { readonly id: number; readonly peer: number }[] = []

      perform(steps: readonly Step[]): void {
        for (const each of steps) {
          if (each.do === 'wait') late += each.ms
          else this.#all.push({ id: say(this.owner, peers[each.with] as Jid, 'x').sent.id, peer: each.with })
        }
      }

      ids(peer: number | undefined): number[] {
        return this.#all.filter((each) => peer === undefined || each.peer === peer).map(({ id }) => id)
      }
    }

    /** Reads a page and checks where it says that it stands. */
    async function read(told: Told, peer: number | undefined, more: Partial<Lookup>): Promise<[number[], boolean]> {
      const remote = peer === undefined ? undefined : await number(peers[peer] as Jid)
      const page = await find(told.owner, { ...more, filter: { remote } })
      const ids = page.messages.map(({ id }) => id)
      expect(page.count).toBe(told.ids(peer).length)
      expect(page.index).toBe(ids.length === 0 ? undefined : told.ids(peer).indexOf(ids[0] as number))
      return [ids, page.isComplete]
    }

    /** Goes through the whole list, page by page; more is said meanwhile. */
    async function goThrough(told: Told, { steps, size: max, isBackward, with: peer }: Walk): Promise<number[]> {
      let seen: number[] = []
      for (;;) {
        const forward = { after: seen.at(-1) }
        const backward = { before: seen[0] ?? ('end' as const) }
        const [ids, isComplete] = await read(told, peer, { max, ...(isBackward ? backward : forward) })
        seen = isBackward ? [...ids, ...seen] : [...seen, ...ids]
        if (isComplete) return seen
        // Fewer than fit onto a page, so that there is an end.
        told.perform(steps.slice(0, max - 1))
      }
    }

    it('put together they are the list, in both directions, while messages arrive', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(walk, { minLength: 1, maxLength: 3 }), async (walks) => {
          const told = new Told()
          for (const each of walks) {
            told.perform(each.steps)
            const before = told.ids(each.with)
            const seen = await goThrough(told, each)
            expect(seen).toEqual(each.isBackward ? before : told.ids(each.with))
          }
        }),
        { numRuns: kind === 'sqlite' ? 40 : 8 },
      )
    }, 120_000)
  })
})
