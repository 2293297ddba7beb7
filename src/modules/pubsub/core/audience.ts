import type { Jid } from '../../../jid/jid.ts'
import type { PubsubNode, Subscription } from './node.ts'
import type { NoticeKind } from './notice.ts'

/** Who is there, as far as it is known here; who is elsewhere counts as present. */
export interface Presences {
  isAvailable(jid: Jid): boolean
  /** The `show` values of the clients at an address (`online` for none). */
  showsOf(jid: Jid): readonly string[]
}

/** Somebody who is to be told, once, and by which subscriptions. */
export interface Recipient {
  readonly jid: Jid
  readonly subids: readonly string[]
  /** The node subscribed to, where that is not the one that tells. */
  readonly collection: string | undefined
}

/** A collection above a node, and how far. */
export interface Ancestor {
  readonly node: PubsubNode
  readonly depth: number
}

/** What is told, and what decides who hears of it. */
export interface Telling {
  readonly node: PubsubNode
  readonly ancestors: readonly Ancestor[]
  readonly kind: NoticeKind
  readonly now: number
  readonly presences: Presences
}

/** When all subscribers are treated alike, nothing has to be made for each of them. */
export function plainAudience({ node, ancestors }: Telling): readonly Jid[] | undefined {
  return ancestors.length === 0 && !node.config.presence_based_delivery ? node.plainSubscribers : undefined
}

/** Who is told by a subscription to the node or to a collection above it: each address once (XEP-0060 §7.1.2.2, XEP-0248 §5). */
export function audienceOf(telling: Telling): Recipient[] {
  const found = new Map<string, Recipient>()
  const add = (node: PubsubNode, subscription: Subscription) => {
    const { jid, subid } = subscription
    const before = found.get(jid.full)
    const collection = node === telling.node ? undefined : node.name
    if (before === undefined) found.set(jid.full, { jid, subids: [subid], collection })
    else found.set(jid.full, { jid, subids: [...before.subids, subid], collection: before.collection ?? collection })
  }
  for (const subscription of telling.node.subscriptions.values())
    if (hears(subscription, 0, telling)) add(telling.node, subscription)
  for (const { node, depth } of telling.ancestors) {
    for (const subscription of node.subscriptions.values())
      if (hears(subscription, depth, telling)) add(node, subscription)
  }
  return [...found.values()]
}

/** Whether a subscriber is told of something. `depth`: how far above the node it is about is what they subscribed to. */
export function hears({ jid, state, options }: Subscription, depth: number, telling: Telling): boolean {
  if (state !== 'subscribed' || options.deliver === false) return false
  if (options.expire !== undefined && options.expire <= telling.now) return false
  if (options.subscription_type !== undefined && options.subscription_type !== telling.kind) return false
  if (depth > 1 && options.subscription_depth !== 'all' && options.subscription_depth !== undefined) return false
  const shows = options['show-values']
  if (shows !== undefined && !telling.presences.showsOf(jid).some((show) => shows.includes(show))) return false
  return !telling.node.config.presence_based_delivery || telling.presences.isAvailable(jid)
}

/** Recipients without those whose account has a client among them that is told by itself. */
export function withoutCovered(recipients: readonly Recipient[], clients: readonly Jid[]): Recipient[] {
  const accounts = new Set<string>()
  const told = new Set<string>()
  for (const client of clients) {
    accounts.add(client.bareString)
    told.add(client.full)
  }
  return recipients.filter(({ jid }) => !told.has(jid.full) && !(jid.isBare && accounts.has(jid.full)))
}
