import type { Jid } from '../../jid/jid.ts'
import { formElement } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import type { DiscoInfo, DiscoItem, DiscoQuery, ServiceDisco } from '../disco/api.ts'
import type { ListedNode } from './catalogue.ts'
import { PS } from './core/namespaces.ts'
import type { PubsubNode } from './core/node.ts'
import { homeRoot, isFixed } from './core/node-path.ts'
import { genericFeatures, type PluginName, plugins } from './core/plugin.ts'
import { readingFault } from './core/rights.ts'
import { type Engine, standing } from './engine.ts'

const featureOf = (name: string) => `${PS.pubsub}#${name}`

function featuresOf(names: readonly PluginName[]): string[] {
  return [...new Set(names.flatMap((name) => [...plugins[name].features]))].map(featureOf)
}

/** Features of the service, whatever the kinds of its nodes. */
export function serviceFeatures(engine: Engine): string[] {
  const names = engine.settings.service?.plugins ?? []
  return [PS.pubsub, ...new Set([...[...genericFeatures].map(featureOf), ...featuresOf(names)])]
}

/** What accounts announce. Without capabilities of clients nothing is filtered by them. */
export function accountFeatures(hasCaps: boolean): string[] {
  return [...new Set([...genericFeatures, ...plugins.pep.features])]
    .filter((name) => hasCaps || name !== 'filtered-notifications')
    .map(featureOf)
}

/** The answer of an account itself, or of one of its nodes, to who is trusted to ask it. */
export async function accountInfo(engine: Engine, query: DiscoQuery, hasCaps: boolean): Promise<DiscoInfo | undefined> {
  if (query.node === '') {
    return { identities: [{ category: 'pubsub', type: 'pep' }], features: accountFeatures(hasCaps) }
  }
  const node = await engine.nodes.get(query.to.bare, query.node)
  if (node === undefined || !(await mayRead(engine, node, query.from))) return undefined
  return nodeInfo(node)
}

/** The nodes of an account that somebody may read. */
export async function accountItems(
  engine: Engine,
  { to, from, node: name }: DiscoQuery,
): Promise<DiscoItem[] | undefined> {
  const account = to.bare
  if (name !== '') {
    const node = engine.settings.pep?.isLight === true ? undefined : await engine.nodes.get(account, name)
    return node === undefined || !(await mayRead(engine, node, from)) ? undefined : itemsOf(engine, node)
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
    items: async (name, { from }) => {
      if (name === PS.commands) return [{ jid: service.full, node: PS.getPending, name: 'Get pending subscriptions' }]
      if (name === '') return topItems(engine, service, hasTree)
      if (hasTree && isFixed(name)) return listedItems(service, await engine.family.childrenOfPath(service, name))
      const node = await engine.nodes.get(service, name)
      if (node === undefined) return undefined
      const children = listedItems(service, await engine.family.children(node))
      return (await mayRead(engine, node, from)) ? [...children, ...(await itemsOf(engine, node))] : children
    },
  }
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
  const items = await catalogue.items(node.id, { by: 'place', newestFirst: true, max: 1000 })
  return items.map(({ id }) => ({ jid: node.service.full, name: id }))
}

/** Whether somebody may read a node. */
export async function mayRead(engine: Engine, node: PubsubNode, who: Jid): Promise<boolean> {
  return readingFault(node.config, await standing(engine, node, who)) === undefined
}
