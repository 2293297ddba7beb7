import type { Jid } from '../../jid/jid.ts'
import type { Database } from '../../storage/database.ts'
import type { Affiliation, Item, Subscription } from './core/node.ts'
import type { NodeConfig } from './core/node-config.ts'
import { itemOf, serviceOf, subscriptionOf } from './store.ts'
import type { NodeRow, PubsubTables } from './tables.ts'

/** Names a node. */
export interface NodeName {
  readonly service: Jid
  readonly name: string
}

/** A node as it stands in lists: they are made without having every node in hand. */
export interface ListedNode {
  readonly name: string
  readonly title: string
}

function listed({ name, config }: Pick<NodeRow, 'name' | 'config'>): ListedNode {
  return { name, title: (JSON.parse(config) as Partial<NodeConfig>).title ?? '' }
}

/** Which part of the items of a node is wanted. */
export interface ItemPart {
  readonly by: 'place' | 'born'
  readonly newestFirst: boolean
  /** Items beyond this one, in the order asked for. */
  readonly after?: Item | undefined
  /** The last items before this one; `end`: the last of all. */
  readonly before?: Item | 'end' | undefined
  readonly index?: number | undefined
  readonly max: number
}

/** Looks over many nodes: what there is, what belongs to whom, what is in them. */
export class Catalogue {
  readonly #db: Database<PubsubTables>
  readonly #showsLast = new Map<string, Promise<boolean>>()
  #purging: Promise<NodeName[]> | undefined

  constructor(db: Database<PubsubTables>) {
    this.#db = db
  }

  /** The names of all nodes of a service or an account, in order. */
  async namesOf(service: Jid): Promise<string[]> {
    const rows = await this.#nodesOf(service).select('name').orderBy('name').execute()
    return rows.map((row) => row.name)
  }

