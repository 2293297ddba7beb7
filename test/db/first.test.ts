import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/storage/open.ts'
import type { Params } from '../../src/storage/database.ts'
import type { Generated } from 'kysely'

interface Tables { note: { id: Generated<number>; owner: number; text: string; body: Uint8Array | null } }

describe('db', () => {
  it('works', async () => {
    const any = await openDatabase({ kind: 'sqlite', file: ':memory:' })
    await any.migrate('mod_note', { '001_create': async (db) => {
      await db.schema.createTable('note').addColumn('id', 'integer', (c) => c.primaryKey()).addColumn('owner', 'integer', (c) => c.notNull()).addColumn('text', 'text', (c)=>c.notNull()).addColumn('body', 'blob').execute()
    } })
    const db = any.of<Tables>()
    const add = db.prepare((q, p: Params<{ owner: number; text: string; body: Uint8Array }>) => q.insertInto('note').values({ owner: p('owner'), text: p('text'), body: p('body') }))
    const of = db.prepare((q, p: Params<{ owner: number }>) => q.selectFrom('note').select(['id', 'text', 'body']).where('owner', '=', p('owner')))
    const r = await add.run({ owner: 1, text: 'hé', body: Buffer.from('abc') })
    expect(r).toEqual({ rows: [], changes: 1, insertId: 1 })
    const row = await of.first({ owner: 1 })
    const t: string | undefined = row?.text
    expect(t).toBe('hé')
    expect(row?.body).toEqual(Buffer.from('abc'))
    expect(await db.q.selectFrom('note').selectAll().execute()).toHaveLength(1)
    const [a, b] = await db.atomic([db.q.insertInto('note').values({ owner: 2, text: 'x' }).returning('id'), of.with({ owner: 2 }), db.mustChange(db.q.updateTable('note').set({ text: 'y' }).where('owner', '=', 2))])
    const id: number | undefined = a.rows[0]?.id
    expect(id).toBe(2)
    expect(b.rows[0]?.text).toBe('x')
    await db.upsert('note', { id: 2, owner: 3, text: 'z' }, ['id']).execute()
    await db.insertIgnore('note', { id: 2, owner: 4, text: 'z' }).execute()
    expect(await db.page(db.q.selectFrom('note').select(['id', 'owner']), 'id', { max: 1, before: 'end', count: true })).toEqual({ rows: [{ id: 2, owner: 3 }], isLast: false, count: 2, index: 1 })
    await expect(db.q.transaction().execute(async () => {})).rejects.toThrow(/atomic/)
    await any.close()
  })
})
