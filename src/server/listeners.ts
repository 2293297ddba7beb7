import type { Config } from '../config/schema.ts'
import type { Validity } from '../net/tls-context.ts'
import { C2sPort } from './c2s-port.ts'
import type { ComponentPort } from './components/component-port.ts'
import type { S2sPort } from './federation/s2s-port.ts'
import { HttpPort } from './http-port.ts'
import type { ListenerParts, OpenPort, PreparedSettings, RunningPort } from './port.ts'

/** How long streams get to end at a stop, and how often it is looked whether they have, in milliseconds. */
const grace = 2000
const look = 20

/** One port that a configuration wants. */
interface Wanted {
  /** Kind and address: what stays the same port when other settings change. */
  readonly key: string
  readonly port: number
  open(parts: ListenerParts): Promise<RunningPort>
  prepare(port: RunningPort): Promise<PreparedSettings>
}

/** A port at one moment; `id`: as MongooseIM names listeners. */
export interface ListenerStatus {
  readonly id: string
  readonly connections: number
  readonly validity: Validity | undefined
}

/** All ports of a server. */
export class Listeners {
  readonly #parts: ListenerParts
  #ports = new Map<string, RunningPort>()
  /** Ports that a reload has closed, as long as somebody is still connected through them. */
  #retired: RunningPort[] = []

  private constructor(parts: ListenerParts) {
    this.#parts = parts
  }

  /** Opens the configured ports. When one cannot be opened, those that were are closed again. */
  static async open(parts: ListenerParts): Promise<Listeners> {
    const listeners = new Listeners(parts)
    const change = await listeners.prepare(parts.config)
    await change.commit()
    return listeners
  }

