// Compares the server with others under the C generator xmppload, in pairs: ours and theirs one after the other, five times,
// the median of the five ratios. Prints Markdown rows for bench/README.md.
//   XMPPLOAD=path/xmppload PEERS='ejabberd=path/of/its/scripts' node --import tsx bench/pairs.ts [--only chat,idle] [--pairs 5]
// A peer is a folder with start.sh (bare, mam) and stop.sh that obey RUN_BASE, C2S_PORT, C2STLS_PORT, CPUS, AUTH, STORAGE, KEEP=1 and write
// RUN_BASE/NAME/bench.pid.
import { execFile, execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { type Scenario, type Storage, scenarios } from './pair-scenarios.ts'
import type { Finding } from './scenarios.ts'
import { startServer } from './support/server.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    pairs: { type: 'string', default: '5' },
    // Raw results, a JSON line a run.
    out: { type: 'string' },
    // To try the harness itself: the first peer against all of them, itself included.
    'without-ours': { type: 'boolean', default: false },
  },
})

/** How a peer names the two ways to store passwords. */
const authNames: Record<string, { plain: string; hashed: string }> = {
  ejabberd: { plain: 'plain', hashed: 'scram' },
  prosody: { plain: 'internal_plain', hashed: 'internal_hashed' },
}

/** A server that can be started, with the data of its last run, and stopped again. */
interface Contestant {
  name: string
  port: number
  tlsPort: number
  /** Returns its process id. */
  start(scenario: Scenario): Promise<number>
  stop(): Promise<void>
  /** Drops its data as well. */
  close(): Promise<void>
}

const generator = process.env['XMPPLOAD'] ?? 'xmppload'
const loadCpu = process.env['BENCH_LOAD_CPU'] ?? '1'
const base = mkdtempSync(join(tmpdir(), 'meerkat-pairs-'))
/** The first contestant listens here, the second ten above; TLS one above each. */
const firstPort = 24222

async function ours(): Promise<Contestant> {
  const [port, tlsPort] = [firstPort, firstPort + 1]
  const server = await startServer(port, tlsPort)
  return {
    name: 'Meerkat',
    port,
    tlsPort,
    async start({ settings }) {
      await server.restart(settings)
      return server.target.pid
    },
    stop: () => server.halt(),
    close: () => server.stop(),
  }
}

function peer(name: string, folder: string, port: number, base: string): Contestant {
  const tlsPort = port + 1
  const started = new Set<Storage>()
  const environment = (storage: Storage) => ({
    ...process.env,
    RUN_BASE: join(base, storage),
    C2S_PORT: String(port),
    C2STLS_PORT: String(tlsPort),
    CPUS: process.env['BENCH_CPU'] ?? '0',
    AUTH: authNames[name]?.[storage] ?? storage,
    KEEP: started.has(storage) ? '1' : '',
  })
  let running: Storage | undefined
  const stop = async () => {
    if (running !== undefined)
      execFileSync('bash', [join(folder, 'stop.sh')], { env: environment(running), stdio: 'ignore' })
    running = undefined
  }
  return {
    name,
    port,
    tlsPort,
    stop,
    close: stop,
    async start({ storage, peersArchive }) {
      await stop()
      const profile = peersArchive === true ? 'mam' : 'bare'
      const env = { ...environment(storage), ...(peersArchive === true ? { STORAGE: 'sqlite' } : {}) }
      execFileSync('mkdir', ['-p', env.RUN_BASE])
      execFileSync('bash', [join(folder, 'start.sh'), profile], { env, stdio: ['ignore', 'ignore', 'inherit'] })
      started.add(storage)
      running = storage
      return Number(readFileSync(join(env.RUN_BASE, name, 'bench.pid'), 'utf8'))
    },
  }
}

type Report = Record<string, number> & { label: string }

async function load(args: readonly string[]): Promise<Report | undefined> {
  const run = promisify(execFile)('taskset', ['-c', loadCpu, generator, ...args, '--host', '127.0.0.1'], {
    timeout: 900_000,
  })
  // Exit code 2 means that it found faults, which are in the report.
  const { stdout } = await run.catch((error: { stdout: string; stderr: string; code: unknown }) => {
    if (error.code !== 2) console.error(error.stderr)
    return error
  })
  const line = stdout.split('\n').find((one) => one.startsWith('{'))
  return line === undefined ? undefined : (JSON.parse(line) as Report)
}

/** A load of bench/run.ts, told as the generator would. */
async function ownLoad(contestant: Contestant, pid: number, scenario: Scenario): Promise<Report | undefined> {
  const json = join(base, 'own.json')
  const where = ['--pid', pid, '--port', contestant.port, '--tls-port', contestant.tlsPort, '--json', json].map(String)
  const runner = fileURLToPath(new URL('run.ts', import.meta.url))
  const args = ['--import', 'tsx', runner, '--only', scenario.own ?? '', ...scenario.args, ...where]
  rmSync(json, { force: true })
  const run = promisify(execFile)('taskset', ['-c', loadCpu, process.execPath, ...args], { timeout: 300_000 })
  await run.catch((error: { stderr: string }) => console.error(error.stderr))
  if (!existsSync(json)) return undefined
  const { findings } = JSON.parse(readFileSync(json, 'utf8')) as { findings: Finding[] }
  const [finding] = findings
  return finding && Object.assign({ label: contestant.name }, finding.figures, { errors: finding.faults })
}

