import { BlockList, isIPv6 } from 'node:net'

export interface RangePolicy {
  /** Address or network in CIDR form. */
  readonly address: string
  readonly policy: 'allow' | 'deny'
}

/** An ordered list of networks, the first of which that holds an address decides about it. */
export class IpRanges {
  readonly #entries: { readonly list: BlockList; readonly policy: RangePolicy['policy'] }[]

  /** Throws for something that is neither an address nor a network. */
  constructor(entries: readonly RangePolicy[]) {
    this.#entries = entries.map(({ address, policy }) => ({ list: listOf(address), policy }))
  }

  /** Whether an address may come in; one in no range may. Entries of the other family do not count. */
  allows(address: string): boolean {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const entry = this.#entries.find(({ list }) => list.check(address, family))
    return entry?.policy !== 'deny'
  }
}

function listOf(range: string): BlockList {
  const list = new BlockList()
  const [address = '', prefix] = range.split('/')
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (prefix === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(prefix), family)
  return list
}
