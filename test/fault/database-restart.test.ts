import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, it } from 'vitest'
import type { Database, Migration } from '../../src/storage/database.ts'
import { StorageUnavailable } from '../../src/storage/errors.ts'
import { openDatabase } from '../../src/storage/open.ts'
import { createDatabase, installServer, type ServerKind, startServer } from '../support/database-servers.ts'
import { onDatabase } from '../support/databases.ts'
import { freePorts } from '../support/services.ts'

interface Tables {
  entry: { tag: number; owner: number }
  total: { id: number; entries: number }
}

const migrations: Record<string, Migration> = {
  '001_create': async ({ schema }) => {
    await schema
      .createTable('entry')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('tag', 'integer', (column) => column.notNull())
      .addColumn('owner', 'integer', (column) => column.notNull())
      .execute()
    await schema
      .createTable('total')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('entries', 'integer', (column) => column.notNull())
      .execute()
  },
}

async function startOwn(kind: ServerKind) {
  const folder = join(inject('databaseFolder'), `restart-${kind}`)
  const [port = 0] = await freePorts(1)
  installServer(kind, folder)
  return { folder, port, server: await startServer(kind, { folder, port }) }
}

/** Writers that each wait for their answer: an entry and the count of all of them, which nothing but exactly once keeps equal. */
class Load {
  readonly acknowledged = new Set<number>()
  readonly errors: unknown[] = []
  readonly #db: Database<Tables>
  readonly #loops: Promise<void>[]
  #next = 0
  #isOver = false

  constructor(db: Database<Tables>, writers: number) {
    this.#db = db
    this.#loops = Array.from({ length: writers }, (_, owner) => this.#write(owner))
  }

  async #write(owner: number): Promise<void> {
    const { q } = this.#db
    while (!this.#isOver) {
      const tag = this.#next++
      const entry = q.insertInto('entry').values({ tag, owner })
      const count = q.updateTable('total').set((eb) => ({ entries: eb('entries', '+', 1) }))
      try {
        await this.#db.atomic([entry, this.#db.mustChange(count)])
        this.acknowledged.add(tag)
      } catch (error) {
        this.errors.push(error)
      }
    }
  }

  async more(count: number): Promise<void> {
    const goal = this.acknowledged.size + count
    while (this.acknowledged.size < goal) await sleep(5)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }
}

for (const kind of ['postgres', 'mysql'] as const) {
  onDatabase(kind, 'a database that stops and starts under load', () => {
    it('loses nothing that was acknowledged and does nothing twice, without a restart of ours', async () => {
      const { folder, port, server: first } = await startOwn(kind)
      let server = first
      const address = await createDatabase(server, 'under_load')
      const health: string[] = []
      const any = await openDatabase({ ...address, maxStartInterval: 200 })
      any.onHealth((state) => health.push(state))
      await any.migrate('load', migrations)
      const db = any.of<Tables>()
      await db.q.insertInto('total').values({ id: 1, entries: 0 }).execute()
      const load = new Load(db, 50)
      for (const way of ['crash', 'stop', 'crash', 'stop', 'crash'] as const) {
        await load.more(500)
        await server[way]()
        while (db.canAccept()) await sleep(5)
        await expect(db.q.selectFrom('total').selectAll().execute()).rejects.toBeInstanceOf(StorageUnavailable)
        server = await startServer(kind, { folder, port })
      }
      await load.more(500)
      await load.end()
      const rows = await db.q.selectFrom('entry').select('tag').execute()
      const totals = await db.q.selectFrom('total').select('entries').execute()
      await any.close()
      await server.stop()
      const found = new Set(rows.map((row) => row.tag))
      expect(load.errors).toEqual([])
      expect([...load.acknowledged].filter((tag) => !found.has(tag))).toEqual([])
      expect(rows.length).toBe(found.size)
      expect(totals).toEqual([{ entries: rows.length }])
      expect(health).toEqual(Array.from({ length: 5 }, () => ['troubled', 'ok']).flat())
    }, 120_000)
  })
}
