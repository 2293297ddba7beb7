import { expect, it } from 'vitest'
import type { Migration } from '../../src/storage/database.ts'
import { MigrationError } from '../../src/storage/errors.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { freshDatabase, onEachDatabase } from '../support/databases.ts'
import { noteBookOn } from '../support/notes.ts'

function creating(table: string, log: string[] = []): Migration {
  return async (db) => {
    log.push(table)
    await db.schema.createTable(table).addColumn('id', 'integer').execute()
  }
}

onEachDatabase('migrations', (kind) => {
  it('run once each, in the order of their names', async () => {
    await using book = await noteBookOn(kind)
    const log: string[] = []
    await book.any.migrate('mod_x', { '002_b': creating('x_b', log), '001_a': creating('x_a', log) })
    await book.reopen()
    await book.any.migrate('mod_x', {
      '001_a': creating('x_a', log),
      '002_b': creating('x_b', log),
      '003_c': creating('x_c', log),
    })
    expect(log).toEqual(['x_a', 'x_b', 'x_c'])
    const rows = await book.any.q.selectFrom('meerkat_migrations').select('name').orderBy('name').execute()
    expect(rows.map((row) => row.name)).toEqual(['mod_x/001_a', 'mod_x/002_b', 'mod_x/003_c', 'test/001_create'])
  })

  it('may read and change rows, and see what they did', async () => {
    await using book = await noteBookOn(kind)
    await book.db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    await book.any.migrate('mod_x', {
      '001_copy': async (db) => {
        await db.schema.createTable('copy').addColumn('text', 'text').execute()
        for (const { text } of await db.selectFrom('note').select('text').execute()) {
          await db
            .insertInto('copy')
            .values({ text: `${text}!` })
            .execute()
        }
      },
    })
    expect(await book.any.q.selectFrom('copy').selectAll().execute()).toEqual([{ text: 'a!' }])
  })

  it('that fail are undone, can be tried again, and do not stop other queries', async () => {
    await using book = await noteBookOn(kind)
    const broken: Migration = async (db) => {
      await creating('x_a')(db)
      throw new Error('half way')
    }
    const failed = book.any.migrate('mod_x', { '001_a': broken })
    const meanwhile = book.db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    await expect(failed).rejects.toThrow(MigrationError)
    await meanwhile
    await book.any.migrate('mod_x', { '001_a': creating('x_a') })
    expect(await book.db.q.selectFrom('note').selectAll().execute()).toHaveLength(1)
  })

  it('of several owners asked for at once run one after the other, queries waiting', async () => {
    await using book = await noteBookOn(kind)
    const owners = Array.from({ length: 8 }, (_, i) => `mod_${i}`)
    const all = owners.map((owner) =>
      book.any.migrate(owner, { '001_a': creating(`${owner}_a`), '002_b': creating(`${owner}_b`) }),
    )
    const writes = owners.map((text) => book.db.q.insertInto('note').values({ owner: 1, text }).execute())
    await Promise.all([...all, ...writes])
    expect(await book.any.q.selectFrom('meerkat_migrations').selectAll().execute()).toHaveLength(17)
    expect(await book.db.q.selectFrom('note').selectAll().execute()).toHaveLength(8)
  })

  it('unknown to this build are refused by name', async () => {
    await using book = await noteBookOn(kind)
    await book.any.migrate('mod_x', { '001_a': creating('x_a'), '002_b': creating('x_b') })
    await expect(book.any.migrate('mod_x', { '001_a': creating('x_a') })).rejects.toThrow(/newer.*mod_x\/002_b/)
    await book.any.migrate('mod', { '001_a': creating('other') })
    await expect(
      book.any.migrate('mod_x', { '001_0': creating('z'), '001_a': creating('x_a'), '002_b': creating('x_b') }),
    ).rejects.toThrow(/mod_x\/001_0 comes before/)
  })

  it('record the time of the clock', async () => {
    const any = await openDatabase({
      ...(await freshDatabase(kind)),
      clock: { now: () => 42, after: () => ({ cancel() {} }) },
    })
    await any.migrate('mod_x', { '001_a': creating('x_a') })
    const rows = await any.q.selectFrom('meerkat_migrations').select('applied_at').execute()
    expect(rows).toEqual([{ applied_at: 42 }])
    await any.close()
  })
})