const registered = new Set<string>()

async function measure(contestant: Contestant, scenario: Scenario, label: string): Promise<Report | undefined> {
  const pid = await contestant.start(scenario)
  if (scenario.own !== undefined) return note(await ownLoad(contestant, pid, scenario))
  const { users, prefix = 'user' } = scenario
  const accounts = [contestant.port, scenario.storage, prefix, users].join()
  if (!registered.has(accounts)) {
    const names = ['-n', String(users), '-c', '20', '--user-prefix', prefix]
    await load(['register', '--port', String(contestant.port), ...names])
    registered.add(accounts)
    // Whatever registering left behind is not to be measured.
    return measure(contestant, scenario, label)
  }
  const where = scenario.isTls
    ? ['--port', String(contestant.tlsPort), '--tls', 'direct']
    : ['--port', String(contestant.port)]
  const report = await load([
    ...scenario.args,
    ...where,
    '--pid',
    String(pid),
    '--label',
    `${contestant.name}/${label}`,
  ])
  return note(report)
}

function note(report: Report | undefined): Report | undefined {
  if (report !== undefined && options.out !== undefined) appendFileSync(options.out, `${JSON.stringify(report)}\n`)
  return report
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

const faultFields = ['lost', 'dup', 'out_of_order', 'corrupt', 'misrouted', 'errors', 'disconnects']

function faultsOf(report: Report): number {
  return faultFields.reduce((sum, field) => sum + (report[field] ?? 0), 0)
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** One run of each, one after the other. */
async function runPair(
  order: readonly Contestant[],
  name: string,
  scenario: Scenario,
): Promise<Map<Contestant, Report>> {
  const reports = new Map<Contestant, Report>()
  for (const one of order) {
    const report = await measure(one, scenario, name)
    if (report !== undefined) reports.set(one, report)
    await one.stop()
  }
  return reports
}

type Measured = Pick<Scenario, 'title' | 'figure' | 'unit'>

function row({ title, figure, unit }: Measured, pairs: readonly (readonly [Report, Report])[], faults: number): string {
  const figures = pairs.map((pair) => pair.map((report) => report[figure] ?? Number.NaN) as [number, number])
  const ratios = figures.map(([a, b]) => a / b)
  const range = `${short(Math.min(...ratios))}..${short(Math.max(...ratios))}`
  const medians = [median(figures.map(([a]) => a)), median(figures.map(([, b]) => b))].map(short)
  return `| ${title} | ${unit} | ${medians.join(' | ')} | ${short(median(ratios))} (${range}) | ${faults} |`
}

/** Runs one scenario in pairs, whoever began the last pair second in the next; returns the rows of the table. */
async function compare(first: Contestant, second: Contestant, name: string, scenario: Scenario): Promise<string> {
  const pairs: [Report, Report][] = []
  let faults = 0
  for (let pair = 0; pair < Number(options.pairs); pair += 1) {
    const reports = await runPair(pair % 2 === 0 ? [first, second] : [second, first], name, scenario)
    const [a, b] = [reports.get(first), reports.get(second)]
    // A run that could not be made is a fault too.
    faults += a === undefined || b === undefined ? 1 : faultsOf(a) + faultsOf(b)
    if (a !== undefined && b !== undefined) pairs.push([a, b])
  }
  return [scenario, ...(scenario.also ?? [])].map((measured) => row(measured, pairs, faults)).join('\n')
}

function namedPeers(port: number, folder: string): Contestant[] {
  const entries = (process.env['PEERS'] ?? '').split(/\s+/).filter(Boolean)
  return entries.map((entry) => {
    const [name = '', scripts = ''] = entry.split('=')
    return peer(name, scripts, port, join(base, folder))
  })
}

const peers = namedPeers(firstPort + 10, 'second')
if (peers.length === 0) {
  console.error('Whom to compare with? PEERS="ejabberd=path/of/its/scripts"')
  process.exit(1)
}
const first = options['without-ours'] ? (namedPeers(firstPort, 'first')[0] as Contestant) : await ours()
async function closeAll(): Promise<void> {
  for (const one of [first, ...peers]) await one.close()
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().then(() => process.exit(1)))

try {
  for (const other of peers) {
    console.log(`\n| load | unit | ${first.name} | ${other.name} | ratio (range of ${options.pairs} pairs) | faults |`)
    console.log('| --- | --- | --- | --- | --- | --- |')
    for (const [name, scenario] of Object.entries(scenarios)) {
      if (options.only !== undefined && !options.only.split(',').some((wanted) => name.startsWith(wanted))) continue
      console.log(await compare(first, other, name, scenario))
    }
  }
} finally {
  await closeAll()
}
