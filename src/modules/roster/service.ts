import { createHash } from 'node:crypto'
import { type SharedMemory, shareMemory } from '../../cluster/shared-memory.ts'
import type { Jid } from '../../jid/jid.ts'
import type { Counter } from '../../observe/metrics.ts'
import type { Host } from '../../router/host.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { Lru } from '../../util/lru.ts'
import { KeyedMailbox } from '../../util/mailbox.ts'
import { randomId } from '../../util/random-id.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import { contactMoved, rosterChanged, type SharedContact, type StoredItem, sharedContacts } from './api.ts'
import { itemElement, rosterNs } from './format.ts'
import { type Roster, type RosterItem, sizeOf, withShared } from './roster.ts'
import type { Rosters } from './store.ts'
import { noSubscription, type SubscriptionState } from './subscription.ts'

/** Rosters kept in memory beside those of the disk. */
const cachedRosters = 20_000

/** Items that are read at a time where all are looked at. */
const pageSize = 500

export interface RosterServiceOptions {
  readonly versioning: boolean
  /** Store a version that changes with every write, in place of one computed from the roster. */
  readonly storeVersion: boolean
  readonly maxItems: number
  /** Of names, groups and whatever else items carry. */
  readonly maxBytes: number
  readonly pushed: Counter
  /** Told when an account has as much as it may. */
  limitReached(account: Jid): void
}

/** What a change to a roster is to be; `undefined` leaves it as it is. */
export type Change = { readonly put: RosterItem } | { readonly remove: RosterItem } | undefined

/** Reads and changes rosters: changes of one account one after another, on disk before anybody is told. */
export class RosterService {
  readonly #host: Host
  readonly #store: Rosters
  readonly #options: RosterServiceOptions
  readonly #mailbox = new KeyedMailbox()
  readonly #cache = new Lru<string, Roster>(cachedRosters)
  readonly #shared: SharedMemory

  readonly #mergedOf = new WeakMap<Roster, { shared: readonly SharedContact[]; roster: Roster }>()

