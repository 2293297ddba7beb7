// What nodes of publish-subscribe that are there already cost a start: a database without any, and one with 10,000.
//   npx tsx bench/nodes.ts [COUNT]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig } from '../src/config/load.ts'
import { Jid } from '../src/jid/jid.ts'
import { allModules } from '../src/modules/all.ts'
import { PubsubNode } from '../src/modules/pubsub/core/node.ts'
import { plugins } from '../src/modules/pubsub/core/plugin.ts'
import { PubsubStore } from '../src/modules/pubsub/store.ts'
import type { PubsubTables } from '../src/modules/pubsub/tables.ts'
import { createLogger } from '../src/observe/logger.ts'
import { createServer } from '../src/server.ts'
import { openDatabase } from '../src/storage/open.ts'

const text = `
[general]
hosts = ["bench.test"]
loglevel = "none"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
[modules.mod_roster]
[modules.mod_disco]
[modules.mod_caps]
[modules.mod_pubsub]
`

/** Half of them at the service, half of accounts; each with an owner, a subscriber and an item. */
async function fill(file: string, count: number): Promise<void> {
  const db = await openDatabase({ kind: 'sqlite', file, log: createLogger({ level: 'none' }) })
  const store = new PubsubStore(db.of<PubsubTables>())
  const make = async (index: number) => {
    const owner = Jid.of(`user${index}`, 'bench.test')
    const isPersonal = index % 2 === 0
    const node = new PubsubNode({
      id: `node${index}`,
      service: isPersonal ? owner : Jid.of('', 'pubsub.bench.test'),
      name: isPersonal ? 'urn:bench:tune' : `bench${index}`,
      type: isPersonal ? 'pep' : 'flat',
      config: plugins[isPersonal ? 'pep' : 'flat'].defaults,
      affiliations: new Map([[owner.full, 'owner']]),
      subscriptions: [],
      itemCount: 0,
      last: undefined,
    })
    await store.create(node, [])
    await store.subscribe(node.id, { subid: 's', jid: owner, state: 'subscribed', options: {} })
    const item = {
      id: 'current',
      born: index + 1,
      place: index + 1,
      publisher: owner,
      payload: "<a xmlns='urn:bench'/>",
    }
    await store.put(node.id, item, [])
  }
  for (let index = 0; index < count; index += 500)
    await Promise.all(Array.from({ length: Math.min(500, count - index) }, (_, more) => make(index + more)))
  await db.close()
}

/** Starts a server with so many nodes and tells how long that took. */
async function measure(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'meerkat-nodes-'))
  const { config } = parseConfig({ text, file: join(folder, 'meerkat.toml'), modules: allModules })
  const log = createLogger({ level: 'none' })
  try {
    await using first = createServer({ config, log, modules: allModules })
    await first.start()
    await first.close()
    await fill(join(config.general.data_dir, 'meerkat.sqlite'), count)
    const [begun, cpu] = [performance.now(), process.cpuUsage()]
    await using server = createServer({ config, log, modules: allModules })
    await server.start()
    const { user, system } = process.cpuUsage(cpu)
    process.stdout.write(`${JSON.stringify({ ms: performance.now() - begun, cpu: (user + system) / 1000 })}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Figures {
  readonly ms: number
  /** Processor time of the start, in milliseconds, all threads. */
  readonly cpu: number
}

/** The median of a few runs, each in a process of its own. */
function run(count: number): Figures {
  const runs = Array.from({ length: 5 }, () => {
    const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--measure', String(count)]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Figures
  })
  const median = (key: keyof Figures) => runs.map((each) => each[key]).sort((a, b) => a - b)[2] ?? 0
  return { ms: median('ms'), cpu: median('cpu') }
}

const [mode, many] = process.argv.slice(2)
if (mode === '--measure') await measure(Number(many))
else {
  process.stdout.write('| nodes | start, ms | CPU, ms |\n| - | - | - |\n')
  for (const count of [0, Number(mode ?? 10_000)]) {
    const { ms, cpu } = run(count)
    process.stdout.write(`| ${count} | ${Math.round(ms)} | ${Math.round(cpu)} |\n`)
  }
}
