import { expect, it } from 'vitest'
import type { Params } from '../../src/storage/database.ts'
import { QueryError } from '../../src/storage/errors.ts'
import { sql } from '../../src/storage/sql.ts'
import { onEachDatabase } from '../support/databases.ts'
import { noteBookOn } from '../support/notes.ts'

onEachDatabase('queries', (kind) => {
  it('give rows, counts and keys', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const inserted = await db.q.insertInto('note').values({ owner: 1, text: 'a' }).executeTakeFirstOrThrow()
    expect(inserted.insertId).toBe(1n)
    const updated = await db.q.updateTable('note').set({ owner: 2 }).executeTakeFirstOrThrow()
    expect(updated.numUpdatedRows).toBe(1n)
    const returned = await db.q.insertInto('note').values({ owner: 3, text: 'b' }).returning(['id', 'text']).execute()
    expect(returned).toEqual([{ id: 2, text: 'b' }])
    const deleted = await db.q.deleteFrom('note').executeTakeFirstOrThrow()
    expect(deleted.numDeletedRows).toBe(2n)
  })

  it('keep text, bytes and numbers as they are', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const texts = ['', 'ascii', 'latin é', 'Ω≈ 😀', kind === 'postgres' ? 'x' : 'with\u0000zero']
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0, 255, 1]),
      Buffer.from('x'.repeat(100_000)),
      null,
      new Uint8Array([7]),
    ]
    const rows = texts.map((text, i) => ({
      id: i + 1,
      owner: Number.MAX_SAFE_INTEGER - i,
      text,
      body: bodies[i] ?? null,
    }))
    await db.q.insertInto('note').values(rows).execute()
    const read = await db.q.selectFrom('note').selectAll().orderBy('id').execute()
    expect(read).toEqual(rows.map((row) => ({ ...row, body: row.body && Buffer.from(row.body) })))
    expect(read[1]?.body).toBeInstanceOf(Buffer)
  })

  it('copy bytes when they are sent, so that a read buffer may be used again', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const shared = Buffer.from('first')
    const add = db.prepare((q, p: Params<{ text: string; body: Uint8Array }>) =>
      q.insertInto('note').values({ owner: 1, text: p('text'), body: p('body') }),
    )
    const sent = [add.run({ text: 'a', body: shared })]
    shared.write('other')
    sent.push(add.run({ text: 'b', body: shared }))
    shared.write('third')
    await Promise.all(sent)
    const bodies = await db.q.selectFrom('note').select('body').orderBy('id').execute()
    expect(bodies.map((row) => String(row.body))).toEqual(['first', 'other'])
  })

  it('refuse values that SQL has no place for, and integers a number does not hold', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const read = (value: unknown) =>
      sql`select ${value}${sql.raw(kind === 'postgres' ? '::bigint' : '')} as value`.execute(db.q)
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 60n, new Date(), Symbol('x')]) {
      await expect(read(value)).rejects.toThrow(/cannot be stored/)
    }
    expect((await read(2n ** 53n - 1n)).rows).toEqual([{ value: Number.MAX_SAFE_INTEGER }])
    expect((await read(true)).rows).toEqual([{ value: 1 }])
    await expect(sql`select 9007199254740993 as value`.execute(db.q)).rejects.toThrow(/beyond the integers/)
  })

  it('see every write that was sent before them, committed or not', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const seen: number[] = []
    const writes: Promise<unknown>[] = []
    const count = db.prepare((q) => q.selectFrom('note').select((eb) => eb.fn.countAll<number>().as('n')))
    for (let i = 0; i < 50; i++) {
      writes.push(
        db.q
          .insertInto('note')
          .values({ owner: 1, text: `t${i}` })
          .execute(),
      )
      seen.push((await count.first({}))?.n ?? -1)
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    await Promise.all(writes)
  })

  it('run in the order in which they were asked for, whatever way they were asked for', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const add = (text: string) => db.q.insertInto('note').values({ owner: 1, text })
    const prepared = db.prepare((q, p: Params<{ text: string }>) =>
      q.insertInto('note').values({ owner: 1, text: p('text') }),
    )
    const read = db.q.selectFrom('note').select('text').orderBy('id')
    const [, , , , , rows] = await Promise.all([
      add('a').execute(),
      prepared.run({ text: 'b' }),
      db.atomic([add('c'), prepared.with({ text: 'd' })]),
      add('e').executeTakeFirst(),
      sql`insert into note (owner, text) values (1, 'f')`.execute(db.q),
      read.execute(),
      db.q.deleteFrom('note').execute(),
    ])
    expect(rows.map((row) => row.text).join('')).toBe('abcdef')
  })

  it('fail alone: neighbours in the same message and batch are not touched', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const texts = ['a', 'b', 'a', 'c', 'b', 'd']
    const results = await Promise.allSettled(
      texts.map((text) => db.q.insertInto('note').values({ owner: 1, text }).execute()),
    )
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    await book.reopen()
    const rows = await book.db.q.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows.map((row) => row.text)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('say what was wrong in words that are the same for every database', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    const failure = (query: { execute(): Promise<unknown> }) => query.execute().catch((error: unknown) => error)
    expect(await failure(db.q.insertInto('note').values({ owner: 1, text: 'a' }))).toMatchObject({ kind: 'unique' })
    expect(await failure(db.q.insertInto('tag').values({ note: 99, name: 'x' }))).toMatchObject({ kind: 'foreign-key' })
    const nothing = null as unknown as number
    expect(await failure(db.q.insertInto('note').values({ owner: nothing, text: 'b' }))).toMatchObject({
      kind: 'not-null',
    })
    const odd = await sql`select nonsense from nowhere where x = ${'secret'}`
      .execute(db.q)
      .catch((error: unknown) => error)
    expect(odd).toBeInstanceOf(QueryError)
    expect(odd).toMatchObject({ kind: 'other' })
    expect(String(odd)).not.toContain('secret')
  })

  it('that break a deferred constraint at the commit fail alone', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await sql`create table late (note integer references note (id) deferrable initially deferred)`.execute(db.q)
    const good = db.q.insertInto('note').values({ id: 1, owner: 1, text: 'a' }).execute()
    const bad = sql`insert into late (note) values (77)`.execute(db.q)
    const alsoGood = sql`insert into late (note) values (1)`.execute(db.q)
    const results = await Promise.allSettled([good, bad, alsoGood])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await sql`select note from late`.execute(db.q)).rows).toEqual([{ note: 1 }])
  })

  it('cannot break into the shared transaction', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await expect(db.q.transaction().execute(async () => {})).rejects.toThrow(/db\.atomic/)
    for (const word of ['begin', ' COMMIT', 'rollback', 'savepoint x', 'vacuum']) {
      await expect(sql.raw(word).execute(db.q)).rejects.toThrow(/db\.atomic/)
    }
  })

  it('of thousands of shapes do not fill the memory of prepared ones', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const one = db.prepare((q, p: Params<{ text: string }>) =>
      q
        .insertInto('note')
        .values({ owner: 1, text: p('text') })
        .returning('id'),
    )
    const results: Promise<unknown>[] = []
    for (let i = 0; i < 4500; i++) {
      results.push(
        sql
          .raw(`select ${i} as n`)
          .execute(db.q)
          .then((result) => expect(result.rows).toEqual([{ n: i }])),
      )
      if (i % 100 === 0) results.push(one.first({ text: `t${i}` }).then((row) => expect(row?.id).toBe(i / 100 + 1)))
      if (i % 700 === 0) await Promise.all(results)
    }
    await Promise.all(results)
  })

  it('prepared on a table that changed give its new columns', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const all = db.prepare((q) => q.selectFrom('note').selectAll())
    const stale = db.stale.prepare((q) => q.selectFrom('note').selectAll())
    await db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    expect(Object.keys((await all.first({})) ?? {})).toHaveLength(4)
    expect(Object.keys((await stale.first({})) ?? {})).toHaveLength(4)
    await db.q.schema.alterTable('note').addColumn('extra', 'text').execute()
    expect(await all.first({})).toEqual({ id: 1, owner: 1, text: 'a', body: null, extra: null })
    expect(await stale.first({})).toEqual({ id: 1, owner: 1, text: 'a', body: null, extra: null })
  })
})

onEachDatabase('stale reads', (kind) => {
  it('come from a reader of their own, which cannot write', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await db.q
      .insertInto('note')
      .values({ owner: 1, text: 'a', body: Buffer.from('b') })
      .execute()
    expect(await db.stale.q.selectFrom('note').select(['text', 'body']).execute()).toEqual([
      { text: 'a', body: Buffer.from('b') },
    ])
    await expect(db.stale.q.deleteFrom('note').execute()).rejects.toThrow(/read-?only/i)
  })
})
