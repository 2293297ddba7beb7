import { setTimeout as sleep } from 'node:timers/promises'
import { Client, forEach, type LoginOptions, login, type Target } from './support/client.ts'
import { cpuSeconds, machineCpuSeconds, residentKib, untilQuiet } from './support/process-stats.ts'

/** How much of everything. */
export interface Load {
  sessions: number
  /** Seconds of a measured window, and of load before it. */
  seconds: number
  warmUp: number
  /** Contacts of each user in the presence scenario. */
  contacts: number
}

/** What a scenario found. Times are CPU of the server unless the name says otherwise. */
export interface Finding {
  scenario: string
  figures: Record<string, number>
  /** What went wrong: lost, out of order, refused. Anything but zero means that the figures are worth nothing. */
  faults: number
}

/** Logins under way. */
export const concurrency = 25

/** The value below which this share of them lies. */
export function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Name of the account with this number. */
export function userName(index: number): string {
  return `bench${index}`
}

/** Makes the accounts that the scenarios use. */
export async function register(target: Target, count: number): Promise<void> {
  await forEach(count, concurrency, (index) => new Client(target, userName(index)).register())
}

/** Signs in the first so many users. */
export async function openAll(target: Target, count: number, options: Partial<LoginOptions> = {}): Promise<Client[]> {
  return forEach(count, concurrency, (index) => login({ target, user: userName(index), ...options }))
}

/** Ends what {@link openAll} gave. */
export async function closeAll(clients: readonly Client[]): Promise<void> {
  for (const client of clients) client.end()
  await sleep(300)
  for (const client of clients) client.destroy()
}

/** Logins, until the server has settled again. */
export async function measureLogin(target: Target, load: Load, options: Partial<LoginOptions>): Promise<Finding> {
  // Once before, so that the client's salted passwords and the server's caches are there.
  await closeAll(await openAll(target, load.sessions, options))
  await untilQuiet(target.pid)
  const [cpu, begun] = [cpuSeconds(target.pid), performance.now()]
  const clients = await openAll(target, load.sessions, options)
  const seconds = (performance.now() - begun) / 1000
  await untilQuiet(target.pid)
  const used = cpuSeconds(target.pid) - cpu
  await closeAll(clients)
  const scenario = `login ${options.mechanism ?? 'PLAIN'}${options.isTls ? ' TLS' : ''}${options.withPresence ? ' presence' : ''}`
  const figures = { 'ms/login': (used * 1000) / load.sessions, 'logins/s': load.sessions / seconds }
  return { scenario, figures, faults: 0 }
}

/** What a session that does nothing costs. */
export async function measureIdle(target: Target, load: Load, isTls: boolean): Promise<Finding> {
  await untilQuiet(target.pid)
  const before = residentKib(target.pid)
  const clients = await openAll(target, load.sessions, { isTls, withPresence: true })
  await untilQuiet(target.pid)
  const [after, cpu] = [residentKib(target.pid), cpuSeconds(target.pid)]
  await sleep(load.seconds * 1000)
  const used = cpuSeconds(target.pid) - cpu
  const held = residentKib(target.pid)
  await closeAll(clients)
  return {
    scenario: `idle${isTls ? ' TLS' : ''}`,
    figures: {
      'KiB/session': (held - before) / load.sessions,
      'KiB/session at once': (after - before) / load.sessions,
      'base MiB': before / 1024,
      'idle CPU %': (used * 100) / load.seconds,
    },
    faults: 0,
  }
}

/** Makes bodies as long as people's. */
export const pad = 'x'.repeat(60)

/** One direction of a conversation: numbers what it sends and checks what comes. */
class Talker {
  readonly latencies: number[] = []
  received = 0
  faults = 0
  isMeasuring = false
  isStopping = false
  #next = 0
  #expected = 0
  readonly #client: Client
  readonly #to: string

  constructor(client: Client, peer: Client) {
    this.#client = client
    this.#to = peer.jid
    client.onElement = (element) => this.#take(element)
    client.onClosed = () => {
      this.faults += 1
    }
  }

  speak(): void {
    const body = `#${this.#next}@${performance.now()} ${pad}`
    this.#client.send(`<message to='${this.#to}' type='chat' id='m${this.#next}'><body>${body}</body></message>`)
    this.#next += 1
  }

  /** How many this one has sent and the other has not received. */
  missing(other: Talker): number {
    return this.#next - other.#expected
  }

  #take(element: string): void {
    const body = /<body>#(\d+)@([\d.]+) /.exec(element)
    if (body === null) return
    if (Number(body[1]) !== this.#expected) this.faults += 1
    this.#expected = Number(body[1]) + 1
    if (this.isMeasuring) {
      this.received += 1
      this.latencies.push(performance.now() - Number(body[2]))
    }
    if (!this.isStopping) this.speak()
  }
}

