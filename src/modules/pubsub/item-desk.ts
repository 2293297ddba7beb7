import { NS } from '../../stanza/namespaces.ts'
import { type RsmRequest, readRsm, rsmElement } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { PS } from './core/namespaces.ts'
import type { Item, PubsubNode } from './core/node.ts'
import { itemElement } from './core/notice.ts'
import { readingFault } from './core/rights.ts'
import { type Ask, type Engine, mustOffer, nodeOf, standing } from './engine.ts'
import { edgesOf, type ItemOrder, longestAnswer, pageOfItems } from './item-pages.ts'

/** Gives items to who may have them (XEP-0060 §6.5). */
export class ItemDesk {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async items(ask: Ask): Promise<Element> {
    const { action, pubsub, at, from } = ask
    const wanted = wantedIn(action, at.isLight)
    const rsm = readRsm(pubsub) ?? readRsm(action)
    const node = await nodeOf(this.#engine, ask)
    mustOffer(node.type, 'retrieve-items')
    const fault = readingFault(node.config, await standing(this.#engine, node, from))
    if (fault !== undefined) throw fault
    const newestFirst = !at.isLight
    const by = orderIn(pubsub)
    if (wanted.ids.length > 0) return this.#answer(node, await this.#byId(node, wanted.ids))
    if (rsm !== undefined) return this.#page(node, { by, newestFirst }, rsm)
    const items = await this.#newest(node, wanted.max, { by, newestFirst })
    const isPartial = wanted.max === undefined && items.length < node.itemCount
    return this.#answer(node, items, isPartial ? { ...edgesOf(items), count: node.itemCount } : undefined)
  }

  async #byId(node: PubsubNode, ids: readonly string[]): Promise<Item[]> {
    const found = new Map((await this.#engine.store.itemsOf(node.id, ids)).map((item) => [item.id, item]))
    return [...new Set(ids)].flatMap((id) => found.get(id) ?? [])
  }

  /** The newest items, in the order of the profile. */
  async #newest(node: PubsubNode, max: number | undefined, order: ItemOrder): Promise<Item[]> {
    const { settings, catalogue } = this.#engine
    const usual = node.isPersonal && settings.pep?.isLight === true ? longestAnswer : settings.maxItems.service
    const size = Math.min(max ?? usual, longestAnswer)
    if (node.itemCount === 0) return node.last === undefined || size === 0 ? [] : [node.last]
    const items = await catalogue.items(node.id, { by: order.by, newestFirst: true, max: size })
    return order.newestFirst ? items : items.reverse()
  }

  async #page(node: PubsubNode, order: ItemOrder, rsm: RsmRequest): Promise<Element> {
    const { items, where } = await pageOfItems(this.#engine, node, order, rsm)
    return this.#answer(node, items, where)
  }

  #answer(node: PubsubNode, items: readonly Item[], set?: Parameters<typeof rsmElement>[0]): Element {
    const look = { withPublisher: this.#engine.settings.showsPublisher }
    const shown = items.map((item) => itemElement(PS.pubsub, item, look))
    const list = el('items', PS.pubsub, { node: node.name }, shown)
    return el('pubsub', PS.pubsub, list, set === undefined ? undefined : rsmElement(set))
  }
}

/** XEP-0413: by when items were published last, unless asked for by when first. */
function orderIn(pubsub: Element): 'place' | 'born' {
  const field = pubsub.child('order', PS.orderBy)?.attr('field')
  if (field === undefined || field === 'modification') return 'place'
  if (field === 'creation') return 'born'
  throw new StanzaError('feature-not-implemented')
}

function wantedIn(action: Element, isStrict: boolean): { ids: string[]; max: number | undefined } {
  const named = action.elements().filter((child) => child.ns !== NS.rsm)
  const ids = named.flatMap((child) => (child.is('item', PS.pubsub) ? (child.attr('id') ?? []) : []))
  const text = action.attr('max_items')
  if (text === undefined) return { ids, max: undefined }
  if (!/^\d{1,9}$/.test(text)) throw new StanzaError('bad-request')
  if (isStrict && (Number(text) === 0 || ids.length > 0)) throw new StanzaError('bad-request')
  return { ids, max: Number(text) }
}
