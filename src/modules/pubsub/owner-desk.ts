import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { PS } from './core/namespaces.ts'
import { type Affiliation, affiliationNames, type PubsubNode, type Subscription } from './core/node.ts'
import { subscriptionElement } from './core/notice.ts'
import { type Ask, type Engine, existing, mustOffer, mustOwn, nodeOf, rosterOfOwner } from './engine.ts'
import { endSubscriptions, tellEnded, withoutAccess } from './revocation.ts'
import { isStorable } from './store.ts'

/** Changes of one request. */
const maxChanges = 1000
/** Affiliations of one node. */
const maxAffiliations = 10_000

interface SubscriptionChange {
  readonly jid: Jid
  readonly state: Subscription['state'] | 'none'
  readonly subid: string | undefined
}

/** Who is subscribed and who may do what, as owners see and change it (XEP-0060 §8.8, §8.9). */
export class OwnerDesk {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async subscriptions(ask: Ask): Promise<Element> {
    const node = await this.#owned(ask, 'manage-subscriptions')
    const shown = [...node.subscriptions.values()].filter(({ state }) => state === 'subscribed')
    const rows = shown.map(({ jid, subid, state }) =>
      el('subscription', PS.owner, { jid: jid.full, subid, subscription: state }),
    )
    return el('pubsub', PS.owner, el('subscriptions', PS.owner, { node: node.name }, rows))
  }

  async affiliations(ask: Ask): Promise<Element> {
    return affiliationsElement(await this.#owned(ask, 'modify-affiliations'))
  }

  async setSubscriptions(ask: Ask): Promise<void> {
    const found = await this.#owned(ask, 'manage-subscriptions')
    const rows = ask.action.childrenNamed('subscription')
    const changes = rows.map(changeIn)
    if (rows.length > maxChanges) throw new StanzaError('policy-violation')
    this.#engine.mustAccept()
    const told: SubscriptionChange[] = []
    const node = await this.#engine.nodes.run(ask.at.jid, found.name, async (there) => {
      const node = existing(there)
      mustOwn(node, ask.from)
      for (const change of changes) if (change !== undefined && (await this.#apply(node, change))) told.push(change)
      return node
    })
    for (const { jid, state } of told) this.#tell(node, jid, state)
    if (told.length < changes.length) throw new StanzaError('not-acceptable')
  }

  /** False for what cannot be. */
  async #apply(node: PubsubNode, { jid, state, subid }: SubscriptionChange): Promise<boolean> {
    const { store } = this.#engine
    const before = node.subscriptionOf(jid)
    if (subid !== undefined && before?.subid !== subid) return false
    if (state === 'none') {
      if (before !== undefined) await store.unsubscribe(node.id, [before.subid])
      node.unsubscribe(jid)
      return true
    }
    if (before === undefined && !this.#hasRoom(node)) return false
    const subscription: Subscription = {
      subid: before?.subid ?? randomId(12),
      jid,
      state,
      options: before?.options ?? {},
    }
    await store.subscribe(node.id, subscription)
    node.subscribe(subscription)
    return true
  }

  /** What owners add counts as what subscribers do. */
  #hasRoom(node: PubsubNode): boolean {
    if (node.subscriptions.size < this.#engine.settings.maxSubscriptions) return true
    this.#engine.limitReached('pubsub_subscriptions', { jid: node.service.full, node: node.name })
    return false
  }

  #tell(node: PubsubNode, jid: Jid, state: SubscriptionChange['state']): void {
    const content = subscriptionElement(PS.pubsub, node.name, jid, { state })
    this.#engine.notifier.post(Stanza.make('message', { from: node.service }, el('pubsub', PS.pubsub, content)), jid)
  }

  async setAffiliations(ask: Ask): Promise<void> {
    const found = await this.#owned(ask, 'modify-affiliations')
    const rows = ask.action.childrenNamed('affiliation')
    if (rows.length > maxChanges) throw new StanzaError('policy-violation')
    const changes = new Map<Jid, Affiliation>(rows.map(affiliationIn))
    this.#engine.mustAccept()
    const roster = await rosterOfOwner(this.#engine, found)
    const ended = await this.#engine.nodes.run(ask.at.jid, found.name, async (there) => {
      const node = existing(there)
      mustOwn(node, ask.from)
      mustKeepOwner(node, changes)
      this.#mustHaveRoom(node, changes)
      await this.#engine.store.affiliate(node.id, changes)
      for (const [jid, affiliation] of changes) node.affiliate(jid, affiliation)
      const ended = [...changes.keys()].flatMap((jid) => withoutAccess(node, roster, jid))
      await endSubscriptions(this.#engine, node, ended)
      return ended
    })
    tellEnded(this.#engine, found, ended)
  }

  #mustHaveRoom(node: PubsubNode, changes: ReadonlyMap<Jid, Affiliation>): void {
    const added = [...changes].filter(([jid, to]) => to !== 'none' && !node.affiliations.has(jid.full))
    if (added.length === 0 || node.affiliations.size + added.length <= maxAffiliations) return
    this.#engine.limitReached('pubsub_affiliations', { jid: node.service.full, node: node.name })
    throw new StanzaError('resource-constraint')
  }

  async #owned(ask: Ask, feature: string): Promise<PubsubNode> {
    const node = await nodeOf(this.#engine, ask)
    mustOffer(node.type, feature)
    mustOwn(node, ask.from)
    return node
  }
}

function affiliationsElement(node: PubsubNode): Element {
  const rows = [...node.affiliations].map(([jid, affiliation]) => el('affiliation', PS.owner, { jid, affiliation }))
  return el('pubsub', PS.owner, el('affiliations', PS.owner, { node: node.name }, rows))
}

/** A change of a subscription as it is asked for; undefined for what is none. */
function changeIn(row: Element): SubscriptionChange | undefined {
  const jid = Jid.tryParse(row.attr('jid') ?? '')
  const state = row.attr('subscription')
  if (jid === undefined || !isStorable(jid) || (state !== 'subscribed' && state !== 'pending' && state !== 'none'))
    return undefined
  return { jid, state, subid: row.attr('subid') }
}

function affiliationIn(row: Element): [Jid, Affiliation] {
  const jid = Jid.tryParse(row.attr('jid') ?? '')
  const affiliation = affiliationNames.find((name) => name === row.attr('affiliation'))
  if (jid === undefined || affiliation === undefined || !isStorable(jid)) throw new StanzaError('bad-request')
  return [jid.bare, affiliation]
}

/** Throws `not-acceptable`, with the present owners, for a change that would leave none (XEP-0060 §8.9.2). */
function mustKeepOwner(node: PubsubNode, changes: ReadonlyMap<Jid, Affiliation>): void {
  const after = new Set(node.owners)
  for (const [jid, affiliation] of changes) {
    if (affiliation === 'owner') after.add(jid.full)
    else after.delete(jid.full)
  }
  const isLeft = node.isPersonal ? after.has(node.service.full) : after.size > 0
  if (isLeft) return
  const rows = node.owners.map((jid) => el('affiliation', PS.owner, { jid, affiliation: 'owner' }))
  const app = el('affiliations', PS.owner, { node: node.name }, rows)
  throw new StanzaError('not-acceptable', { app })
}
