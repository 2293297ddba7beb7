import type { Jid } from '../../jid/jid.ts'
import { readForm } from '../../stanza/data-form.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import type { Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, fromWire, type Wire } from '../../xml/wire.ts'
import type { Ancestor } from './core/audience.ts'
import { PS } from './core/namespaces.ts'
import type { Item, PubsubNode } from './core/node.ts'
import { itemLimit, meets, type NodeConfig } from './core/node-config.ts'
import { bareItem, formIn, itemsElement, retractions } from './core/notice.ts'
import { pubsubError } from './core/pubsub-error.ts'
import { mayPublish, mayRetract } from './core/rights.ts'
import {
  type Ask,
  type Engine,
  existing,
  itemCap,
  mustOffer,
  nodeNameOf,
  nodeOf,
  type Place,
  payloadLimit,
  relationOf,
} from './engine.ts'
import { writeItem } from './item-writer.ts'
import { type NodeDesk, submittedForm, usualPlugin } from './node-desk.ts'
import { publishPush } from './push-desk.ts'
import { maxItemId } from './tables.ts'
import { type Relation, standingOf } from './world.ts'

/** What is to be published. */
export interface Publication {
  readonly at: Place
  readonly from: Jid
  readonly name: string
  /** Undefined for an id of the server's. */
  readonly id: string | undefined
  readonly payload: Element | undefined
  /** `<x/>` of `<publish-options/>`. */
  readonly options: Element | undefined
  /** Nobody is told. */
  readonly isSilent?: boolean
}

/** What has become of it. */
export interface Published {
  readonly node: PubsubNode
  readonly item: Item
  /** Ids of items that had to go. */
  readonly gone: readonly string[]
}

/** Publishes and retracts (XEP-0060 §7). */
export class PublishDesk {
  readonly #engine: Engine
  readonly #nodeDesk: NodeDesk

  constructor(engine: Engine, nodeDesk: NodeDesk) {
    this.#engine = engine
    this.#nodeDesk = nodeDesk
  }

  async publish(ask: Ask): Promise<{ readonly answer: Element; readonly published: Published }> {
    const published = await this.put(publicationIn(ask))
    const { node, item } = published
    const answer = el(
      'pubsub',
      PS.pubsub,
      el('publish', PS.pubsub, { node: node.name }, el('item', PS.pubsub, { id: item.id })),
    )
    return { answer, published }
  }