  get ports(): readonly OpenPort[] {
    return [...this.#ports.values()].map((port) => port.openPort)
  }

  /** How each port is at this moment. */
  get status(): readonly ListenerStatus[] {
    return [...this.#ports.values()].map(({ openPort, connections, validity }) => ({
      id: `${openPort.address}@tcp/${openPort.port}`,
      connections,
      validity,
    }))
  }

  /**
   * Gets everything ready for other ports and other settings of the same: opens what is new, reads certificates. Rejects
   * when something cannot be had; then everything is as it was.
   */
  async prepare(config: Config): Promise<PreparedPorts> {
    const wanted = wantedPorts(config)
    const change = new PreparedPorts(this.#parts, this.#ports, (ports, retired) => {
      this.#ports = ports
      this.#retired = [...this.#retired.filter(({ connections }) => connections > 0), ...retired]
    })
    await change.make(wanted)
    return change
  }

  /**
   * Rejects when a port or a certificate of another configuration could not be had after a stop. A number that is open at
   * another address now will be free then.
   */
  async rehearse(config: Config): Promise<void> {
    const open = new Set(this.ports.map(({ port }) => port))
    const change = new PreparedPorts(this.#parts, this.#ports, () => {})
    await change.make(wantedPorts(config).filter(({ key, port }) => this.#ports.has(key) || !open.has(port)))
    await change.discard()
  }

  /** Lets nobody new in; those who are in stay. */
  async stopAccepting(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => port.stopAccepting()))
  }

  /** Ends the streams of those who have not signed in yet. */
  stopNegotiating(): void {
    for (const port of this.#all()) port.stopNegotiating()
  }

  /** Waits a while for connections to end, then drops those that are left. */
  async close(): Promise<void> {
    const isInUse = () => this.#all().some(({ streams }) => streams > 0)
    for (let waited = 0; waited < grace && isInUse(); waited += look) {
      await new Promise<void>((resolve) => this.#parts.clock.after(look, resolve))
    }
    await Promise.all(this.#all().map((port) => port.close()))
  }

  #all(): RunningPort[] {
    return [...this.#ports.values(), ...this.#retired]
  }
}

/** The ports as they will be. */
export class PreparedPorts {
  readonly #parts: ListenerParts
  readonly #before: ReadonlyMap<string, RunningPort>
  readonly #takeOver: (ports: Map<string, RunningPort>, retired: RunningPort[]) => void
  readonly #after = new Map<string, RunningPort>()
  readonly #settings: PreparedSettings[] = []
  readonly #opened: RunningPort[] = []

  constructor(
    parts: ListenerParts,
    before: ReadonlyMap<string, RunningPort>,
    takeOver: (ports: Map<string, RunningPort>, retired: RunningPort[]) => void,
  ) {
    this.#parts = parts
    this.#before = before
    this.#takeOver = takeOver
  }

  async make(wanted: readonly Wanted[]): Promise<void> {
    const keys = new Set(wanted.map(({ key }) => key))
    try {
      for (const each of wanted) {
        const known = this.#before.get(each.key)
        if (known !== undefined) this.#settings.push(await each.prepare(known))
        const port = known ?? (await this.#open(each, keys))
        this.#after.set(each.key, port)
      }
    } catch (error) {
      await this.discard()
      throw error
    }
  }

  async #open(wanted: Wanted, keys: ReadonlySet<string>): Promise<RunningPort> {
    const inTheWay = [...this.#before].find(([key, { openPort }]) => !keys.has(key) && openPort.port === wanted.port)
    if (inTheWay !== undefined) {
      const [, { openPort }] = inTheWay
      throw new Error(`Port ${wanted.port} is open on ${openPort.address}: another address for it needs a restart`)
    }
    const port = await wanted.open(this.#parts)
    this.#opened.push(port)
    return port
  }

  /** Lets them take effect. Who is connected through a port that is no more stays connected. */
  async commit(): Promise<void> {
    for (const settings of this.#settings) settings.commit()
    const retired = [...this.#before].filter(([key]) => !this.#after.has(key)).map(([, port]) => port)
    this.#takeOver(this.#after, retired)
    await Promise.all(retired.map((port) => port.stopAccepting()))
  }

  /** Gives back what was got ready. */
  async discard(): Promise<void> {
    for (const settings of this.#settings) settings.discard()
    await Promise.all(this.#opened.map((port) => port.close()))
  }
}

function wantedPorts(config: Config): Wanted[] {
  const seen = new Map<string, number>()
  const keyOf = (kind: string, { ip_address, port }: { ip_address: string; port: number }) => {
    const place = `${kind} ${ip_address} ${port}`
    const nth = (seen.get(place) ?? 0) + 1
    seen.set(place, nth)
    return `${place} ${nth}`
  }
  const c2s = config.listen.c2s.map((table) => ({
    key: keyOf('c2s', table),
    port: table.port,
    open: (parts: ListenerParts) => C2sPort.open(table, config, parts),
    prepare: (port: RunningPort) => (port as C2sPort).prepare(table, config),
  }))
  const s2s = config.listen.s2s.map((table) => ({
    key: keyOf('s2s', table),
    port: table.port,
    // Loaded only where there is such a port.
    open: async (parts: ListenerParts) => {
      const { S2sPort } = await import('./federation/s2s-port.ts')
      return S2sPort.open(table, config, parts)
    },
    prepare: (port: RunningPort) => (port as S2sPort).prepare(table, config),
  }))
  const component = config.listen.component.map((table) => ({
    key: keyOf('component', table),
    port: table.port,
    open: async (parts: ListenerParts) => {
      const { ComponentPort } = await import('./components/component-port.ts')
      return ComponentPort.open(table, config, parts)
    },
    prepare: (port: RunningPort) => (port as ComponentPort).prepare(table, config),
  }))
  const http = config.listen.http.map((table) => ({
    key: keyOf('http', table),
    port: table.port,
    open: (parts: ListenerParts) => HttpPort.open(table, config, parts),
    prepare: (port: RunningPort) => (port as HttpPort).prepare(table, config),
  }))
  return [...c2s, ...s2s, ...component, ...http]
}
