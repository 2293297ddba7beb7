import { expect, it } from 'vitest'
import { QueryError, StorageUnavailable } from '../../src/storage/errors.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { sql } from '../../src/storage/sql.ts'
import { freshDatabase, onDatabase } from '../support/databases.ts'
import { noteBookOn } from '../support/notes.ts'

const sleeping = {
  postgres: sql`insert into note (owner, text) select 1, 'x' from (select pg_sleep(60)) as s`,
  mysql: sql`insert into note (owner, text) select sleep(60), 'x'`,
}
const killing = {
  postgres: sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`,
  mysql: undefined,
}

for (const kind of ['postgres', 'mysql'] as const) {
  onDatabase(kind, 'a database server', () => {
    it('that cannot be reached or does not let us in is refused in words', async () => {
      const address = await freshDatabase(kind)
      if (address.kind === 'sqlite') throw new Error('a server is needed')
      await expect(openDatabase({ ...address, database: 'no_such' })).rejects.toThrow(/cannot be used.*no_such/)
      await expect(openDatabase({ ...address, port: 1 })).rejects.toBeInstanceOf(StorageUnavailable)
    })

    it('ends a statement that takes too long, and that one alone', async () => {
      await using book = await noteBookOn(kind, { queryTimeout: 1000 })
      const { db } = book
      const results = await Promise.allSettled([
        db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute(),
        sleeping[kind].execute(db.q),
        db.q.insertInto('note').values({ owner: 1, text: 'b' }).execute(),
      ])
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(results[1]).toMatchObject({ reason: expect.any(QueryError) })
      expect(await db.q.selectFrom('note').select('text').orderBy('id').execute()).toEqual([
        { text: 'a' },
        { text: 'b' },
      ])
    })

    it('tells what has gone over its connections', async () => {
      await using book = await noteBookOn(kind)
      const { db } = book
      const before = db.pool
      await db.q
        .insertInto('note')
        .values({ owner: 1, text: 'x'.repeat(200) })
        .execute()
      await db.stale.q.selectFrom('note').select('text').execute()
      const after = db.pool
      expect(after?.connections).toBe(2)
      expect((after?.sent ?? 0) - (before?.sent ?? 0)).toBeGreaterThan(200)
      expect((after?.received ?? 0) - (before?.received ?? 0)).toBeGreaterThan(200)
      expect(after?.reads).toBeGreaterThan(before?.reads ?? 0)
      expect(after?.largestRead).toBeGreaterThan(200)
      expect(after?.writes).toBeGreaterThan(before?.writes ?? 0)
      expect(after?.largestWrite).toBeGreaterThan(200)
      expect(after).toMatchObject({ pending: 0, waiting: 0 })
    })

    it('whose connection is cut is reached again without an alarm', async () => {
      await using book = await noteBookOn(kind)
      const { db } = book
      const told: string[] = []
      db.onHealth((health) => told.push(health))
      if (killing[kind]) await killing[kind].execute(db.stale.q)
      else {
        const rows = await sql<{ id: number }>`select id from information_schema.processlist
          where db = database() and id <> connection_id()`.execute(db.stale.q)
        for (const { id } of rows.rows) await sql.raw(`kill ${id}`).execute(db.stale.q)
      }
      await db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
      expect(await db.q.selectFrom('note').select('text').execute()).toEqual([{ text: 'a' }])
      expect(told).toEqual([])
    })

    it('is not sent what it cannot take, and goes on', async () => {
      await using book = await noteBookOn(kind)
      const { db } = book
      const insert = (text: string, body: Buffer) => db.q.insertInto('note').values({ owner: 1, text, body }).execute()
      const bad = kind === 'postgres' ? insert('with\u0000zero', Buffer.alloc(1)) : insert('x', Buffer.alloc(40 << 20))
      const results = await Promise.allSettled([
        insert('a', Buffer.alloc(3 << 20, 7)),
        bad,
        insert('b', Buffer.alloc(1)),
      ])
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(results[1]).toMatchObject({ reason: expect.any(QueryError) })
      const [row] = await db.q.selectFrom('note').select('body').where('text', '=', 'a').execute()
      expect(Buffer.alloc(3 << 20, 7).equals(row?.body ?? Buffer.alloc(0))).toBe(true)
    })
  })
}
