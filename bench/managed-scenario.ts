import { setTimeout as sleep } from 'node:timers/promises'
import { at, closeAll, concurrency, type Finding, type Load, pad, userName } from './scenarios.ts'
import { type Client, forEach, login, type Target } from './support/client.ts'
import { cpuSeconds, untilQuiet } from './support/process-stats.ts'

const sm = 'urn:xmpp:sm:3'
/** A device asks for an acknowledgement of its own after so many messages. */
const askEach = 10

/** One device of somebody who talks: stream management and carbons on. The first of each user writes, the other looks on. */
class Device {
  readonly latencies: number[] = []
  /** Messages of the own conversation that it has seen, sent and received. */
  seen = 0
  faults = 0
  isMeasuring = false
  isStopping = false
  readonly #client: Client
  readonly #to: string
  readonly #writes: boolean
  #handled = 0
  #next = 0
  #expected = 0
  #ready: () => void = () => {}

  constructor(client: Client, to: string, writes: boolean) {
    this.#client = client
    this.#to = to
    this.#writes = writes
    client.onElement = (element) => this.#take(element)
    client.onClosed = () => {
      this.faults += 1
    }
  }

  /** Turns everything on. */
  async begins(): Promise<void> {
    const isReady = new Promise<void>((resolve) => {
      this.#ready = resolve
    })
    this.#client.send(`<enable xmlns='${sm}' resume='true'/>`)
    this.#client.send(`<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
    await isReady
  }

  speak(): void {
    const body = `#${this.#next}@${performance.now()} ${pad}`
    this.#client.send(`<message to='${this.#to}' type='chat' id='m${this.#next}'><body>${body}</body></message>`)
    this.#next += 1
    if (this.#next % askEach === 0) this.#client.send(`<r xmlns='${sm}'/>`)
  }

  /** How many its user has sent. */
  get sent(): number {
    return this.#next
  }

  #take(element: string): void {
    if (element.startsWith('<r ')) this.#client.send(`<a xmlns='${sm}' h='${this.#handled}'/>`)
    else if (element.startsWith('<enabled')) this.#handled = 0
    else if (element.startsWith('<message') || element.startsWith('<presence') || element.startsWith('<iq')) {
      this.#handled += 1
      if (element.startsWith('<message')) this.#message(element)
      else if (element.includes("id='carbons'")) this.#ready()
    }
  }

  #message(element: string): void {
    const body = /<body>#(\d+)@([\d.]+) /.exec(element)
    if (body === null) return
    this.seen += 1
    // A copy of what the user's other device has sent.
    if (element.includes('<sent')) return
    if (Number(body[1]) !== this.#expected) this.faults += 1
    this.#expected = Number(body[1]) + 1
    if (this.isMeasuring) this.latencies.push(performance.now() - Number(body[2]))
    if (this.#writes && !this.isStopping) this.speak()
  }
}

/** Users with two devices each, in pairs that answer each other at once: one message under way in each pair. */
export async function measureManagedChat(target: Target, load: Load): Promise<Finding> {
  const users = load.sessions >> 1
  const clients = await forEach(users * 2, concurrency, (index) =>
    login({ target, user: userName(index >> 1), resource: index % 2 === 0 ? 'pc' : 'phone', withPresence: true }),
  )
  const devices = clients.map((client, index) => {
    const peer = `${userName((index >> 1) ^ 1)}@${target.domain}`
    return new Device(client, peer, index % 2 === 0)
  })
  for (const device of devices) await device.begins()
  await untilQuiet(target.pid)
  for (let i = 0; i < devices.length; i += 4) devices[i]?.speak()
  await sleep(load.warmUp * 1000)
  for (const device of devices) device.isMeasuring = true
  const [cpu, own, begun] = [cpuSeconds(target.pid), cpuSeconds(process.pid), performance.now()]
  await sleep(load.seconds * 1000)
  const seconds = (performance.now() - begun) / 1000
  const [used, ownUsed] = [cpuSeconds(target.pid) - cpu, cpuSeconds(process.pid) - own]
  for (const device of devices) Object.assign(device, { isMeasuring: false, isStopping: true })
  await sleep(1000)
  // Each message arrives at two devices.
  const latencies = devices.flatMap((device) => device.latencies).sort((a, b) => a - b)
  const messages = latencies.length / 2
  const faults = devices.reduce((sum, device) => sum + device.faults, 0) + missing(devices)
  await closeAll(clients)
  return {
    scenario: 'chat SM carbons',
    figures: {
      'us/message': (used * 1e6) / messages,
      'messages/s': messages / seconds,
      'p50 ms': at(latencies, 0.5),
      'p99 ms': at(latencies, 0.99),
      'client us/message': (ownUsed * 1e6) / messages,
    },
    faults,
  }
}

/** What has not been seen: every message by both devices of who receives it and by the other one of who has sent it. */
function missing(devices: readonly Device[]): number {
  let count = 0
  for (let i = 0; i < devices.length; i += 4) {
    const [pc, phone, otherPc, otherPhone] = devices.slice(i, i + 4) as [Device, Device, Device, Device]
    count += Math.abs(otherPc.sent - pc.seen) + Math.abs(pc.sent - otherPc.seen)
    const all = pc.sent + otherPc.sent
    count += Math.abs(all - phone.seen) + Math.abs(all - otherPhone.seen)
  }
  return count
}
