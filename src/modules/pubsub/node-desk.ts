import type { Jid } from '../../jid/jid.ts'
import { type DataForm, formElement, readForm } from '../../stanza/data-form.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { PS } from './core/namespaces.ts'
import { PubsubNode } from './core/node.ts'
import { changedConfig, configFields, hasSameAccess, itemLimit, type NodeConfig } from './core/node-config.ts'
import { homeOf, isFixed, isInHome, parentPath } from './core/node-path.ts'
import { formIn, itemsElement, retractions } from './core/notice.ts'
import type { PluginName } from './core/plugin.ts'
import { pubsubError, unsupported } from './core/pubsub-error.ts'
import {
  type Ask,
  type Engine,
  existing,
  itemCap,
  mustOffer,
  mustOwn,
  nodeNameOf,
  nodeOf,
  type Place,
  rosterOfOwner,
} from './engine.ts'
import { endSubscriptions, tellEnded, withoutAccess } from './revocation.ts'
import { defaultConfig } from './settings.ts'
import { maxNodeName } from './tables.ts'

/** What a node is to be. */
export interface NodePlan {
  readonly at: Place
  readonly from: Ask['from']
  readonly name: string
  readonly plugin: PluginName
  readonly form: DataForm | undefined
}

/** Makes, configures and deletes nodes (XEP-0060 §8.1 to §8.4). */
export class NodeDesk {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async create(ask: Ask): Promise<Element | undefined> {
    const { at, from, action, pubsub } = ask
    const plugin = this.#pluginFor(ask)
    const x = formIn(pubsub.child('configure'))
    const form = x === undefined ? undefined : submittedForm(x, PS.nodeConfig)
    const given = action.attr('node') ?? ''
    if (given === '' && (at.isPersonal || plugin === 'push')) throw pubsubError('not-acceptable', 'nodeid-required')
    const instant = plugin === 'hometree' ? `${homeOf(from)}/${randomId(12)}` : randomId(12)
    const node = await this.make({ at, from, name: given === '' ? instant : given, plugin, form })
    if (at.isLight) return undefined
    return el('pubsub', PS.pubsub, el('create', PS.pubsub, { node: node.name }))
  }

  #pluginFor({ at, action }: Ask): PluginName {
    const named = action.attr('type')
    const enabled = pluginsAt(this.#engine, at)
    if (named === undefined) return usualPlugin(this.#engine, at, action.attr('node') ?? '')
    const plugin = enabled.find((name) => name === named)
    if (plugin === undefined) throw unsupported('create-nodes')
    return plugin
  }

  /** Makes a node. Throws `forbidden` for who may not, `conflict` where there is one. */
  async make({ at, from, name, plugin, form }: NodePlan): Promise<PubsubNode> {
    const { settings, nodes, store, family, notifier, catalogue } = this.#engine
    const isPersonal = at.isPersonal
    if (name.length > maxNodeName) throw new StanzaError('not-acceptable')
    await this.#mustBeAllowed({ at, from, name, plugin })
    const defaults = defaultConfig(settings, { plugin, isPersonal, name })
    const config = form === undefined ? defaults : this.#changed(at, defaults, form)
    this.#engine.mustAccept()
    const parents = await family.parents(at.jid, config, { owner: from, self: name })
    const owner = isPersonal ? at.jid : from.bare
    const node = new PubsubNode({
      id: randomId(15),
      service: at.jid,
      name,
      type: plugin,
      config,
      affiliations: new Map([[owner.full, 'owner']]),
      subscriptions: [],
      itemCount: 0,
      last: undefined,
    })
    await nodes.run(at.jid, name, async (there) => {
      if (there !== undefined) throw new StanzaError('conflict')
      await store.create(node, parents)
      nodes.created(node)
    })
    catalogue.configured()
    for (const parent of parents) {
      const ancestors = await family.ancestors(parent)
      const content = [el('create', PS.event, { node: name })]
      void notifier.tell({ node: parent, ancestors, kind: 'nodes', content })
    }
    return node
  }

  async #mustBeAllowed({ at, from, name, plugin }: Omit<NodePlan, 'form'>): Promise<void> {
    const { settings, host, catalogue, nodes } = this.#engine
    if (at.isPersonal) {
      if (from.bareString !== at.jid.full) throw new StanzaError('forbidden')
      this.#checkNumber((await nodes.namesOf(at.jid)).length, settings.maxNodes.pep, from)
      return
    }
    const rule = settings.service?.createRule ?? 'none'
    if (!host.access.allows(rule, from, at.domain)) throw new StanzaError('forbidden')
    if (plugin === 'hometree') await this.#mustBeAtHome(at, from, name)
    const owned = (await catalogue.affiliationsOf(from, at.jid)).filter(({ affiliation }) => affiliation === 'owner')
    this.#checkNumber(owned.length, settings.maxNodes.service, from)
  }