  /** Publishes, and tells who is to hear of it once it is on disk. */
  async put(publication: Publication): Promise<Published> {
    const { at, from, name, payload } = publication
    const { nodes, family, settings } = this.#engine
    const found = (await nodes.get(at.jid, name)) ?? (await this.#made(publication))
    if (found.type === 'push') return this.#push(found, publication)
    const text = payload === undefined ? asWire('') : serialise(payload)
    mustFit(found, payload === undefined ? undefined : text.length)
    const options = this.#optionsOf(found, publication)
    const relation = await relationOf(this.#engine, found, from)
    const ancestors = await family.ancestors(found)
    this.#engine.mustAccept()
    const published = await nodes.run(at.jid, name, async (there) => {
      const node = existing(there)
      if (options !== undefined && !meets(node.config, options, itemCap(settings, at.isPersonal)))
        throw pubsubError('conflict', 'precondition-not-met')
      if (!mayPublish(node.config, standingOf(node, from, relation))) throw new StanzaError('forbidden')
      return this.#keep(node, publication, text)
    })
    const told = publication.isSilent === true ? undefined : this.#tell(published, ancestors, publication)
    if (settings.waitsForBroadcast) await told
    return published
  }

  async #push(node: PubsubNode, { from, id = randomId(18), payload, options }: Publication): Promise<Published> {
    await publishPush(this.#engine, node, { from, payload, options })
    return { node, item: { id, place: 0, born: 0, publisher: from, payload: '' }, gone: [] }
  }

  #optionsOf({ type }: PubsubNode, { options, at }: Publication) {
    if (options === undefined) return undefined
    mustOffer(type, 'publish-options')
    try {
      return submittedForm(options, PS.publishOptions)
    } catch (error) {
      throw at.isLight ? error : pubsubError('conflict', 'precondition-not-met')
    }
  }

  /** A node that was not there is made, with the options as its configuration (XEP-0060 §7.1.4). */
  async #made({ at, from, name, options }: Publication): Promise<PubsubNode> {
    const plugin = usualPlugin(this.#engine, at, name)
    if (plugin === 'push') throw new StanzaError('item-not-found')
    if (options !== undefined) mustOffer(plugin, 'publish-options')
    const form = options === undefined ? undefined : readForm(options)
    try {
      return await this.#nodeDesk.make({ at, from, name, plugin, form })
    } catch (error) {
      // Somebody else has made it meanwhile.
      if (error instanceof StanzaError && error.condition === 'conflict')
        return existing(await this.#engine.nodes.get(at.jid, name))
      throw refusedNode(error, { isLight: at.isLight, hasOptions: form !== undefined })
    }
  }

  /** Within the job of a node. */
  async #keep(node: PubsubNode, { from, id = randomId(18) }: Publication, text: Wire): Promise<Published> {
    const { store, host, settings } = this.#engine
    const { config } = node
    const place = node.nextPlace(host.clock.now())
    const fresh: Item = { id, place, born: place, publisher: from, payload: fromWire(text) }
    const limit = keptItems(config, itemCap(settings, node.isPersonal), settings.cachesLastItem)
    if (limit === 0) {
      const isRemembered =
        !config.persist_items && settings.cachesLastItem && config.send_last_published_item !== 'never'
      if (isRemembered) node.last = fresh
      return { node, item: fresh, gone: [] }
    }
    const { born, isNew, gone } = await writeItem(store, node, fresh, limit)
    const item = isNew ? fresh : { ...fresh, born }
    node.itemCount += (isNew ? 1 : 0) - gone.length
    node.last = item
    return { node, item, gone }
  }

  async #tell(
    { node, item, gone }: Published,
    ancestors: readonly Ancestor[],
    { from, payload }: Publication,
  ): Promise<void> {
    const { settings } = this.#engine
    const look = { withPublisher: settings.showsPublisher }
    const content = [bareItem(PS.event, item, look, node.config.deliver_payloads ? payload : undefined)]
    await this.tellItems(node, ancestors, content, from)
    if (gone.length > 0 && node.config.notify_retract) await this.tellItems(node, ancestors, retractions(gone), from)
  }

  /** Tells of items that have come or gone. */
  tellItems(
    node: PubsubNode,
    ancestors: readonly Ancestor[],
    content: readonly Element[],
    from: Jid,
  ): Eventually<void> {
    const publisher = this.#engine.settings.pep?.isLight === false ? from : undefined
    const items = [itemsElement(node, content)]
    return this.#engine.notifier.tell({ node, ancestors, kind: 'items', content: items, publisher })
  }

