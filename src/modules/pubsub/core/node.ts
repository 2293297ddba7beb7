import type { Jid } from '../../../jid/jid.ts'
import type { NodeConfig } from './node-config.ts'
import type { PluginName } from './plugin.ts'
import type { SubscriptionOptions } from './subscription-options.ts'

export const affiliationNames = ['owner', 'publisher', 'publish-only', 'member', 'outcast', 'none'] as const
export type Affiliation = (typeof affiliationNames)[number]

export interface Subscription {
  readonly subid: string
  readonly jid: Jid
  readonly state: 'subscribed' | 'pending'
  readonly options: SubscriptionOptions
}

/** Something that was published. */
export interface Item {
  readonly id: string
  /** Grows with every change in a node, in microseconds since the epoch. */
  readonly place: number
  /** The place it had at first. */
  readonly born: number
  readonly publisher: Jid
  /** As XML, '' when there is none. */
  readonly payload: string
}

/** When an item was published, in milliseconds since the epoch. */
export function timeOf({ place }: Item): number {
  return Math.floor(place / 1000)
}

/** What a node is made from. */
export interface NodeRecord {
  readonly id: string
  /** The address of the service, or the account. */
  readonly service: Jid
  readonly name: string
  readonly type: PluginName
  readonly config: NodeConfig
  /** By bare address. */
  readonly affiliations: ReadonlyMap<string, Affiliation>
  readonly subscriptions: readonly Subscription[]
  readonly itemCount: number
  /** The item with the highest place. */
  readonly last: Item | undefined
}

/**
 * A node: everything about it but its items. It is changed only once the change is on disk, by who holds the mailbox of the
 * node; so whoever reads it sees what is true.
 */
export class PubsubNode {
  readonly id: string
  readonly service: Jid
  readonly name: string
  readonly type: PluginName
  /** The feature by which a client says that it wants to hear of nodes of this name (XEP-0163 §4.3.2). */
  readonly interest: string
  config: NodeConfig
  itemCount: number
  last: Item | undefined
  readonly #affiliations: Map<string, Affiliation>
  /** By address. */
  readonly #subscriptions = new Map<string, Subscription>()
  #plain: readonly Jid[] | undefined | 'unknown' = 'unknown'

  constructor(record: NodeRecord) {
    this.id = record.id
    this.service = record.service
    this.name = record.name
    this.type = record.type
    this.interest = `${record.name}+notify`
    this.config = record.config
    this.itemCount = record.itemCount
    this.last = record.last
    this.#affiliations = new Map(record.affiliations)
    for (const subscription of record.subscriptions) this.#subscriptions.set(subscription.jid.full, subscription)
  }

  /** Whether it belongs to an account. */
  get isPersonal(): boolean {
    return this.service.local !== ''
  }

  get affiliations(): ReadonlyMap<string, Affiliation> {
    return this.#affiliations
  }

  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions
  }

  /** Bare addresses. */
  get owners(): string[] {
    return [...this.#affiliations].filter(([, affiliation]) => affiliation === 'owner').map(([jid]) => jid)
  }

  affiliationOf(jid: Jid): Affiliation {
    if (this.isPersonal && jid.bareString === this.service.full) return 'owner'
    return this.#affiliations.get(jid.bareString) ?? 'none'
  }

  subscriptionOf(jid: Jid): Subscription | undefined {
    return this.#subscriptions.get(jid.full)
  }

  /** The subscriptions of an account, whatever their resource. */
  subscriptionsOf(jid: Jid): Subscription[] {
    const own: Subscription[] = []
    for (const subscription of this.#subscriptions.values())
      if (subscription.jid.bareString === jid.bareString) own.push(subscription)
    return own
  }

  /** Whether an address, or the account it belongs to, is subscribed. */
  hasSubscriber(jid: Jid): boolean {
    const isSubscribed = (other: Jid) => this.#subscriptions.get(other.full)?.state === 'subscribed'
    return isSubscribed(jid) || isSubscribed(jid.bare)
  }

  /** Subscribed addresses when none of them has options, so that all are treated alike; else undefined. */
  get plainSubscribers(): readonly Jid[] | undefined {
    if (this.#plain === 'unknown') {
      const all = [...this.#subscriptions.values()]
      const isPlain = all.every(({ options }) => Object.keys(options).length === 0)
      this.#plain = isPlain ? all.filter(({ state }) => state === 'subscribed').map(({ jid }) => jid) : undefined
    }
    return this.#plain
  }

  affiliate(jid: Jid, affiliation: Affiliation): void {
    if (affiliation === 'none') this.#affiliations.delete(jid.bareString)
    else this.#affiliations.set(jid.bareString, affiliation)
  }

  subscribe(subscription: Subscription): void {
    this.#subscriptions.set(subscription.jid.full, subscription)
    this.#plain = 'unknown'
  }

  unsubscribe(jid: Jid): void {
    this.#subscriptions.delete(jid.full)
    this.#plain = 'unknown'
  }

  /** The place for what is published now. */
  nextPlace(now: number): number {
    return Math.max(now * 1000, (this.last?.place ?? 0) + 1)
  }
}