  #checkNumber(nodes: number, most: number, owner: Jid): void {
    if (nodes < most) return
    this.#engine.limitReached('pubsub_nodes', { jid: owner.bareString })
    throw new StanzaError('resource-constraint')
  }

  /** Paths begin at one's home; what is above is there, and one's own. */
  async #mustBeAtHome(at: Place, from: Ask['from'], name: string): Promise<void> {
    const home = homeOf(from)
    if (!isInHome(name, home)) throw new StanzaError('forbidden')
    const path = parentPath(name)
    if (path === undefined || isFixed(path)) return
    const parent = await this.#engine.nodes.get(at.jid, path)
    if (parent?.affiliationOf(from) !== 'owner') throw new StanzaError('forbidden')
  }

  #changed(at: Place, config: NodeConfig, form: DataForm): NodeConfig {
    const maxItems = itemCap(this.#engine.settings, at.isPersonal)
    return changedConfig(config, form, { maxItems, isStrict: at.isLight })
  }

  async default({ at }: Ask): Promise<Element> {
    const { settings } = this.#engine
    const plugin = usualPlugin(this.#engine, at, '')
    const config = defaultConfig(settings, { plugin, isPersonal: at.isPersonal, name: '' })
    return el('pubsub', PS.owner, el('default', PS.owner, configForm('form', config)))
  }

  async configuration(ask: Ask): Promise<Element> {
    const node = await nodeOf(this.#engine, ask)
    mustOwn(node, ask.from)
    const roster = await this.#engine.world.rosterOf(ask.from)
    const groups = [...new Set(roster?.listed.flatMap((item) => item.groups))].sort()
    const form = configForm('form', node.config, groups)
    return el('pubsub', PS.owner, el('configure', PS.owner, { node: node.name }, form))
  }

  async configure(ask: Ask): Promise<void> {
    const { nodes, store, family, notifier, catalogue } = this.#engine
    const { at, from, action } = ask
    const found = await nodeOf(this.#engine, ask)
    mustOwn(found, from)
    const x = formIn(action)
    if (x !== undefined && readForm(x).type === 'cancel') return
    const form = submittedForm(x, PS.nodeConfig)
    this.#engine.mustAccept()
    const config = this.#changed(at, found.config, form)
    const parents = await family.parents(at.jid, config, { owner: from, self: found.name })
    const roster = await rosterOfOwner(this.#engine, found)
    const { node, gone, ended } = await nodes.run(at.jid, found.name, async (there) => {
      const node = existing(there)
      mustOwn(node, from)
      const before = node.config
      const changed = this.#changed(at, before, form)
      await store.configure(node, changed, parents)
      node.config = changed
      catalogue.configured()
      const ended = hasSameAccess(before, changed) ? [] : withoutAccess(node, roster)
      await endSubscriptions(this.#engine, node, ended)
      return { node, gone: await this.#shrink(node), ended }
    })
    tellEnded(this.#engine, node, ended)
    const ancestors = await family.ancestors(node)
    if (node.config.notify_config) {
      const shown = node.config.deliver_payloads ? configForm('result', node.config) : undefined
      const content = [el('configuration', PS.event, { node: node.name }, shown)]
      void notifier.tell({ node, ancestors, kind: 'nodes', content })
    }
    if (gone.length > 0 && node.config.notify_retract)
      void notifier.tell({ node, ancestors, kind: 'items', content: [itemsElement(node, retractions(gone))] })
  }

  /** Drops what is beyond the limit, within the job of a node. */
  async #shrink(node: PubsubNode): Promise<string[]> {
    const { store, settings } = this.#engine
    const limit = itemLimit(node.config, itemCap(settings, node.isPersonal))
    if (node.itemCount <= limit) return []
    const ids = await store.surplus(node.id, limit, '')
    await store.drop(node.id, ids)
    node.itemCount -= ids.length
    if (node.itemCount === 0) node.last = undefined
    return ids
  }

  async delete(ask: Ask): Promise<void> {
    if (ask.action.attr('node') === '') throw new StanzaError('not-allowed')
    const node = await nodeOf(this.#engine, ask)
    mustOffer(node.type, 'delete-nodes')
    mustOwn(node, ask.from)
    this.#engine.mustAccept()
    const below = node.type === 'hometree' ? await this.#engine.family.descendants(node) : []
    for (const name of [...below.reverse(), node.name]) await this.remove(ask.at, name)
  }

  /** Deletes one node and tells of it. Those that were in it are in nothing then. */
  async remove(at: Place, name: string): Promise<void> {
    const { nodes, store, family, notifier } = this.#engine
    const before = await nodes.get(at.jid, name)
    const ancestors = before === undefined ? [] : await family.ancestors(before)
    const children = before?.config.node_type === 'collection' ? await family.children(before) : []
    const node = await nodes.run(at.jid, name, async (there) => {
      if (there === undefined) return undefined
      await store.remove([there.id])
      nodes.removed(at.jid, name)
      return there
    })
    if (node === undefined) return
    for (const child of children) await this.#orphan(at, child.name, name)
    if (node.config.notify_delete || at.isLight)
      void notifier.tell({ node, ancestors, kind: 'nodes', content: [el('delete', PS.event, { node: name })] })
  }

  async #orphan(at: Place, name: string, parent: string): Promise<void> {
    const { nodes, store } = this.#engine
    const found = await nodes.get(at.jid, name)
    if (found === undefined) return
    const collection = found.config.collection.filter((other) => other !== parent)
    const parents: PubsubNode[] = []
    for (const other of collection) {
      const node = await nodes.get(at.jid, other)
      if (node !== undefined) parents.push(node)
    }
    await nodes.run(at.jid, name, async (node) => {
      if (node === undefined) return
      const config = { ...node.config, collection }
      await store.configure(node, config, parents)
      node.config = config
    })
  }

  async purge(ask: Ask): Promise<void> {
    const { nodes, store, family, notifier } = this.#engine
    const found = await nodeOf(this.#engine, ask)
    mustOffer(found.type, 'purge-nodes')
    mustOwn(found, ask.from)
    if (!found.config.persist_items) throw unsupported('persistent-items')
    this.#engine.mustAccept()
    const node = await nodes.run(ask.at.jid, nodeNameOf(ask), async (there) => {
      const node = existing(there)
      await store.purge(node.id)
      node.itemCount = 0
      node.last = undefined
      return node
    })
    if (!node.config.notify_retract) return
    const content = [el('purge', PS.event, { node: node.name })]
    void notifier.tell({ node, ancestors: await family.ancestors(node), kind: 'nodes', content })
  }
}

/** The kinds of nodes that there are at a place. */
export function pluginsAt({ settings }: Engine, at: Place): readonly PluginName[] {
  if (at.isPersonal) return settings.pep?.isLight === true ? ['pep'] : (settings.pep?.plugins ?? [])
  return settings.service?.plugins ?? []
}

/** The kind of a node for which none is named. */
export function usualPlugin({ settings }: Engine, at: Place, name: string): PluginName {
  if (at.isPersonal) return settings.pep?.mapping.get(name) ?? 'pep'
  const [first = 'flat'] = settings.service?.plugins ?? []
  return first
}

/** A form that was filled in for a purpose. Throws `bad-request` for what is none, or says nothing of its purpose. */
export function submittedForm(x: Element | undefined, formType: string): DataForm {
  const form = readForm(x)
  if (form.type !== 'submit' || form.formType !== formType) throw new StanzaError('bad-request')
  return form
}

function configForm(type: 'form' | 'result', config: NodeConfig, groups: readonly string[] = []): Element {
  return formElement({ type, formType: PS.nodeConfig, fields: configFields(config, groups) })
}