  constructor(host: Host, store: Rosters, options: RosterServiceOptions) {
    this.#host = host
    this.#store = store
    this.#options = options
    this.#shared = shareMemory(host.cluster, `roster.${host.type}`, {
      // What is being read may be old.
      forget: (key) => this.#mailbox.run(key, () => this.#cache.delete(key)),
      forgetWhere: (fits) => this.#cache.deleteWhere(fits),
    })
  }

  /** Other nodes need not tell it any more. */
  end(): void {
    this.#shared.end()
  }

  /** The roster with the contacts that the account has of itself. */
  load(account: Jid): Eventually<Roster> {
    const { hooks } = this.#host
    if (!hooks.has(sharedContacts)) return this.own(account)
    return afterwards(this.own(account), (own) =>
      afterwards(hooks.run(sharedContacts, { account }), (shared) => this.#merged(own, shared ?? [])),
    )
  }

  /** The roster as it is stored. */
  own(account: Jid): Eventually<Roster> {
    const cached = this.#cache.get(account.bareString)
    return cached ?? this.#mailbox.run(account.bareString, () => this.#read(account))
  }

  /**
   * Decides on a change with the roster in hand, writes it, then tells the user's sessions and, after `between`, the
   * modules that watch: a contact is to hear of a subscription before it hears of what follows from it.
   * Resolves when all of that is done. Throws StorageUnavailable while nothing can be stored, StanzaError `resource-constraint` for an item too many.
   */
  async change(
    account: Jid,
    decide: (roster: Roster) => Change,
    between?: () => Promise<void> | undefined,
  ): Promise<void> {
    this.#store.mustAccept()
    const done = await this.#mailbox.run(account.bareString, () =>
      afterwards(this.#read(account), (roster) => this.#apply(account, roster, decide(roster))),
    )
    const told = done === undefined ? undefined : this.#shared.changed(account.bareString)
    if (told !== undefined) await told
    const isShown = done !== undefined && (done.item.isListed || done.before?.isListed === true)
    const roster = await this.load(account)
    if (isShown) this.#push(account, roster, done.item)
    await between?.()
    if (done === undefined || roster.isShared(done.item.jid)) return
    const { before, item, isRemoved } = done
    const states = { before: before?.state ?? noSubscription, after: isRemoved ? noSubscription : item.state }
    const whose = { host: this.#host, account, contact: item.jid }
    if (!sameReach(states.before, states.after)) await this.#host.hooks.run(rosterChanged, { ...whose, ...states })
    else if (!sameGroups(before, item)) await this.#host.hooks.run(contactMoved, whose)
  }

  /** Every item that is stored of a domain, a page at a time. */
  async *all(domain: string): AsyncGenerator<StoredItem> {
    for (let last: StoredItem | undefined, isMore = true; isMore; ) {
      const page = await this.#store.page(domain, pageSize, last)
      yield* page
      last = page.at(-1)
      isMore = page.length === pageSize
    }
  }

  /** The version of a roster as clients know it, undefined when versions are off. */
  version(roster: Roster): string | undefined {
    if (!this.#options.versioning) return undefined
    return this.#options.storeVersion ? (roster.version ?? '0') : digest(roster)
  }

  async forget(account: Jid): Promise<void> {
    await this.#mailbox.run(account.bareString, async () => {
      await this.#store.forget(account)
      this.#cache.delete(account.bareString)
    })
    await this.#shared.changed(account.bareString)
  }

  async forgetDomain(domain: string): Promise<void> {
    await this.#store.forgetDomain(domain)
    this.#cache.deleteWhere((account) => account.endsWith(`@${domain}`))
    await this.#shared.changedDomain(domain)
  }

  /** Tells the sessions of an account of a contact that is there whatever they ask for. */
  async showAgain(account: Jid, item: RosterItem): Promise<void> {
    this.#push(account, await this.load(account), item)
  }

  /** Put together once, as long as neither side changes. */
  #merged(own: Roster, shared: readonly SharedContact[]): Roster {
    const known = this.#mergedOf.get(own)
    if (known?.shared === shared) return known.roster
    const roster = withShared(own, shared)
    this.#mergedOf.set(own, { shared, roster })
    return roster
  }

  #read(account: Jid): Eventually<Roster> {
    const key = account.bareString
    const cached = this.#cache.get(key)
    if (cached !== undefined) return cached
    return this.#store.load(account).then((roster) => {
      this.#cache.set(key, roster)
      return roster
    })
  }

  async #apply(account: Jid, roster: Roster, change: Change) {
    if (change === undefined) return undefined
    const isRemoved = 'remove' in change
    const item = isRemoved ? change.remove : change.put
    const before = roster.get(item.jid)
    if (!isRemoved) this.#checkLimits(account, roster, item)
    const version = this.#options.storeVersion ? randomId(9) : undefined
    if (isRemoved) await this.#store.remove(account, item.jid, version)
    else await this.#store.save(account, item, version)
    this.#cache.set(account.bareString, isRemoved ? roster.without(item.jid, version) : roster.with(item, version))
    return { before, item, isRemoved }
  }

  #checkLimits(account: Jid, roster: Roster, item: RosterItem): void {
    const before = roster.get(item.jid)
    if (before === undefined && roster.items.size >= this.#options.maxItems) {
      this.#options.limitReached(account)
      throw new StanzaError('resource-constraint', { text: 'The roster is full' })
    }
    const grows = sizeOf(item) - (before === undefined ? 0 : sizeOf(before))
    if (grows > 0 && roster.bytes + grows > this.#options.maxBytes) {
      this.#options.limitReached(account)
      throw new StanzaError('resource-constraint', { text: 'The roster is too large' })
    }
  }

  /** Tells every session of the account what has become of a contact (RFC 6121 §2.1.6). */
  #push(account: Jid, roster: Roster, { jid }: RosterItem): void {
    const sessions = this.#host.sessions.of(account)
    if (sessions.length === 0) return
    const item = roster.get(jid)
    const removal = { jid: jid.full, subscription: 'remove' }
    const child = item?.isListed === true ? itemElement(item) : el('item', rosterNs, removal)
    const ver = this.version(roster)
    this.#options.pushed.inc(sessions.length)
    for (const session of sessions) {
      const id = `push${randomId(6)}`
      const head = { type: 'set', id, from: account.bare, to: session.jid }
      session.post(Stanza.make('iq', head, el('query', rosterNs, { ver }, child)))
    }
  }
}

function sameGroups(before: RosterItem | undefined, after: RosterItem): boolean {
  return before?.groups === after.groups || before?.groups.join('\n') === after.groups.join('\n')
}

function sameReach(a: SubscriptionState, b: SubscriptionState): boolean {
  return a.from === b.from && a.to === b.to
}

function digest(roster: Roster): string {
  const lines = roster.listed.map((item) =>
    JSON.stringify([item.jid.full, item.name, [...item.groups].sort(), item.state, item.extra]),
  )
  return createHash('sha1').update(lines.sort().join('\n')).digest('base64url')
}
