import type { Jid } from '../../jid/jid.ts'
import type { Element } from '../../xml/element.ts'
import { serialise } from '../../xml/serialise.ts'
import type { SharedContact } from './api.ts'
import { noSubscription, type SubscriptionState, subscriptionName } from './subscription.ts'

/** A contact in a user's roster, or a request of somebody who is not in it yet. */
export interface RosterItem {
  readonly jid: Jid
  readonly name: string
  readonly groups: readonly string[]
  readonly state: SubscriptionState
  /** Whether it shows in the roster; a request that waits for an answer does not by itself. */
  readonly isListed: boolean
  /** What the contact wrote with the request that waits. */
  readonly request: Element | undefined
  /** Children of other namespaces, kept as they came. */
  readonly extra: readonly Element[]
}

/** An item for somebody of whom nothing is known yet. */
export function newItem(jid: Jid): RosterItem {
  return { jid, name: '', groups: [], state: noSubscription, isListed: false, request: undefined, extra: [] }
}

/** Bytes of an item, about. */
export function sizeOf({ jid, name, groups, request, extra }: RosterItem): number {
  let size = 64 + jid.full.length + name.length
  for (const group of groups) size += 16 + group.length
  for (const element of extra) size += serialise(element).length
  return request === undefined ? size : size + serialise(request).length
}

/** The roster as it is with contacts that the user has of itself: what the user has stored of them keeps its name and groups. */
export function withShared(own: Roster, shared: readonly SharedContact[]): Roster {
  if (shared.length === 0) return own
  const items = new Map(own.items)
  for (const { jid, name, groups } of shared) {
    const stored = own.get(jid)
    const item = stored?.isListed === true ? stored : { ...newItem(jid), name, groups, isListed: true }
    items.set(jid.full, { ...item, state: { ...noSubscription, to: true, from: true }, request: undefined })
  }
  return new Roster(items, own.version, new Set(shared.map(({ jid }) => jid.full)))
}

/** A user's roster at one moment; a change makes a new one. */
export class Roster {
  /** By contact address. */
  readonly items: ReadonlyMap<string, RosterItem>
  /** The stored version, where versions are stored (`store_current_id`). */
  readonly version: string | undefined
  readonly #shared: ReadonlySet<string> | undefined
  #watchers: readonly Jid[] | undefined
  #bytes: number | undefined

  constructor(items: ReadonlyMap<string, RosterItem>, version: string | undefined, shared?: ReadonlySet<string>) {
    this.items = items
    this.version = version
    this.#shared = shared
  }

  /** Whether this is a contact that the user has of itself, whose subscriptions nobody changes. */
  isShared(contact: Jid): boolean {
    return this.#shared?.has(contact.bareString) === true
  }

  get(contact: Jid): RosterItem | undefined {
    return this.items.get(contact.full)
  }

  /** The state toward a contact: that of the full address, else of the bare one. */
  stateOf(contact: Jid): SubscriptionState {
    return (this.get(contact) ?? this.get(contact.bare))?.state ?? noSubscription
  }

  /** What privacy lists may ask about a contact; as {@link stateOf}. */
  contactOf(contact: Jid): {
    readonly subscription: 'none' | 'to' | 'from' | 'both'
    readonly groups: readonly string[]
  } {
    const item = this.get(contact) ?? this.get(contact.bare)
    return { subscription: subscriptionName(item?.state ?? noSubscription), groups: item?.groups ?? [] }
  }

  /** About what the roster takes in memory, and in a client's when it asks for it. */
  get bytes(): number {
    if (this.#bytes === undefined) {
      this.#bytes = 0
      for (const item of this.items.values()) this.#bytes += sizeOf(item)
    }
    return this.#bytes
  }

  /** Contacts that get the user's presence (`from`, `both`). */
  get watchers(): readonly Jid[] {
    this.#watchers ??= [...this.items.values()].filter((item) => item.state.from).map((item) => item.jid)
    return this.#watchers
  }

  /** Contacts whose presence the user gets (`to`, `both`). */
  get watched(): readonly Jid[] {
    return [...this.items.values()].filter((item) => item.state.to).map((item) => item.jid)
  }

  /** The items that a client is shown. */
  get listed(): readonly RosterItem[] {
    return [...this.items.values()].filter((item) => item.isListed)
  }

  with(item: RosterItem, version = this.version): Roster {
    return new Roster(new Map(this.items).set(item.jid.full, item), version)
  }

  without(contact: Jid, version = this.version): Roster {
    const items = new Map(this.items)
    items.delete(contact.full)
    return new Roster(items, version)
  }
}

/** The roster of somebody who has none. */
export const emptyRoster = new Roster(new Map(), undefined)
