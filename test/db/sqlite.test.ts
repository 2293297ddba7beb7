import { describe, expect, it } from 'vitest'
import { sql } from '../../src/storage/sql.ts'
import { noteBook } from '../support/notes.ts'

describe('queries of SQLite', () => {
  it('undone by a trigger that rolls everything back take nobody along', async () => {
    await using book = await noteBook()
    const { db } = book
    await sql`create trigger no_bad before insert on note when new.text = 'bad' begin select raise(rollback, 'bad'); end`.execute(
      db.q,
    )
    const results = await Promise.allSettled(
      ['a', 'b', 'bad', 'c'].map((text) => db.q.insertInto('note').values({ owner: 1, text }).execute()),
    )
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await db.q.selectFrom('note').selectAll().execute()).toHaveLength(3)
  })

  it('of a database in memory work as well', async () => {
    await using book = await noteBook({ file: ':memory:' })
    await book.db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    expect(await book.db.stale.q.selectFrom('note').select('text').execute()).toEqual([{ text: 'a' }])
  })

  it('that take long delay no write', async () => {
    await using book = await noteBook()
    const { db } = book
    await db.stale.q.selectFrom('note').selectAll().execute()
    let isOver = false
    const long = sql<{ n: number }>`with recursive c(n) as (select 1 union all select n + 1 from c where n < 3000000)
      select count(*) as n from c`
      .execute(db.stale.q)
      .then(() => {
        isOver = true
      })
    await db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    expect(isOver).toBe(false)
    await long
  })
})