  async retract(ask: Ask): Promise<{ readonly node: PubsubNode; readonly id: string }> {
    const { at, from, action } = ask
    if ((action.attr('node') ?? '') === '') throw pubsubError('bad-request', 'nodeid-required')
    const [item, ...more] = action.elements()
    const id = item?.is('item', PS.pubsub) === true ? (item.attr('id') ?? '') : ''
    if (id === '' || more.length > 0) throw pubsubError('bad-request', 'item-required')
    if (at.isLight && (item?.elements().length ?? 0) > 0) throw new StanzaError('bad-request')
    const notifies = notifyOf(action, at.isLight)
    const found = await nodeOf(this.#engine, ask)
    mustOffer(found.type, 'delete-items')
    const node = await this.take({ at, from, name: found.name, id, notifies })
    return { node, id }
  }

  /** Takes an item back. */
  async take({ at, from, name, id, notifies }: Retraction): Promise<PubsubNode> {
    const { nodes, store, family } = this.#engine
    const found = existing(await nodes.get(at.jid, name))
    const relation = await relationOf(this.#engine, found, from)
    const ancestors = await family.ancestors(found)
    this.#engine.mustAccept()
    const node = await nodes.run(at.jid, name, async (there) => {
      const node = existing(there)
      await this.#mustBeTheirs(node, id, { from, relation })
      await store.drop(node.id, [id])
      node.itemCount--
      if (node.last?.id === id) node.last = await store.newest(node.id)
      return node
    })
    if (notifies || node.config.notify_retract) void this.tellItems(node, ancestors, retractions([id]), from)
    return node
  }

  async #mustBeTheirs(node: PubsubNode, id: string, { from, relation }: { from: Jid; relation: Relation }) {
    const item = await this.#engine.store.item(node.id, id)
    const isOwn = item?.publisher.bareString === from.bareString
    const standing = standingOf(node, from, relation)
    const isPublisher = mayPublish(node.config, standing)
    if (item === undefined) throw new StanzaError(isPublisher ? 'item-not-found' : 'forbidden')
    if (!mayRetract(standing, isOwn)) throw new StanzaError('forbidden')
  }
}

/** An item that is to be taken back. */
export interface Retraction {
  readonly at: Place
  readonly from: Jid
  readonly name: string
  readonly id: string
  readonly notifies: boolean
}

function notifyOf(action: Element, isStrict: boolean): boolean {
  const text = action.attr('notify')
  if (text === '1' || text === 'true') return true
  if (isStrict && text !== undefined && text !== '0' && text !== 'false') throw new StanzaError('bad-request')
  return false
}

/** How many items a node keeps: without persistence one, where the last one is to be had later and is not in memory. */
function keptItems(config: NodeConfig, cap: number, isCached: boolean): number {
  if (config.persist_items) return itemLimit(config, cap)
  return config.send_last_published_item === 'never' || isCached ? 0 : 1
}

/** What a publisher is told when the node that is missing cannot be made. */
function refusedNode(error: unknown, { isLight, hasOptions }: { isLight: boolean; hasOptions: boolean }): unknown {
  if (!(error instanceof StanzaError)) return error
  const isOption = error.condition === 'bad-request' || error.condition === 'not-acceptable'
  if (hasOptions && isOption) return pubsubError('conflict', 'precondition-not-met')
  return error.condition === 'forbidden' && !isLight ? new StanzaError('item-not-found') : error
}

/** What a request is to publish. */
function publicationIn(ask: Ask): Publication {
  const { at, from, action, pubsub } = ask
  const name = nodeNameOf(ask)
  const [item, ...more] = action.elements()
  if (item === undefined) throw pubsubError('bad-request', 'item-required')
  if (more.length > 0 || !item.is('item', PS.pubsub)) {
    throw at.isLight ? new StanzaError('bad-request') : pubsubError('bad-request', 'invalid-payload')
  }
  const id = item.attr('id')
  if (id !== undefined && id.length > maxItemId) throw new StanzaError('not-acceptable')
  const payloads = item.elements()
  if (payloads.length > 1) throw pubsubError('bad-request', 'invalid-payload')
  const options = pubsub.child('publish-options')
  return { at, from, name, id: id === '' ? undefined : id, payload: payloads[0], options: formIn(options) }
}

/** Whether a payload of so many bytes, or none, is what a node takes (XEP-0060 §7.1.3). */
function mustFit({ config, type }: PubsubNode, bytes: number | undefined): void {
  mustOffer(type, 'publish')
  if (config.node_type === 'collection') {
    throw pubsubError('not-allowed', 'publish')
  }
  if (bytes !== undefined && bytes > payloadLimit(config)) throw pubsubError('not-acceptable', 'payload-too-big')
  const wantsPayload = config.deliver_payloads || config.persist_items
  if (bytes === undefined && wantsPayload) throw pubsubError('bad-request', 'payload-required')
  if (bytes !== undefined && !wantsPayload) throw pubsubError('bad-request', 'item-forbidden')
}
