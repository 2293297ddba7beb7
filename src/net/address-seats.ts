import { networkOf } from '../util/network.ts'

/** Counts the connections of each address. Costs nothing where there is no limit. */
export class AddressSeats<Owner extends object> {
  /** Holds for who comes; those who are there stay, and count if there was a limit when they came. */
  max = Number.POSITIVE_INFINITY
  readonly #taken = new Map<string, number>()
  readonly #owners = new Map<Owner, string>()

  /** Whether the address has as many as it may. */
  isFull(address: string): boolean {
    return this.max !== Number.POSITIVE_INFINITY && (this.#taken.get(networkOf(address)) ?? 0) >= this.max
  }

  /** Takes a seat; false when the address has as many as it may. */
  take(owner: Owner, address: string): boolean {
    if (this.max === Number.POSITIVE_INFINITY) return true
    const network = networkOf(address)
    const taken = this.#taken.get(network) ?? 0
    if (taken >= this.max) return false
    this.#taken.set(network, taken + 1)
    this.#owners.set(owner, network)
    return true
  }

  /** Gives the seat back, if it has one. */
  leave(owner: Owner): void {
    const network = this.#owners.get(owner)
    if (network === undefined) return
    this.#owners.delete(owner)
    const left = (this.#taken.get(network) ?? 1) - 1
    if (left === 0) this.#taken.delete(network)
    else this.#taken.set(network, left)
  }
}
