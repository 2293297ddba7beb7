/**
 * What storage costs: `npx tsx bench/storage.ts [folder]`. Processor time is that of the whole process, all threads. The rates
 * are asked for by timers on the main thread, as sockets would; "closed loop" is so many writers that each wait for their answer.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Generated } from 'kysely'
import type { Database, Params } from '../src/storage/database.ts'
import { openDatabase } from '../src/storage/open.ts'

interface Tables {
  archive: { id: Generated<number>; owner: number; peer: number; at: number; body: Uint8Array }
}

const dir = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'meerkat-bench-'))
const body = Buffer.alloc(330, 'x')
let sequence = 0

async function open(): Promise<Database<Tables>> {
  const any = await openDatabase({ kind: 'sqlite', file: join(dir, `bench-${++sequence}.db`) })
  await any.migrate('bench', {
    '001_create': async (db) => {
      await db.schema
        .createTable('archive')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('owner', 'integer', (column) => column.notNull())
        .addColumn('peer', 'integer', (column) => column.notNull())
        .addColumn('at', 'integer', (column) => column.notNull())
        .addColumn('body', 'blob', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('archive_owner').on('archive').columns(['owner', 'id']).execute()
    },
  })
  return any.of<Tables>()
}

const insertOf = (db: Database<Tables>) =>
  db.prepare((q, p: Params<{ owner: number; peer: number; at: number; body: Uint8Array }>) =>
    q.insertInto('archive').values({ owner: p('owner'), peer: p('peer'), at: p('at'), body: p('body') }),
  )
const row = (i: number) => ({ owner: (i * 7) % 1000, peer: (i * 13) % 1000, at: i, body })

async function measure(name: string, operations: number, work: () => Promise<number[] | undefined>): Promise<void> {
  const cpu = process.cpuUsage()
  const began = performance.now()
  const latencies = await work()
  const wall = performance.now() - began
  const used = process.cpuUsage(cpu)
  const parts = [
    name.padEnd(44),
    `${((used.user + used.system) / operations).toFixed(1)} us cpu/op`.padStart(16),
    `${Math.round((operations / wall) * 1000)} op/s`.padStart(14),
  ]
  if (latencies) {
    latencies.sort((a, b) => a - b)
    const at = (share: number) =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]?.toFixed(2)
    parts.push(`  p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`)
  }
  console.log(parts.join(' '))
}

/** `rate` operations a second for `seconds`, in the portions a timer of 1 ms gives. */
async function paced(rate: number, seconds: number, operation: (i: number) => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = []
  const all: Promise<unknown>[] = []
  const began = performance.now()
  for (let sent = 0; sent < rate * seconds; ) {
    const due = Math.min(rate * seconds, ((performance.now() - began) / 1000) * rate)
    for (; sent < due; sent++) {
      const start = performance.now()
      all.push(operation(sent).then(() => latencies.push(performance.now() - start)))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(all)
  return latencies
}

async function closedLoop(
  loops: number,
  operations: number,
  operation: (i: number) => Promise<unknown>,
): Promise<number[]> {
  const latencies: number[] = []
  let next = 0
  const loop = async () => {
    while (next < operations) {
      const start = performance.now()
      await operation(next++)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: loops }, loop))
  return latencies
}

async function writes(): Promise<void> {
  const db = await open()
  const insert = insertOf(db)
  await measure('(the timer of the bench alone, at 1000/s)', 3000, () => paced(1000, 3, async () => {}))
  await measure('lone durable write, 20 ms apart', 200, async () => {
    const latencies: number[] = []
    for (let i = 0; i < 200; i++) {
      latencies.push(...(await closedLoop(1, 1, () => insert.run(row(i)))))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return latencies
  })
  await measure('1 writer, closed loop', 1000, () => closedLoop(1, 1000, (i) => insert.run(row(i))))
  for (const rate of [200, 1000, 5000, 10_000]) {
    await measure(`${rate} writes/s`, rate * 3, () => paced(rate, 3, (i) => insert.run(row(i))))
  }
  await measure('1000 writers, closed loop', 200_000, () => closedLoop(1000, 200_000, (i) => insert.run(row(i))))
  await measure('1000 writers, closed loop, query builder', 50_000, () =>
    closedLoop(1000, 50_000, (i) => db.q.insertInto('archive').values(row(i)).execute()),
  )
  await measure('groups of 2 at 2500/s', 7500, () =>
    paced(2500, 3, (i) => db.atomic([insert.with(row(i)), insert.with(row(i + 1))])),
  )
  await reads(db)
  await db.close()
}

async function reads(db: Database<Tables>): Promise<void> {
  const one = db.prepare((q, p: Params<{ id: number }>) =>
    q.selectFrom('archive').selectAll().where('id', '=', p('id')),
  )
  const build = (q: typeof db.q) => (_q: unknown, p: Params<{ owner: number }>) =>
    q.selectFrom('archive').selectAll().where('owner', '=', p('owner')).orderBy('id', 'desc').limit(50)
  const page = db.prepare(build(db.q))
  const stale = db.stale.prepare(build(db.q))
  await measure('point read, one after the other', 5000, () => closedLoop(1, 5000, (i) => one.first({ id: i + 1 })))
  await measure('point read, 50 at a time', 50_000, () => closedLoop(50, 50_000, (i) => one.first({ id: i + 1 })))
  await measure('point read, 50 at a time, query builder', 20_000, () =>
    closedLoop(50, 20_000, (i) =>
      db.q
        .selectFrom('archive')
        .selectAll()
        .where('id', '=', i + 1)
        .execute(),
    ),
  )
  await measure('page of 50 rows, 10 at a time', 5000, () => closedLoop(10, 5000, (i) => page.all({ owner: i % 1000 })))
  await measure('page of 50 rows, stale, 10 at a time', 5000, () =>
    closedLoop(10, 5000, (i) => stale.all({ owner: i % 1000 })),
  )
}

await writes()
rmSync(dir, { recursive: true, force: true })