/** Pairs that answer each other at once, with `outstanding` messages under way in each pair. */
export async function measureChat(target: Target, load: Load, outstanding: number, isTls = false): Promise<Finding> {
  const clients = await openAll(target, load.sessions, { isTls, withPresence: true })
  const talkers = clients.map((client, index) => new Talker(client, clients[index ^ 1] as Client))
  await untilQuiet(target.pid)
  for (let i = 0; i < talkers.length; i += 2) for (let n = 0; n < outstanding; n += 1) talkers[i]?.speak()
  await sleep(load.warmUp * 1000)
  for (const talker of talkers) talker.isMeasuring = true
  const [cpu, own, all, begun] = [
    cpuSeconds(target.pid),
    cpuSeconds(process.pid),
    machineCpuSeconds(),
    performance.now(),
  ]
  await sleep(load.seconds * 1000)
  const seconds = (performance.now() - begun) / 1000
  const [used, ownUsed, allUsed] = [
    cpuSeconds(target.pid) - cpu,
    cpuSeconds(process.pid) - own,
    machineCpuSeconds() - all,
  ]
  for (const talker of talkers) Object.assign(talker, { isMeasuring: false, isStopping: true })
  await sleep(1000)
  const received = talkers.reduce((sum, talker) => sum + talker.received, 0)
  const latencies = talkers.flatMap((talker) => talker.latencies).sort((a, b) => a - b)
  const faults = talkers.reduce((sum, one, i) => sum + one.faults + one.missing(talkers[i ^ 1] as Talker), 0)
  await closeAll(clients)
  return {
    scenario: `chat w${outstanding}${isTls ? ' TLS' : ''}`,
    figures: {
      'us/message': (used * 1e6) / received,
      'messages/s': received / seconds,
      'p50 ms': at(latencies, 0.5),
      'p99 ms': at(latencies, 0.99),
      'client us/message': (ownUsed * 1e6) / received,
      'other cores': (allUsed - used - ownUsed) / seconds,
    },
    faults,
  }
}

/** Makes user i and user i + distance contacts of each other, through the protocol. */
async function befriend(clients: readonly Client[], contacts: number): Promise<void> {
  for (const client of clients) {
    client.onElement = (element) => {
      if (!element.startsWith('<presence') || !/type=['"]subscribe['"]/.test(element)) return
      const from = /from=['"]([^'"/]+)/.exec(element)?.[1]
      client.send(`<presence to='${from}' type='subscribed'/><presence to='${from}' type='subscribe'/>`)
    }
  }
  for (const [index, client] of clients.entries()) {
    for (let distance = 1; distance <= contacts / 2; distance += 1) {
      const friend = clients[(index + distance) % clients.length] as Client
      client.send(`<presence to='${friend.jid}' type='subscribe'/>`)
    }
    if (index % 20 === 19) await sleep(20)
  }
}

/** A tenth of the users change their status again and again; every contact sees it. */
export async function measurePresence(target: Target, load: Load): Promise<Finding> {
  const clients = await openAll(target, load.sessions, { withPresence: true })
  await befriend(clients, load.contacts)
  await untilQuiet(target.pid)
  const state = { received: 0, faults: 0 }
  let waiting = 0
  let isStopping = false
  const speakers = clients.filter((_, index) => index % 10 === 0)
  let round = 0
  const broadcast = () => {
    round += 1
    // Each contact and the speaker itself.
    waiting = speakers.length * (load.contacts + 1)
    for (const speaker of speakers) speaker.send(`<presence><status>round ${round}</status></presence>`)
  }
  for (const client of clients) {
    client.onElement = (element) => {
      if (!element.includes('<status>')) return
      state.received += 1
      if (!element.includes(`>round ${round}<`)) state.faults += 1
      waiting -= 1
      if (waiting === 0 && !isStopping) broadcast()
    }
  }
  broadcast()
  await sleep(load.warmUp * 1000)
  const [cpu, received, begun] = [cpuSeconds(target.pid), state.received, performance.now()]
  await sleep(load.seconds * 1000)
  const deliveries = state.received - received
  const [used, seconds] = [cpuSeconds(target.pid) - cpu, (performance.now() - begun) / 1000]
  isStopping = true
  await sleep(1000)
  await closeAll(clients)
  const figures = { 'us/delivery': (used * 1e6) / deliveries, 'deliveries/s': deliveries / seconds, rounds: round }
  return { scenario: `presence ${load.sessions} x ${load.contacts}`, figures, faults: state.faults + waiting }
}
