/**
 * What the storage of a login and of a roster costs on each database: `npx tsx bench/databases.ts`. The database servers are
 * those of the tests, started here with commits that survive a loss of power, as SQLite's do. Processor time is ours alone.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Jid } from '../src/jid/jid.ts'
import { OfflineStore, type OfflineTables, migrations as offlineMigrations } from '../src/modules/offline/store.ts'
import { RosterStore, type RosterTables, migrations as rosterMigrations } from '../src/modules/roster/store.ts'
import type { Database } from '../src/storage/database.ts'
import { type DatabaseOptions, openDatabase } from '../src/storage/open.ts'
import {
  createDatabase,
  databaseFolder,
  installServer,
  missingFor,
  type ServerKind,
  startServer,
  stopServers,
} from '../test/support/database-servers.ts'
import { freePorts } from '../test/support/services.ts'

const users = 500
const contacts = 20
const folder = databaseFolder()
const userOf = (i: number) => Jid.of(`user${i % users}`, 'example.org')

async function measure(name: string, loops: number, count: number, operation: (i: number) => Promise<unknown>) {
  const latencies: number[] = []
  let next = 0
  const loop = async () => {
    while (next < count) {
      const start = performance.now()
      await operation(next++)
      latencies.push(performance.now() - start)
    }
  }
  const cpu = process.cpuUsage()
  const began = performance.now()
  await Promise.all(Array.from({ length: loops }, loop))
  const wall = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.min(count - 1, Math.floor(count * share))]?.toFixed(2)
  console.log(
    name.padEnd(44),
    `${Math.round((count / wall) * 1000)} op/s`.padStart(12),
    `${((user + system) / count).toFixed(0)} us cpu/op`.padStart(15),
    `  p50 ${at(0.5)} p99 ${at(0.99)} ms`,
  )
}

async function run(kind: string, options: DatabaseOptions): Promise<void> {
  const db = await openDatabase(options)
  await db.migrate('mod_roster', rosterMigrations)
  await db.migrate('mod_offline', offlineMigrations)
  const rosters = new RosterStore(db.of<RosterTables>())
  const offline = new OfflineStore(db.of<OfflineTables>())
  const contact = Array.from({ length: contacts }, (_, i) => Jid.of(`contact${i}`, 'example.org'))
  const item = (i: number, name: string) =>
    ({
      jid: contact[i % contacts] ?? userOf(i),
      name,
      groups: ['Friends'],
      state: { subscription: 'both', ask: false, pendingIn: false },
      isListed: true,
      request: undefined,
      extra: [],
    }) as never
  const save = (i: number) => rosters.save(userOf(Math.floor(i / contacts)), item(i, `n${i}`), `v${i}`)
  await Promise.all(Array.from({ length: users * contacts }, (_, i) => save(i)))
  // What a login reads: the roster with its version, and the messages that wait.
  const login = (i: number) => Promise.all([rosters.load(userOf(i * 7)), offline.list(userOf(i * 7), 100)])
  await login(1)
  const add = (i: number) =>
    offline.add(userOf(i), { sender: 'a@b', sentAt: i, expiresAt: undefined, bytes: randomBytes(300) })
  const both = (db: Database) => (i: number) => (i % 2 ? login(i) : save(i * 31)).then(() => db)
  await measure(`${kind}: login reads, one at a time`, 1, 1000, login)
  await measure(`${kind}: login reads, 50 at a time`, 50, 5000, login)
  await measure(`${kind}: roster change, one at a time`, 1, 300, (i) => save(i * 31))
  await measure(`${kind}: roster change, 50 at a time`, 50, 5000, (i) => save(i * 31))
  await measure(`${kind}: roster change, 500 at a time`, 500, 20_000, (i) => save(i * 31))
  await measure(`${kind}: logins and changes, 100 at a time`, 100, 10_000, both(db))
  await measure(`${kind}: offline message, 100 at a time`, 100, 10_000, add)
  await db.close()
}

async function runOnServer(kind: ServerKind): Promise<void> {
  const missing = missingFor(kind)
  if (missing !== undefined) {
    console.log(`${kind}: ${missing}`)
    return
  }
  const place = { folder: join(folder, kind), port: (await freePorts(1))[0] ?? 0, isDurable: true }
  installServer(kind, place.folder)
  const server = await startServer(kind, place)
  await run(kind, await createDatabase(server, 'bench'))
  await server.stop()
}

try {
  await run('sqlite', { kind: 'sqlite', file: join(folder, 'bench.db') })
  await runOnServer('postgres')
  await runOnServer('mysql')
} finally {
  stopServers(folder)
}
