import { timingSafeEqual } from 'node:crypto'
import { AddressSeats } from '../../net/address-seats.ts'
import type { Clock } from '../../util/clock.ts'
import { TimerWheel } from '../../util/timer-wheel.ts'
import type { BoshClient, BoshHome } from './bosh-client.ts'

// So much of an id finds a session; the rest is compared without telling how much of it is right.
const keyLength = 16

/** The sessions that are spoken to through one port, whatever becomes of its settings. */
export class BoshTable implements BoshHome {
  readonly wheel: TimerWheel
  /** The server stops: there are no new sessions. */
  isClosing = false
  readonly #clients = new Map<string, BoshClient>()
  readonly #seats = new AddressSeats<BoshClient>()
  /** Answers that have been given and are still being sent. */
  readonly #leaving = new Set<object>()

  constructor(clock: Clock) {
    this.wheel = new TimerWheel(clock, 100)
  }

  get size(): number {
    return this.#clients.size
  }

  /** How many answers are still being sent. */
  get sending(): number {
    return this.#leaving.size
  }

  /** Whether there can be another session for an address, with these limits. */
  hasRoom(address: string, limits: { readonly all: number; readonly perAddress: number }): boolean {
    this.#seats.max = limits.perAddress
    return this.#clients.size < limits.all && !this.#seats.isFull(address)
  }

  enter(client: BoshClient): void {
    this.#clients.set(client.sid.slice(0, keyLength), client)
    this.#seats.take(client, client.remote.address)
  }

  leave(client: BoshClient): void {
    const key = client.sid.slice(0, keyLength)
    if (this.#clients.get(key) === client) this.#clients.delete(key)
    this.#seats.leave(client)
  }

  /** The session of an id. */
  find(sid: string): BoshClient | undefined {
    const client = this.#clients.get(sid.slice(0, keyLength))
    if (client === undefined) return undefined
    const [known, given] = [Buffer.from(client.sid), Buffer.from(sid)]
    return known.length === given.length && timingSafeEqual(known, given) ? client : undefined
  }

  /** An answer is on its way; it is told when it has gone. */
  sends(answer: object): void {
    this.#leaving.add(answer)
  }

  sent(answer: object): void {
    this.#leaving.delete(answer)
  }
}
