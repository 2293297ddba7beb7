import type { Jid } from '../../jid/jid.ts'
import { formElement } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { type RsmRequest, readRsm, rsmElement } from '../../stanza/rsm.ts'
import type { Element } from '../../xml/element.ts'
import {
  type DiscoInfo,
  type DiscoItem,
  type DiscoItemsPage,
  type DiscoQuery,
  partOfItems,
  type ServiceDisco,
} from '../disco/api.ts'
import type { ListedNode } from './catalogue.ts'
import { PS } from './core/namespaces.ts'
import type { Item, PubsubNode } from './core/node.ts'
import { homeRoot, isFixed } from './core/node-path.ts'
import { genericFeatures, type PluginName, plugins } from './core/plugin.ts'
import { readingFault } from './core/rights.ts'
import { type Engine, standing } from './engine.ts'
import { longestAnswer, pageOfItems } from './item-pages.ts'

const featureOf = (name: string) => `${PS.pubsub}#${name}`

function featuresOf(names: readonly PluginName[]): string[] {
  return [...new Set(names.flatMap((name) => [...plugins[name].features]))].map(featureOf)
}

/** Features of the service, whatever the kinds of its nodes. */
export function serviceFeatures(engine: Engine): string[] {
  const names = engine.settings.service?.plugins ?? []
  return [PS.pubsub, ...new Set([...[...genericFeatures].map(featureOf), ...featuresOf(names)])]
}

/** What accounts announce. */
export function accountFeatures(): string[] {
  return [...new Set([...genericFeatures, ...plugins.pep.features])].map(featureOf)
}

/** The answer of an account itself, or of one of its nodes to who may read that. */
export async function accountInfo(engine: Engine, query: DiscoQuery): Promise<DiscoInfo | undefined> {
  if (query.node === '') {
    return { identities: [{ category: 'pubsub', type: 'pep' }], features: accountFeatures() }
  }
  const node = await engine.nodes.get(query.to.bare, query.node)
  if (node === undefined || !(await mayRead(engine, node, query.from))) return undefined
  return nodeInfo(node)
}

/** The nodes of an account that somebody may read. */
export async function accountItems(
  engine: Engine,
  { to, from, node: name, rsm }: DiscoQuery,
): Promise<readonly DiscoItem[] | DiscoItemsPage | undefined> {
  const account = to.bare
  if (name !== '') {
    const node = engine.settings.pep?.isLight === true ? undefined : await engine.nodes.get(account, name)
    return node === undefined || !(await mayRead(engine, node, from)) ? undefined : insideOf(engine, node, from, rsm)
  }
  const shown: DiscoItem[] = []
  for (const name of await engine.nodes.namesOf(account)) {
    const node = await engine.nodes.get(account, name)
    if (node !== undefined && (await mayRead(engine, node, from))) shown.push(shownNode(node))
  }
  return shown
}

/** How the service answers. */
export function serviceDisco(engine: Engine, service: Jid, contactForm: () => Element | undefined): ServiceDisco {
  const hasTree = engine.settings.service?.plugins.includes('hometree') === true
  return {
    info: async (name) => {
      if (name === '') return serviceInfo(engine, contactForm())
      if (hasTree && isFixed(name)) return collectionInfo('hometree')
      const node = await engine.nodes.get(service, name)
      return node && nodeInfo(node)
    },
    items: async (name, { from, payload }) => {
      const rsm = readRsm(payload)
      if (name === PS.commands) return [{ jid: service.full, node: PS.getPending, name: 'Get pending subscriptions' }]
      if (name === '') return partOfItems(await topItems(engine, service, hasTree), rsm)
      if (hasTree && isFixed(name))
        return partOfItems(listedItems(service, await engine.family.childrenOfPath(service, name)), rsm)
      const node = await engine.nodes.get(service, name)
      return node && insideOf(engine, node, from, rsm)
    },
  }
}

