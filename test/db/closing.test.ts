import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StorageUnavailable } from '../../src/storage/errors.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { noteBook } from '../support/notes.ts'

describe('closing', () => {
  it('commits what was sent and refuses what comes later', async () => {
    await using book = await noteBook({ flushInterval: 60_000, flushRows: 1_000_000 })
    const writes = Array.from({ length: 500 }, (_, i) =>
      book.db.q
        .insertInto('note')
        .values({ owner: 1, text: `t${i}` })
        .execute(),
    )
    await book.db.q.selectFrom('note').selectAll().execute()
    const old = book.db
    await book.reopen()
    await Promise.all(writes)
    expect(await book.db.q.selectFrom('note').selectAll().execute()).toHaveLength(500)
    await expect(old.q.selectFrom('note').selectAll().execute()).rejects.toBeInstanceOf(StorageUnavailable)
    await expect(old.atomic([])).rejects.toBeInstanceOf(StorageUnavailable)
    expect(old.canAccept()).toBe(false)
    await old.close()
  })

  it('leaves one file, readable by its owner only', async () => {
    await using book = await noteBook()
    await book.db.q.insertInto('note').values({ owner: 1, text: 'a' }).execute()
    await book.db.stale.q.selectFrom('note').selectAll().execute()
    await book.any.close()
    expect(statSync(book.file).mode & 0o777).toBe(0o600)
    expect(existsSync(`${book.file}-wal`)).toBe(false)
  })
})

describe('opening', () => {
  it('rejects when the file is no database or has no folder', async () => {
    await using book = await noteBook()
    const file = join(book.dir, 'text')
    writeFileSync(file, 'this is not a database, whatever the name says'.repeat(100))
    await expect(openDatabase({ kind: 'sqlite', file })).rejects.toThrow(/not a database/)
    await expect(openDatabase({ kind: 'sqlite', file: join(book.dir, 'no', 'such') })).rejects.toThrow(/ENOENT/)
  })
})

describe('backup', () => {
  it.each(['file', ':memory:'])('of a database (%s) is complete and consistent while writes go on', async (kind) => {
    await using book = await noteBook(kind === ':memory:' ? { file: kind } : {})
    const { db } = book
    const body = Buffer.alloc(20_000, 1)
    const add = (i: number) =>
      db.atomic([
        db.q.insertInto('note').values({ id: i, owner: 1, text: `t${i}`, body }),
        db.q.insertInto('tag').values({ note: i, name: 'x' }),
      ])
    await Promise.all(Array.from({ length: 300 }, (_, i) => add(i)))
    const copy = join(book.dir, 'copy.db')
    let isDone = false
    const backup = db.backup(copy).finally(() => {
      isDone = true
    })
    for (let i = 300; !isDone; i++) await add(i)
    await backup
    const copied = (await openDatabase({ kind: 'sqlite', file: copy })).of<{
      note: { id: number }
      tag: { note: number }
    }>()
    const [notes, tags] = await Promise.all([
      copied.q.selectFrom('note').select('id').execute(),
      copied.q.selectFrom('tag').select('note').execute(),
    ])
    expect(notes.length).toBeGreaterThanOrEqual(300)
    expect(tags.length).toBe(notes.length)
    await copied.close()
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    await expect(db.backup(copy)).rejects.toThrow(/exists/)
    expect(existsSync(`${copy}.unfinished`)).toBe(false)
  })
})
