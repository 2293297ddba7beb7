import { describe, expect, it } from 'vitest'
import type { Health } from '../../src/storage/database.ts'
import { StorageUnavailable } from '../../src/storage/errors.ts'
import { connect } from '../../src/storage/sqlite/driver.ts'
import { type FileNoteBook, noteBook } from '../support/notes.ts'

/** Another program that holds the file: nothing can be written until it lets go. Full disks are in `test/fault`. */
function lockOut(book: FileNoteBook): () => void {
  const other = connect(book.file, {})
  other.exec('begin immediate')
  return () => other.close()
}

function nextHealth(book: FileNoteBook): Promise<Health> {
  return new Promise((resolve) => {
    const stop = book.db.onHealth((health) => {
      stop()
      resolve(health)
    })
  })
}

const body = Buffer.alloc(10_000, 1)
const add = ({ db }: FileNoteBook, text: string) => db.q.insertInto('note').values({ owner: 1, text, body }).execute()

describe('when nothing can be written', () => {
  it('what was accepted waits, is answered when it can be committed, and is there in order', async () => {
    const log: unknown[] = []
    const note = (fields: { what: string }) => log.push(fields.what)
    await using book = await noteBook({ log: { error: note, info: note } })
    await add(book, 'before')
    expect([book.db.health, book.db.canAccept()]).toEqual(['ok', true])
    const letGo = lockOut(book)
    const troubled = nextHealth(book)
    const settled: string[] = []
    const writes = ['a', 'b', 'c'].map((text) => add(book, text).then(() => settled.push(text)))
    expect(await troubled).toBe('troubled')
    expect([book.db.health, book.db.canAccept()]).toEqual(['troubled', false])
    const late = add(book, 'd').then(() => settled.push('d'))
    const recovered = nextHealth(book)
    expect(settled).toEqual([])
    letGo()
    expect(await recovered).toBe('ok')
    await Promise.all([...writes, late])
    expect(settled).toEqual(['a', 'b', 'c', 'd'])
    expect(book.db.canAccept()).toBe(true)
    await book.reopen()
    const rows = await book.db.q.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows.map((row) => row.text)).toEqual(['before', 'a', 'b', 'c', 'd'])
    expect(log).toEqual(['storage_troubled', 'storage_recovered'])
  })

  it('reads are answered or refused within an attempt or two, never from before the writes they follow', async () => {
    await using book = await noteBook()
    const letGo = lockOut(book)
    const write = add(book, 'a')
    const read = book.db.q.selectFrom('note').selectAll().execute()
    await expect(read).rejects.toBeInstanceOf(StorageUnavailable)
    letGo()
    await write
    expect(await book.db.q.selectFrom('note').selectAll().execute()).toHaveLength(1)
  })

  it('more than the limit of bytes is refused, and what was held before is kept', async () => {
    await using book = await noteBook({ maxHeldBytes: 50_000 })
    const letGo = lockOut(book)
    const troubled = nextHealth(book)
    const first = add(book, 't0')
    await troubled
    const results = Array.from({ length: 20 }, (_, i) => add(book, `t${i + 1}`))
    const settling = Promise.allSettled([first, ...results])
    letGo()
    const states = (await settling).map((result) => result.status === 'fulfilled')
    const accepted = states.filter(Boolean).length
    expect(accepted).toBe(5)
    expect(states.slice(0, accepted)).not.toContain(false)
    const refused = await results[10]?.catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StorageUnavailable)
    expect(await book.db.q.selectFrom('note').selectAll().execute()).toHaveLength(accepted)
  })

  it('groups are kept whole, and a wrong statement among the held still fails alone', async () => {
    await using book = await noteBook()
    await add(book, 'there')
    const letGo = lockOut(book)
    const troubled = nextHealth(book)
    const { q } = book.db
    const insert = (text: string) => q.insertInto('note').values({ owner: 1, text, body })
    const group = book.db.atomic([insert('x'), insert('y')])
    await troubled
    const wrong = book.db.atomic([insert('z'), insert('there')])
    const right = add(book, 'w')
    const settling = Promise.allSettled([group, wrong, right])
    letGo()
    expect((await settling).map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const rows = await q.selectFrom('note').select('text').orderBy('id').execute()
    expect(rows.map((row) => row.text)).toEqual(['there', 'x', 'y', 'w'])
  })

  it('closing gives up what cannot be committed, and says so', async () => {
    await using book = await noteBook()
    const letGo = lockOut(book)
    const troubled = nextHealth(book)
    const write = add(book, 'a').catch((error: unknown) => error)
    await troubled
    const waiting = add(book, 'b').catch((error: unknown) => error)
    await book.any.close()
    letGo()
    expect(await write).toBeInstanceOf(StorageUnavailable)
    expect(await waiting).toBeInstanceOf(StorageUnavailable)
  })

  it('migrations are refused', async () => {
    await using book = await noteBook()
    const letGo = lockOut(book)
    const troubled = nextHealth(book)
    const write = add(book, 'a')
    await troubled
    const creating = book.any.migrate('mod_x', {
      '001_a': async (db) => db.schema.createTable('x').addColumn('id', 'integer').execute(),
    })
    await expect(creating).rejects.toThrow(StorageUnavailable)
    letGo()
    await write
  })
})