  /** The nodes in no collection. */
  async topOf(service: Jid): Promise<ListedNode[]> {
    const rows = await this.#nodesOf(service)
      .select(['name', 'config'])
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('mod_pubsub_link').select('child_id').whereRef('child_id', '=', 'mod_pubsub_node.id'))),
      )
      .orderBy('name')
      .execute()
    return rows.map(listed)
  }

  /** The nodes in a collection. */
  async childrenOf(id: string): Promise<ListedNode[]> {
    const rows = await this.#db.q
      .selectFrom('mod_pubsub_link')
      .innerJoin('mod_pubsub_node', 'mod_pubsub_node.id', 'mod_pubsub_link.child_id')
      .select(['mod_pubsub_node.name as name', 'mod_pubsub_node.config as config'])
      .where('mod_pubsub_link.parent_id', '=', id)
      .orderBy('mod_pubsub_node.name')
      .execute()
    return rows.map(listed)
  }

  /** Names of the nodes whose path is below another one. */
  async below(service: Jid, path: string): Promise<string[]> {
    const rows = await this.#nodesOf(service)
      .select('name')
      .where('name', '>', `${path}/`)
      .where('name', '<', `${path}0`)
      .orderBy('name')
      .execute()
    return rows.map((row) => row.name)
  }

  /** What somebody is subscribed to at a service, with every resource. */
  async subscriptionsOf(user: Jid, service?: Jid): Promise<(NodeName & { readonly subscription: Subscription })[]> {
    let query = this.#db.q
      .selectFrom('mod_pubsub_subscription as s')
      .innerJoin('mod_pubsub_node as n', 'n.id', 's.node_id')
      .selectAll('s')
      .select(['n.name as name', 'n.domain as node_domain', 'n.username as node_username'])
      .where('s.domain', '=', user.domain)
      .where('s.username', '=', user.local)
    if (service !== undefined)
      query = query.where('n.domain', '=', service.domain).where('n.username', '=', service.local)
    const rows = await query.orderBy('n.name').execute()
    return rows.map((row) => ({
      service: serviceOf({ domain: row.node_domain, username: row.node_username }),
      name: row.name,
      subscription: subscriptionOf(row),
    }))
  }

  async affiliationsOf(user: Jid, service?: Jid): Promise<(NodeName & { readonly affiliation: Affiliation })[]> {
    let query = this.#db.q
      .selectFrom('mod_pubsub_affiliation as a')
      .innerJoin('mod_pubsub_node as n', 'n.id', 'a.node_id')
      .select(['a.affiliation as affiliation', 'n.name as name', 'n.domain as domain', 'n.username as username'])
      .where('a.domain', '=', user.domain)
      .where('a.username', '=', user.local)
    if (service !== undefined)
      query = query.where('n.domain', '=', service.domain).where('n.username', '=', service.local)
    const rows = await query.orderBy('n.name').execute()
    return rows.map((row) => ({ service: serviceOf(row), name: row.name, affiliation: row.affiliation }))
  }

  /** Whether any node of a service sends its last item to who becomes available. Remembered, as it is asked with every sign-in. */
  showsLast(service: Jid): Promise<boolean> {
    const known = this.#showsLast.get(service.full)
    if (known !== undefined) return known
    const query = this.#nodesOf(service).select('id').where('shows_last', '=', 1).limit(1)
    const asked = query.executeTakeFirst().then((row) => row !== undefined)
    this.#showsLast.set(service.full, asked)
    asked.catch(() => this.#showsLast.delete(service.full))
    return asked
  }

  /** The nodes whose items go with their publisher. Remembered, as it is asked at every end of a session. */
  purging(): Promise<NodeName[]> {
    if (this.#purging === undefined) {
      const query = this.#db.q.selectFrom('mod_pubsub_node').select(['domain', 'username', 'name'])
      const asked = query.where('purges_offline', '=', 1).execute()
      this.#purging = asked.then((rows) => rows.map((row) => ({ service: serviceOf(row), name: row.name })))
      this.#purging.catch(() => this.configured())
    }
    return this.#purging
  }

  /** A node has been made or set up in another way: what is remembered may be wrong. */
  configured(): void {
    this.#showsLast.clear()
    this.#purging = undefined
  }

  /** A part of the items of a node, in the order asked for. */
  async items(nodeId: string, part: ItemPart): Promise<Item[]> {
    const { by, newestFirst, after, before, index, max } = part
    if (max === 0) return []
    let query = this.#db.q.selectFrom('mod_pubsub_item').selectAll().where('node_id', '=', nodeId).limit(max)
    if (after !== undefined) query = query.where(by, newestFirst ? '<' : '>', after[by])
    if (before !== undefined && before !== 'end') query = query.where(by, newestFirst ? '>' : '<', before[by])
    if (index !== undefined) query = query.offset(index)
    const isBackwards = before !== undefined
    const rows = await query.orderBy(by, newestFirst === isBackwards ? 'asc' : 'desc').execute()
    return (isBackwards ? rows.reverse() : rows).map(itemOf)
  }

  /** Items that stand before one in an order. */
  async placeOf(
    nodeId: string,
    item: Item,
    { by, newestFirst }: Pick<ItemPart, 'by' | 'newestFirst'>,
  ): Promise<number> {
    const row = await this.#db.q
      .selectFrom('mod_pubsub_item')
      .select(({ fn }) => fn.countAll<number>().as('before'))
      .where('node_id', '=', nodeId)
      .where(by, newestFirst ? '>' : '<', item[by])
      .executeTakeFirstOrThrow()
    return Number(row.before)
  }

  #nodesOf({ domain, local }: Jid) {
    return this.#db.q.selectFrom('mod_pubsub_node').where('domain', '=', domain).where('username', '=', local)
  }

  /** Every node of a hosted domain: its accounts' and its services'. */
  async nodesOfDomains(domains: readonly string[]): Promise<Pick<NodeRow, 'id' | 'domain' | 'username' | 'name'>[]> {
    const query = this.#db.q.selectFrom('mod_pubsub_node').select(['id', 'domain', 'username', 'name'])
    return query.where('domain', 'in', domains).execute()
  }

  /** Ends what the accounts of a domain are subscribed to and may do anywhere. */
  async forgetUsers(domain: string): Promise<void> {
    const { q } = this.#db
    await this.#db.atomic([
      q.deleteFrom('mod_pubsub_subscription').where('domain', '=', domain),
      q.deleteFrom('mod_pubsub_affiliation').where('domain', '=', domain),
    ])
  }

  /** Everything that somebody has published, wherever. */
  async itemsBy(user: Jid): Promise<(NodeName & { readonly item: Item })[]> {
    const rows = await this.#db.stale.q
      .selectFrom('mod_pubsub_item as i')
      .innerJoin('mod_pubsub_node as n', 'n.id', 'i.node_id')
      .selectAll('i')
      .select(['n.name as name', 'n.domain as domain', 'n.username as username'])
      .where(({ or, eb }) =>
        or([eb('i.publisher', '=', user.bareString), eb('i.publisher', 'like', `${user.bareString}/%`)]),
      )
      .execute()
    // Characters of names that are wild in a pattern have brought others.
    return rows
      .map((row) => ({ service: serviceOf(row), name: row.name, item: itemOf(row) }))
      .filter(({ item }) => item.publisher.bareString === user.bareString)
  }
}
