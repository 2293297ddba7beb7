// What hosted domains cost: static hosts and dynamic domains, at the start and in memory, of the server as npm start runs it.
//   npx tsx bench/domains.ts [COUNT]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from '../tools/build.mjs'
import { launch } from '../tools/launch.mjs'

/** What the build has made of a file of src/. */
const compiled = (path: string) => import(new URL(`../dist/${path}.js`, import.meta.url).href)

buildIfStale()
const { parseConfig } = (await compiled('config/load')) as typeof import('../src/config/load.ts')
const { allModules } = (await compiled('modules/all')) as typeof import('../src/modules/all.ts')
const { createLogger } = (await compiled('observe/logger')) as typeof import('../src/observe/logger.ts')
const domainStore = 'server/domains/domain-store'
const { DomainStore } = (await compiled(domainStore)) as typeof import('../src/server/domains/domain-store.ts')
const { createServer } = (await compiled('server')) as typeof import('../src/server.ts')
const { openDatabase } = (await compiled('storage/open')) as typeof import('../src/storage/open.ts')

type Kind = 'static' | 'dynamic'

/** Those that pass on to services of others are left out: there are none. */
const leftOut = new Set(['mod_push_service', 'mod_push_service_mongoosepush'])
const modules = allModules.filter(
  ({ name, options, staticOnly }) => staticOnly !== true && !leftOut.has(name) && options.safeParse({}).success,
)

const nameOf = (index: number) => `domain-${index}.example`

/** Everything on, as many hosts or dynamic domains as asked for. */
function configOf(kind: Kind, count: number): string {
  const names = Array.from({ length: kind === 'static' ? count : 1 }, (_, index) => JSON.stringify(nameOf(index)))
  return `
[general]
hosts = [${names.join(', ')}]
loglevel = "none"
${kind === 'static' ? '' : 'host_types = ["customers"]'}
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
${kind === 'static' ? '' : '[services.service_domain_db]'}
${modules.map(({ name }) => `[modules.${name}]`).join('\n')}
[[modules.mod_keystore.keys]]
name = "token_secret"
type = "ram"
[modules.mod_event_pusher.push]
`
}

/** Starts a server with so many domains and tells how long it took and what memory it has. */
async function measure(kind: Kind, count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'meerkat-domains-'))
  const { config } = parseConfig({ text: configOf(kind, count), file: join(folder, 'meerkat.toml'), modules })
  const log = createLogger({ level: 'none' })
  try {
    // The database is there already, as it is whenever a server starts but for the first time.
    await using first = createServer({ config, log, modules })
    await first.start()
    await first.close()
    if (kind === 'dynamic') await addDomains(join(config.general.data_dir, 'meerkat.sqlite'), count)
    const begun = performance.now()
    const cpu = process.cpuUsage()
    await using server = createServer({ config, log, modules })
    await server.start()
    const started = performance.now() - begun
    const { user, system } = process.cpuUsage(cpu)
    if (server.hostOf(nameOf(count - 1)) === undefined) throw new Error('the last domain is not served')
    for (let round = 0; round < 3; round++) globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    process.stdout.write(`${JSON.stringify({ ms: started, cpu: (user + system) / 1000, heap: heapUsed, rss })}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function addDomains(file: string, count: number): Promise<void> {
  const log = createLogger({ level: 'none' })
  const db = await openDatabase({ kind: 'sqlite', file, log })
  const store = await DomainStore.open(db, () => Date.now())
  await Promise.all(Array.from({ length: count - 1 }, (_, index) => store.add(nameOf(index + 1), 'customers')))
  await db.close()
}

interface Figures {
  readonly ms: number
  /** Processor time of the start, in milliseconds, all threads. */
  readonly cpu: number
  readonly heap: number
  readonly rss: number
}

/** The median of a few runs, each in a process of its own. */
function run(kind: Kind, count: number): Figures {
  const runs = Array.from({ length: 3 }, () => {
    const script = fileURLToPath(import.meta.url)
    const flags = ['--expose-gc', '--import', 'tsx']
    const { program, args, env } = launch(['--measure', kind, String(count)], { script, flags })
    const { stdout, stderr, status } = spawnSync(program, args, { env, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Figures
  })
  const median = (key: keyof Figures) => runs.map((each) => each[key]).sort((a, b) => a - b)[1] ?? 0
  return { ms: median('ms'), cpu: median('cpu'), heap: median('heap'), rss: median('rss') }
}

const [mode, kind, many] = process.argv.slice(2)
if (mode === '--measure') await measure(kind as Kind, Number(many))
else {
  const count = Number(mode ?? 500)
  process.stdout.write(
    '| domains | start, ms | CPU, ms | KiB of heap each | KiB of memory each |\n| - | - | - | - | - |\n',
  )
  for (const each of ['static', 'dynamic'] as const) {
    const [one, all] = [run(each, 1), run(each, count)]
    const per = (key: 'heap' | 'rss') => Math.round((all[key] - one[key]) / (count - 1) / 1024)
    process.stdout.write(`| 1 (${each}) | ${Math.round(one.ms)} | ${Math.round(one.cpu)} | | |\n`)
    process.stdout.write(
      `| ${count} (${each}) | ${Math.round(all.ms)} | ${Math.round(all.cpu)} | ${per('heap')} | ${per('rss')} |\n`,
    )
  }
}
