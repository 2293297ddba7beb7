// npm run bench: what logging in, being there, talking and being seen cost the server. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureManagedChat } from './managed-scenario.ts'
import { measureContacts, measureSubscribers } from './pubsub-scenarios.ts'
import { measureEntering, measureGroupchat } from './room-scenarios.ts'
import { measureRoster } from './roster-scenario.ts'
import {
  type Finding,
  type Load,
  measureChat,
  measureIdle,
  measureLogin,
  measurePresence,
  register,
} from './scenarios.ts'
import type { Target } from './support/client.ts'
import { type BenchDatabase, openBenchDatabase } from './support/database.ts'
import { hasProc } from './support/process-stats.ts'
import { type RunningServer, startServer } from './support/server.ts'

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    'idle-sessions': { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    contacts: { type: 'string', default: '20' },
    only: { type: 'string' },
    json: { type: 'string' },
    // What ours keeps things in: sqlite, postgres or mysql.
    database: { type: 'string', default: 'sqlite' },
    // A server that runs already; without it, ours is started.
    pid: { type: 'string' },
    port: { type: 'string', default: '24222' },
    'tls-port': { type: 'string', default: '24223' },
    domain: { type: 'string', default: 'bench.test' },
  },
})

const load: Load = {
  sessions: Math.max(2, Number(options.sessions) & ~1),
  seconds: Number(options.seconds),
  warmUp: Number(options['warm-up']),
  contacts: Number(options.contacts),
}

/** Rooms, and how many are in each. */
const rooms = { count: 10, occupants: 100 }
/** Who hears of what is published at a node of the service, and at those of accounts. */
const subscribers = 1000
const contacts = 50

interface Scenario {
  /** Needs a server without a past: memory that was once used does not count as free. */
  isFresh?: true
  measure(target: Target): Promise<Finding>
}

const idleLoad: Load = { ...load, sessions: Number(options['idle-sessions']) }

const scenarios: Record<string, Scenario> = {
  idle: { isFresh: true, measure: (target) => measureIdle(target, idleLoad, false) },
  'idle-tls': { isFresh: true, measure: (target) => measureIdle(target, idleLoad, true) },
  login: { measure: (target) => measureLogin(target, load, { mechanism: 'PLAIN' }) },
  'login-scram': { measure: (target) => measureLogin(target, load, { mechanism: 'SCRAM-SHA-1' }) },
  'login-presence': { measure: (target) => measureLogin(target, load, { withPresence: true }) },
  'login-tls': { measure: (target) => measureLogin(target, load, { isTls: true }) },
  roster: { measure: (target) => measureRoster(target, load) },
  'chat-w1': { measure: (target) => measureChat(target, load, 1) },
  'chat-w8': { measure: (target) => measureChat(target, load, 8) },
  'chat-tls': { measure: (target) => measureChat(target, load, 1, true) },
  'chat-sm': { measure: (target) => measureManagedChat(target, load) },
  presence: { measure: (target) => measurePresence(target, load) },
  groupchat: { measure: (target) => measureGroupchat(target, load, rooms) },
  'room-entry': { measure: (target) => measureEntering(target, load, rooms) },
  'pubsub-1000': { measure: (target) => measureSubscribers(target, load, subscribers) },
  'pep-50': { measure: (target) => measureContacts(target, load, { publishers: 10, contacts }) },
  'pep-one': { measure: (target) => measureContacts(target, load, { publishers: 1, contacts }) },
}

function isChosen(name: string): boolean {
  return options.only === undefined || options.only.split(',').some((wanted) => name.startsWith(wanted))
}

async function open(): Promise<RunningServer> {
  const [port, tlsPort] = [Number(options.port), Number(options['tls-port'])]
  if (options.pid === undefined) return startServer(port, tlsPort, (config) => `${config}\n${database?.settings ?? ''}`)
  const target = { port, tlsPort, domain: options.domain, pid: Number(options.pid) }
  // Somebody else's server is left as it is.
  return { target, restart: async () => {}, halt: async () => {}, stop: async () => {} }
}

function show({ scenario, figures, faults }: Finding): void {
  const cells = Object.entries(figures).map(([name, value]) => `${name} ${value.toPrecision(3)}`.padEnd(24))
  console.log(`${scenario.padEnd(24)} ${cells.join(' ')}${faults > 0 ? ` FAULTS ${faults}` : ''}`)
}

if (!hasProc) {
  console.error('The figures are read from /proc: this needs Linux.')
  process.exit(1)
}
// The load on the last processor, the server on the first (support/server.ts).
if (options.pid === undefined) spawnSync('taskset', ['-cp', process.env['BENCH_LOAD_CPU'] ?? '1', String(process.pid)])

const findings: Finding[] = []
let database: BenchDatabase | undefined
let server: RunningServer | undefined
try {
  database = await openBenchDatabase(options.database)
  server = await open()
  const inRooms = isChosen('groupchat') || isChosen('room-entry') ? rooms.count * rooms.occupants : 0
  const hearing = isChosen('pubsub-1000') ? subscribers + 1 : 0
  await register(server.target, Math.max(load.sessions, idleLoad.sessions, inRooms, hearing))
  for (const [name, { isFresh, measure }] of Object.entries(scenarios)) {
    if (!isChosen(name)) continue
    if (isFresh) await server.restart()
    const finding = await measure(server.target)
    show(finding)
    findings.push(finding)
  }
} finally {
  await server?.stop()
  await database?.stop()
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ load, findings }, null, 2)}\n`)
process.exitCode = findings.some(({ faults }) => faults > 0) ? 2 : 0
