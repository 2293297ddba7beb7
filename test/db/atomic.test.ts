import { expect, it } from 'vitest'
import { ConditionFailed } from '../../src/storage/errors.ts'
import { sql } from '../../src/storage/sql.ts'
import { onEachDatabase } from '../support/databases.ts'
import { noteBookOn } from '../support/notes.ts'

onEachDatabase('atomic', (kind) => {
  it('runs all in order and gives typed results', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const [inserted, read, tagged] = await db.atomic([
      db.q.insertInto('note').values({ owner: 1, text: 'a' }).returning('id'),
      db.q.selectFrom('note').select('text'),
      db.q
        .insertInto('tag')
        .columns(['note', 'name'])
        .expression((eb) => eb.selectFrom('note').select(['id', sql<string>`'x'`.as('name')])),
    ])
    const id: number | undefined = inserted.rows[0]?.id
    const text: string | undefined = read.rows[0]?.text
    expect([id, text, tagged.changes]).toEqual([1, 'a', 1])
    expect(await db.atomic([])).toEqual([])
  })

  it('undoes all when one fails, and only that', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const add = (text: string) => db.q.insertInto('note').values({ owner: 1, text })
    const results = await Promise.allSettled([
      add('before').execute(),
      db.atomic([add('x'), add('y'), add('x'), add('z')]),
      add('x').execute(),
      db.atomic([add('p'), add('q')]),
      add('after').execute(),
    ])
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
    await book.reopen()
    const rows = await book.db.q.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows.map((row) => row.text)).toEqual(['before', 'x', 'p', 'q', 'after'])
  })

  it('undoes all when a condition does not hold, and says which', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await db.q.insertInto('note').values({ owner: 5, text: 'a' }).execute()
    const move = (from: number, to: number) =>
      db.atomic([
        db.q.insertInto('tag').values({ note: 1, name: `${from} to ${to}` }),
        db.mustChange(db.q.updateTable('note').set({ owner: to }).where('owner', '=', from)),
      ])
    await move(5, 6)
    const error = await move(5, 7).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConditionFailed)
    expect(error).toMatchObject({ index: 1 })
    expect(await db.q.selectFrom('tag').select('name').execute()).toEqual([{ name: '5 to 6' }])
  })

  it('counts the rows of a returning as change', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const taken = db.mustChange(db.q.deleteFrom('note').where('owner', '=', 1).returning('text'))
    await expect(db.atomic([taken])).rejects.toBeInstanceOf(ConditionFailed)
    await db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    const [result] = await db.atomic([taken])
    expect(result).toEqual({ rows: [{ text: 'a' }], changes: 1, insertId: undefined })
  })

  it('refuses a group with a value that cannot be stored before anything is sent', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    const good = db.q.insertInto('note').values({ owner: 1, text: 'a' })
    const bad = db.q.insertInto('note').values({ owner: Number.NaN, text: 'b' })
    await expect(db.atomic([good, bad])).rejects.toThrow(/cannot be stored/)
    await db.atomic([good])
    expect(await db.q.selectFrom('note').selectAll().execute()).toHaveLength(1)
  })
})

onEachDatabase('upsert and insertIgnore', (kind) => {
  it('replace or leave what is there', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await db.upsert('note', { id: 1, owner: 1, text: 'a' }, ['id']).execute()
    await db.upsert('note', { id: 1, owner: 2, text: 'b' }, ['id']).execute()
    await db.upsert('note', { id: 1, owner: 3, text: 'c' }, ['id'], ['owner']).execute()
    const many = [1, 2].map((id) => ({ id, owner: 9, text: `n${id}` }))
    await db.upsert('note', many, ['id'], ['text']).execute()
    expect(await db.q.selectFrom('note').select(['id', 'owner', 'text']).execute()).toEqual([
      { id: 1, owner: 3, text: 'n1' },
      { id: 2, owner: 9, text: 'n2' },
    ])
    const ignored = db.insertIgnore('note', { id: 1, owner: 0, text: 'z' })
    const [first, second] = await db.atomic([ignored, db.insertIgnore('tag', { note: 1, name: 'x' })])
    expect([first.changes, first.insertId, second.changes]).toEqual([0, undefined, 1])
    await db.upsert('tag', { note: 1, name: 'x' }, ['note', 'name']).execute()
    expect(await db.q.selectFrom('tag').selectAll().execute()).toHaveLength(1)
  })

  it('take values in any order of columns, and within a group', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await db.atomic([
      db.upsert('note', { id: 1, owner: 1, text: 'a' }, ['id']),
      db.upsert('note', { text: 'b', owner: 2, id: 2 }, ['id']),
      db.upsert('note', { id: 3, owner: 3, text: 'c' }, ['id']),
      db.upsert('note', { text: 'd', owner: 4, id: 3 }, ['id'], ['text']),
    ])
    expect(await db.q.selectFrom('note').select(['id', 'owner', 'text']).orderBy('id').execute()).toEqual([
      { id: 1, owner: 1, text: 'a' },
      { id: 2, owner: 2, text: 'b' },
      { id: 3, owner: 3, text: 'd' },
    ])
  })
})

onEachDatabase('page', (kind) => {
  it('walks a list in both directions, as XEP-0059 asks', async () => {
    await using book = await noteBookOn(kind)
    const { db } = book
    await db.q
      .insertInto('note')
      .values(Array.from({ length: 10 }, (_, i) => ({ owner: i % 2, text: `t${i}` })))
      .execute()
    const odd = db.q.selectFrom('note').select(['id', 'text']).where('owner', '=', 1)
    const ids = async (request: Parameters<typeof db.page>[2]) => {
      const { rows, ...rest } = await db.page(odd, 'note.id', request)
      return { ids: rows.map((row) => row.id), ...rest }
    }
    const plain = { count: undefined, index: undefined }
    expect(await ids({ max: 2 })).toEqual({ ids: [2, 4], isLast: false, ...plain })
    expect(await ids({ max: 2, after: 4 })).toEqual({ ids: [6, 8], isLast: false, ...plain })
    expect(await ids({ max: 2, after: 8 })).toEqual({ ids: [10], isLast: true, ...plain })
    expect(await ids({ max: 2, before: 'end' })).toEqual({ ids: [8, 10], isLast: false, ...plain })
    expect(await ids({ max: 2, before: 8 })).toEqual({ ids: [4, 6], isLast: false, ...plain })
    expect(await ids({ max: 2, before: 4 })).toEqual({ ids: [2], isLast: true, ...plain })
    expect(await ids({ max: 2, after: 2, before: 8 })).toEqual({ ids: [4, 6], isLast: true, ...plain })
    expect(await ids({ max: 2, after: 4, count: true })).toEqual({ ids: [6, 8], isLast: false, count: 5, index: 2 })
    expect(await ids({ max: 0, count: true })).toEqual({ ids: [], isLast: false, count: 5, index: undefined })
    expect(await ids({ max: 5, after: 10, count: true })).toEqual({ ids: [], isLast: true, count: 5, index: undefined })
    await expect(db.page(db.q.selectFrom('note').select('text'), 'id', { max: 1, count: true })).rejects.toThrow(
      /column/,
    )
  })
})
