import type { Clock } from '../util/clock.ts'
import { Lru } from '../util/lru.ts'
import { networkOf } from '../util/network.ts'

/** How failed logins are answered (`auth.failed_logins`). */
export interface LoginGuardOptions {
  /** Failures of one address, and of one account, that have no consequence. */
  readonly freePerAddress: number
  readonly freePerAccount: number
  /** The wait after the first failure beyond those; it doubles with each, up to the longest. Milliseconds. */
  readonly firstDelay: number
  readonly longestDelay: number
  /** After so long without a failure all is forgotten. Milliseconds. */
  readonly forgetAfter: number
}

interface Tally {
  failures: number
  /** When the last failure was. */
  at: number
  /** When the next attempt may be answered. */
  next: number
}

/** Addresses, accounts and pairs of both that are remembered; beyond that the longest unused are forgotten. */
const remembered = 50_000

/**
 * Slows down those who guess passwords: by address, and by account whether or not there is such an account. Attempts of a
 * slowed address or account are answered one after another, however many connections they come on. An address from which an
 * account has signed in before is not made to wait for what others do to that account.
 */
export class LoginGuard {
  readonly #options: LoginGuardOptions
  readonly #clock: Clock
  readonly #addresses = new Lru<string, Tally>(remembered)
  readonly #accounts = new Lru<string, Tally>(remembered)
  readonly #trusted = new Lru<string, true>(remembered)

  constructor(options: LoginGuardOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /**
   * Milliseconds that an attempt has to wait for its answer; undefined: so many wait already that it gets none. The account is
   * not known where a mechanism does not name it (tokens, guests).
   */
  delay(account: string | undefined, address: string): number | undefined {
    const { freePerAddress, freePerAccount, longestDelay } = this.#options
    const slowed: [Tally, number][] = []
    const network = networkOf(address)
    this.#add(slowed, this.#addresses.get(network), freePerAddress)
    if (account !== undefined && this.#trusted.get(`${account} ${network}`) === undefined) {
      this.#add(slowed, this.#accounts.get(account), freePerAccount)
    }
    if (slowed.length === 0) return 0
    const now = this.#clock.now()
    const wait = Math.max(0, ...slowed.map(([record, pause]) => Math.max(record.next, now) + pause - now))
    if (wait > longestDelay) return undefined
    for (const [record] of slowed) record.next = now + wait
    return wait
  }

  /** A wrong password. True when from now on this address or account is slowed that was not before. */
  failed(account: string | undefined, address: string): boolean {
    const { freePerAddress, freePerAccount } = this.#options
    const byAddress = this.#count(this.#addresses, networkOf(address))
    const byAccount = account === undefined ? 0 : this.#count(this.#accounts, account)
    return byAddress === freePerAddress + 1 || byAccount === freePerAccount + 1
  }

  /** The right one. It does not clear the address: somebody with one account could guess on for others. */
  succeeded(account: string, address: string): void {
    this.#accounts.delete(account)
    this.#trusted.set(`${account} ${networkOf(address)}`, true)
  }

  #add(slowed: [Tally, number][], record: Tally | undefined, free: number): void {
    if (record === undefined || record.failures <= free || this.#isForgotten(record)) return
    const { firstDelay, longestDelay } = this.#options
    slowed.push([record, Math.min(longestDelay, firstDelay * 2 ** Math.min(30, record.failures - free - 1))])
  }

  #count(records: Lru<string, Tally>, key: string): number {
    const now = this.#clock.now()
    let record = records.get(key)
    if (record === undefined || this.#isForgotten(record)) record = { failures: 0, at: now, next: 0 }
    record.failures++
    record.at = now
    records.set(key, record)
    return record.failures
  }

  #isForgotten({ at }: Tally): boolean {
    return this.#clock.now() - at > this.#options.forgetAfter
  }
}
