import { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { Host } from '../../router/host.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import type { Roster } from '../roster/api.ts'
import type { Catalogue } from './catalogue.ts'
import type { PubsubNode } from './core/node.ts'
import { maxPayloadSize, type NodeConfig } from './core/node-config.ts'
import { type PluginName, plugins } from './core/plugin.ts'
import { nodeRequired, unsupported } from './core/pubsub-error.ts'
import type { Standing } from './core/rights.ts'
import type { Family } from './family.ts'
import type { Nodes } from './nodes.ts'
import type { Notifier } from './notifier.ts'
import type { Settings } from './settings.ts'
import type { PubsubStore } from './store.ts'
import { maxNodeName } from './tables.ts'
import { type Relation, standingOf, type World } from './world.ts'

/** What all requests are served with. */
export interface Engine {
  readonly host: Host
  readonly settings: Settings
  readonly store: PubsubStore
  readonly catalogue: Catalogue
  readonly nodes: Nodes
  readonly family: Family
  readonly world: World
  readonly notifier: Notifier
  readonly limitReached: LimitReached
  /** Throws while nothing can be stored. */
  mustAccept(): void
}

/** Where a request has come to: the service, or an account. */
export interface Place {
  readonly jid: Jid
  readonly isPersonal: boolean
  /** The hosted domain whose access rules apply. */
  readonly domain: string
  /** Whether the stricter profile applies. */
  readonly isLight: boolean
}

/** One request about pubsub. */
export interface Ask {
  readonly at: Place
  readonly from: Jid
  /** `<create/>`, `<publish/>`, … */
  readonly action: Element
  /** `<pubsub/>` around it. */
  readonly pubsub: Element
}

/** The place of an account. */
export function personalPlace(engine: Engine, account: Jid): Place {
  return { jid: account.bare, isPersonal: true, domain: account.domain, isLight: engine.settings.pep?.isLight === true }
}

/** The node that a request names. Throws `nodeid-required`. */
export function nodeNameOf({ action }: Ask): string {
  const name = action.attr('node')
  if (name === undefined || name === '') throw nodeRequired()
  return name
}

/** The node that a request names and that is there. Throws `nodeid-required`, `item-not-found`. */
export function nodeOf(engine: Engine, ask: Ask): Eventually<PubsubNode> {
  const name = nodeNameOf(ask)
  if (name.length > maxNodeName) throw new StanzaError('item-not-found')
  return afterwards(engine.nodes.get(ask.at.jid, name), existing)
}

/** Throws `item-not-found` for a node that is not there. */
export function existing(node: PubsubNode | undefined): PubsubNode {
  if (node === undefined) throw new StanzaError('item-not-found')
  return node
}

/** Throws `feature-not-implemented` for what nodes of a kind do not do. */
export function mustOffer(plugin: PluginName, feature: string): void {
  if (!plugins[plugin].features.has(feature)) throw unsupported(feature)
}

/** Throws `forbidden` for who does not own a node. */
export function mustOwn(node: PubsubNode, who: Jid): void {
  if (node.affiliationOf(who) !== 'owner') throw new StanzaError('forbidden')
}

/** Whose roster decides about a node: the account's, or the first owner's. */
export function rosterOwner(node: PubsubNode): Jid | undefined {
  if (node.isPersonal) return node.service
  const [owner] = node.owners
  return owner === undefined ? undefined : Jid.tryParse(owner)
}

/** That roster, where the owner has one here. */
export function rosterOfOwner({ world }: Engine, node: PubsubNode): Eventually<Roster | undefined> {
  const owner = rosterOwner(node)
  return owner === undefined ? undefined : world.rosterOf(owner)
}

/** How somebody stands to the owner of a node, as far as it matters. */
export function relationOf(engine: Engine, node: PubsubNode, who: Jid): Eventually<Relation> {
  return engine.world.relationTo(node, rosterOwner(node), who)
}

/** How somebody stands to a node and its owner. */
export function standing(engine: Engine, node: PubsubNode, who: Jid): Eventually<Standing> {
  return afterwards(relationOf(engine, node, who), (relation) => standingOf(node, who, relation))
}

/** Most items that a node of a place may be set up to keep. */
export function itemCap(settings: Settings, isPersonal: boolean): number {
  return isPersonal ? settings.maxItems.pep : settings.maxItems.service
}

/** Bytes that a payload may have. */
export function payloadLimit(config: NodeConfig): number {
  return Math.min(config.max_payload_size, maxPayloadSize)
}
