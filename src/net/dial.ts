import { connect, type Socket } from 'node:net'
import type { Clock, Timer } from '../util/clock.ts'
import { AddressSeats } from './address-seats.ts'
import type { Report } from './connection.ts'
import { StallWatch } from './stall-watch.ts'
import { type ConnectionHost, StreamConnection } from './stream-connection.ts'
import { HandshakeSlots } from './tls-handshake.ts'

/** Where to connect to. */
export interface DialTarget {
  /** Tried one after another, each given a head start over the next (RFC 8305). */
  readonly addresses: readonly string[]
  readonly port: number
  /** Milliseconds for all of them; Infinity for no limit. */
  readonly timeout: number
}

/** Why nobody could be reached. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly isTimeout: boolean

  constructor(message: string, isTimeout: boolean) {
    super(message)
    this.isTimeout = isTimeout
  }
}

const headStart = 250
const keepAliveAfter = 60_000

/** Makes connections to others, which are like those that are accepted. */
export class Dialler {
  readonly #host: ConnectionHost
  #isClosed = false

  constructor(clock: Clock, report: Report) {
    const seats = new AddressSeats<StreamConnection>()
    const stalls = new StallWatch(clock)
    this.#host = { clock, report, stalls, handshakes: new HandshakeSlots(), connections: new Set(), seats }
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#host.connections.size
  }

  /** The first address that answers. Reading begins with `startReading`. Rejects with DialError. */
  async dial(target: DialTarget): Promise<StreamConnection> {
    const socket = await new Race(this.#host.clock, target).run()
    if (!this.#isClosed) return new StreamConnection(this.#host, socket)
    socket.destroy()
    throw new DialError('the server stops', true)
  }

  /** Drops everything that is open, or comes to be. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#host.connections) connection.destroy()
  }
}

/** Attempts at the addresses of one server, the next one begun when the last has failed or is slow. */
class Race {
  readonly #clock: Clock
  readonly #target: DialTarget
  readonly #runners = new Set<Socket>()
  #next = 0
  #problem = 'no address'
  #start: Timer | undefined
  #end: Timer | undefined
  #settle: { won(socket: Socket): void; lost(error: DialError): void } = { won() {}, lost() {} }

  constructor(clock: Clock, target: DialTarget) {
    this.#clock = clock
    this.#target = target
  }

  run(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.#settle = { won: resolve, lost: reject }
      const { timeout } = this.#target
      if (Number.isFinite(timeout)) {
        this.#end = this.#clock.after(timeout, () => this.#lose(new DialError('nobody answers', true)))
      }
      this.#attempt()
    })
  }

  #attempt(): void {
    this.#start?.cancel()
    const address = this.#target.addresses[this.#next++]
    if (address === undefined) {
      if (this.#runners.size === 0) this.#lose(new DialError(this.#problem, this.#problem.includes('ETIMEDOUT')))
      return
    }
    const socket = connect({
      host: address,
      port: this.#target.port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveAfter,
    })
    this.#runners.add(socket)
    const failed = (error: Error) => {
      // Its message would name the address.
      this.#problem = (error as NodeJS.ErrnoException).code ?? error.message
      this.#runners.delete(socket)
      socket.destroy()
      this.#attempt()
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.removeListener('error', failed)
      socket.pause()
      this.#runners.delete(socket)
      this.#stop()
      this.#settle.won(socket)
    })
    this.#start = this.#clock.after(headStart, () => this.#attempt())
  }

  #lose(error: DialError): void {
    this.#stop()
    this.#settle.lost(error)
  }

  #stop(): void {
    this.#start?.cancel()
    this.#end?.cancel()
    this.#next = this.#target.addresses.length
    for (const socket of this.#runners) {
      socket.removeAllListeners('error')
      socket.on('error', () => {})
      socket.destroy()
    }
    this.#runners.clear()
  }
}
