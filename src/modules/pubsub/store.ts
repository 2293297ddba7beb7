import { Jid } from '../../jid/jid.ts'
import type { Database } from '../../storage/database.ts'
import type { Affiliation, Item, NodeRecord, PubsubNode, Subscription } from './core/node.ts'
import { type NodeConfig, storedConfig } from './core/node-config.ts'
import { plugins } from './core/plugin.ts'
import type { SubscriptionOptions } from './core/subscription-options.ts'
import type { ItemRow, NodeRow, PubsubTables, SubscriptionRow } from './tables.ts'

/** Rows written by one statement; databases limit the values of one. */
const atOnce = 300

/** Nodes on disk. Writes resolve when they are there. */
export class PubsubStore {
  readonly #db: Database<PubsubTables>

  constructor(db: Database<PubsubTables>) {
    this.#db = db
  }

  async load(service: Jid, name: string): Promise<NodeRecord | undefined> {
    const row = await this.#db.q
      .selectFrom('mod_pubsub_node')
      .selectAll()
      .where('domain', '=', service.domain)
      .where('username', '=', service.local)
      .where('name', '=', name)
      .executeTakeFirst()
    return row === undefined ? undefined : this.#record(row)
  }

  async #record(row: NodeRow): Promise<NodeRecord> {
    const { q } = this.#db
    const [affiliations, subscriptions, count, last] = await Promise.all([
      q.selectFrom('mod_pubsub_affiliation').selectAll().where('node_id', '=', row.id).execute(),
      q.selectFrom('mod_pubsub_subscription').selectAll().where('node_id', '=', row.id).execute(),
      q
        .selectFrom('mod_pubsub_item')
        .select(({ fn }) => fn.countAll<number>().as('items'))
        .where('node_id', '=', row.id)
        .executeTakeFirstOrThrow(),
      this.#items(row.id).orderBy('place', 'desc').limit(1).executeTakeFirst(),
    ])
    return {
      id: row.id,
      service: serviceOf(row),
      name: row.name,
      type: row.type,
      config: storedConfig(row.config, plugins[row.type].defaults),
      affiliations: new Map(affiliations.map((one) => [serviceOf(one).full, one.affiliation])),
      subscriptions: subscriptions.map(subscriptionOf),
      itemCount: Number(count.items),
      last: last === undefined ? undefined : itemOf(last),
    }
  }

  /** A new node with its affiliations, all or nothing. */
  async create(node: PubsubNode, parents: readonly PubsubNode[]): Promise<void> {
    const { domain, local: username } = node.service
    const row: NodeRow = { id: node.id, domain, username, name: node.name, type: node.type, ...columnsOf(node.config) }
    const { q } = this.#db
    await this.#db.atomic([
      q.insertInto('mod_pubsub_node').values(row),
      ...[...node.affiliations].map(([jid, affiliation]) => this.#affiliation(node.id, Jid.parse(jid), affiliation)),
      ...this.#links(node.id, parents),
    ])
  }

  /** Another configuration, and other parents. */
  async configure(node: PubsubNode, config: NodeConfig, parents: readonly PubsubNode[]): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.updateTable('mod_pubsub_node').set(columnsOf(config)).where('id', '=', node.id),
      q.deleteFrom('mod_pubsub_link').where('child_id', '=', node.id),
      ...this.#links(node.id, parents),
    ])
  }

  #links(child: string, parents: readonly PubsubNode[]) {
    return parents.map(({ id }) => this.#db.q.insertInto('mod_pubsub_link').values({ parent_id: id, child_id: child }))
  }

  /** Removes nodes with all that is in them. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#db.atomic(ids.flatMap((id) => this.#removals(id)))
  }

  #removals(id: string) {
    const { q } = this.#db
    return [
      q.deleteFrom('mod_pubsub_item').where('node_id', '=', id),
      q.deleteFrom('mod_pubsub_subscription').where('node_id', '=', id),
      q.deleteFrom('mod_pubsub_affiliation').where('node_id', '=', id),
      q.deleteFrom('mod_pubsub_link').where((eb) => eb.or([eb('child_id', '=', id), eb('parent_id', '=', id)])),
      q.deleteFrom('mod_pubsub_node').where('id', '=', id),
    ]
  }

  /** Keeps an item, in place of the one with its id, and drops others. */
  async put(nodeId: string, item: Item, dropped: readonly string[]): Promise<void> {
    const write = this.#put(nodeId, item)
    if (dropped.length === 0) await write.execute()
    else await this.#db.atomic([write, ...this.#drops(nodeId, dropped)])
  }

  /** Keeps an item, and tells when the one that it replaces was born; undefined when there was none. */
  async replace(nodeId: string, item: Item): Promise<number | undefined> {
    const before = this.#db.q.selectFrom('mod_pubsub_item').select('born').where('node_id', '=', nodeId)
    const [found] = await this.#db.atomic([before.where('item_id', '=', item.id), this.#put(nodeId, item)])
    const [row] = found.rows
    return row === undefined ? undefined : Number(row.born)
  }

  #put(nodeId: string, item: Item) {
    const row: ItemRow = {
      node_id: nodeId,
      item_id: item.id,
      born: item.born,
      place: item.place,
      publisher: item.publisher.full,
      payload: item.payload,
    }
    return this.#db.upsert('mod_pubsub_item', row, ['node_id', 'item_id'], ['place', 'publisher', 'payload'])
  }

  /** Drops items by id. */
  async drop(nodeId: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#db.atomic(this.#drops(nodeId, ids))
  }

  #drops(nodeId: string, ids: readonly string[]) {
    const parts: string[][] = []
    for (let at = 0; at < ids.length; at += atOnce) parts.push(ids.slice(at, at + atOnce))
    return parts.map((part) =>
      this.#db.q.deleteFrom('mod_pubsub_item').where('node_id', '=', nodeId).where('item_id', 'in', part),
    )
  }

  async purge(nodeId: string): Promise<void> {
    await this.#db.q.deleteFrom('mod_pubsub_item').where('node_id', '=', nodeId).execute()
  }

  async item(nodeId: string, id: string): Promise<Item | undefined> {
    const row = await this.#items(nodeId).where('item_id', '=', id).executeTakeFirst()
    return row === undefined ? undefined : itemOf(row)
  }

  /** The newest item that is left. */
  async newest(nodeId: string): Promise<Item | undefined> {
    const row = await this.#items(nodeId).orderBy('place', 'desc').limit(1).executeTakeFirst()
    return row === undefined ? undefined : itemOf(row)
  }

  /** Ids of all but the `kept` newest items, the oldest first; `spared` does not count. */
  async surplus(nodeId: string, kept: number, spared: string): Promise<string[]> {
    const rows = await this.#db.q
      .selectFrom('mod_pubsub_item')
      .select('item_id')
      .where('node_id', '=', nodeId)
      .where('item_id', '!=', spared)
      .orderBy('place', 'desc')
      .offset(kept)
      .limit(100_000)
      .execute()
    return rows.map((row) => row.item_id).reverse()
  }

  /** The items with these ids. */
  async itemsOf(nodeId: string, ids: readonly string[]): Promise<Item[]> {
    if (ids.length === 0) return []
    return (await this.#items(nodeId).where('item_id', 'in', ids).execute()).map(itemOf)
  }

  /** Items of somebody in a node. */
  async itemIdsBy(nodeId: string, publisher: Jid): Promise<string[]> {
    const rows = await this.#db.q
      .selectFrom('mod_pubsub_item')
      .select(['item_id', 'publisher'])
      .where('node_id', '=', nodeId)
      .execute()
    return rows
      .filter((row) => Jid.tryParse(row.publisher)?.bareString === publisher.bareString)
      .map((row) => row.item_id)
  }

  #items(nodeId: string) {
    return this.#db.q.selectFrom('mod_pubsub_item').selectAll().where('node_id', '=', nodeId)
  }

  async subscribe(nodeId: string, subscription: Subscription): Promise<void> {
    const { subid, jid, state, options } = subscription
    const { domain, local: username, resource } = jid
    const row = { node_id: nodeId, subid, domain, username, resource, state, options: JSON.stringify(options) }
    await this.#db.upsert('mod_pubsub_subscription', row, ['node_id', 'subid']).execute()
  }

  async unsubscribe(nodeId: string, subids: readonly string[]): Promise<void> {
    if (subids.length === 0) return
    const deletion = this.#db.q.deleteFrom('mod_pubsub_subscription').where('node_id', '=', nodeId)
    await deletion.where('subid', 'in', subids).execute()
  }

  /** Sets affiliations, `none` to end one. */
  async affiliate(nodeId: string, changes: ReadonlyMap<Jid, Affiliation>): Promise<void> {
    await this.#db.atomic([...changes].map(([jid, affiliation]) => this.#affiliation(nodeId, jid, affiliation)))
  }

  #affiliation(nodeId: string, { domain, local: username }: Jid, affiliation: Affiliation) {
    const key = { node_id: nodeId, domain, username }
    if (affiliation === 'none') return this.#db.q.deleteFrom('mod_pubsub_affiliation').where((eb) => eb.and(key))
    return this.#db.upsert('mod_pubsub_affiliation', { ...key, affiliation }, ['node_id', 'domain', 'username'])
  }
}