/** What is in a node: other nodes, and items for who may read them. */
async function insideOf(
  engine: Engine,
  node: PubsubNode,
  from: Jid,
  rsm: RsmRequest | undefined,
): Promise<readonly DiscoItem[] | DiscoItemsPage> {
  const children = listedItems(node.service, await engine.family.children(node))
  if (!(await mayRead(engine, node, from))) return partOfItems(children, rsm)
  if (children.length > 0) return partOfItems([...children, ...(await itemsOf(engine, node))], rsm)
  const isWhole = rsm === undefined && node.itemCount <= longestAnswer
  if (isWhole) return itemsOf(engine, node)
  const { items, where } = await pageOfItems(engine, node, { by: 'place', newestFirst: true }, rsm)
  return { items: items.map((item) => shownItem(node, item)), set: rsmElement(where) }
}

function serviceInfo(engine: Engine, form: Element | undefined): DiscoInfo {
  const names = engine.settings.service?.plugins ?? []
  const further = names
    .filter((name) => name === 'pep' || name === 'push')
    .map((type) => ({ category: 'pubsub', type }))
  return {
    identities: [{ category: 'pubsub', type: 'service', name: 'Publish-Subscribe' }, ...further],
    features: [NS.discoInfo, NS.discoItems, PS.commands, 'vcard-temp', PS.shim, PS.orderBy, ...serviceFeatures(engine)],
    forms: form === undefined ? [] : [form],
  }
}

function collectionInfo(type: PluginName): DiscoInfo {
  return {
    identities: [{ category: 'pubsub', type: 'collection' }],
    features: [PS.pubsub, ...featuresOf([type])],
  }
}

/** With meta-data (XEP-0060 §5.4). */
function nodeInfo(node: PubsubNode): DiscoInfo {
  const { config, type } = node
  const form = formElement({
    type: 'result',
    formType: PS.metaData,
    fields: [
      { var: 'pubsub#title', type: 'text-single', values: [config.title] },
      { var: 'pubsub#type', type: 'text-single', values: [config.type] },
      { var: 'pubsub#access_model', type: 'list-single', values: [config.access_model] },
      { var: 'pubsub#publish_model', type: 'list-single', values: [config.publish_model] },
      { var: 'pubsub#max_items', type: 'text-single', values: [String(config.max_items)] },
      { var: 'pubsub#num_subscribers', type: 'text-single', values: [String(node.subscriptions.size)] },
    ],
  })
  return {
    identities: [{ category: 'pubsub', type: config.node_type, name: config.title === '' ? undefined : config.title }],
    features: [PS.pubsub, ...featuresOf([type])],
    forms: [form],
  }
}

async function topItems(engine: Engine, service: Jid, hasTree: boolean): Promise<DiscoItem[]> {
  const items = listedItems(service, await engine.family.top(service))
  return hasTree ? [{ jid: service.full, node: homeRoot }, ...items] : items
}

function listedItems(service: Jid, nodes: readonly ListedNode[]): DiscoItem[] {
  return nodes.map(({ name, title }) => ({ jid: service.full, node: name, name: title === '' ? undefined : title }))
}

function shownNode({ service, name, config }: PubsubNode): DiscoItem {
  return { jid: service.full, node: name, name: config.title === '' ? undefined : config.title }
}

async function itemsOf({ catalogue }: Engine, node: PubsubNode): Promise<DiscoItem[]> {
  const items = await catalogue.items(node.id, { by: 'place', newestFirst: true, max: longestAnswer })
  return items.map((item) => shownItem(node, item))
}

function shownItem({ service }: PubsubNode, { id }: Item): DiscoItem {
  return { jid: service.full, name: id }
}

/** Whether somebody may read a node. */
export async function mayRead(engine: Engine, node: PubsubNode, who: Jid): Promise<boolean> {
  return readingFault(node.config, await standing(engine, node, who)) === undefined
}