/** The columns that a configuration stands in. */
function columnsOf(config: NodeConfig): Pick<NodeRow, 'config' | 'shows_last' | 'purges_offline'> {
  const showsLast = config.send_last_published_item === 'on_sub_and_presence'
  return { config: JSON.stringify(config), shows_last: showsLast ? 1 : 0, purges_offline: config.purge_offline ? 1 : 0 }
}

/** Whether somebody can be named in a row: longer parts do not fit. */
export function isStorable({ domain, local }: Jid): boolean {
  return domain.length <= maxPart && local.length <= maxPart
}
const maxPart = 255

/** The bare address in a row: of whom a node belongs to, or of whom it is about. */
export function serviceOf({ domain, username }: Pick<NodeRow, 'domain' | 'username'>): Jid {
  return Jid.ofStored(username, domain)
}

/** A subscription as it is stored. */
export function subscriptionOf(row: SubscriptionRow): Subscription {
  return {
    subid: row.subid,
    jid: Jid.ofStored(row.username, row.domain, row.resource),
    state: row.state,
    options: JSON.parse(row.options) as SubscriptionOptions,
  }
}

/** An item as it is stored. */
export function itemOf(row: ItemRow): Item {
  return {
    id: row.item_id,
    born: Number(row.born),
    place: Number(row.place),
    publisher: Jid.parse(row.publisher),
    payload: row.payload,
  }
}
