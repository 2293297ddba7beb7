import type { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Catalogue, ListedNode } from './catalogue.ts'
import type { Ancestor } from './core/audience.ts'
import type { PubsubNode } from './core/node.ts'
import type { NodeConfig } from './core/node-config.ts'
import { isFixed, parentPath } from './core/node-path.ts'
import type { Nodes } from './nodes.ts'

/** How far up collections are followed. */
const maxDepth = 32
const nobody: readonly Ancestor[] = []

/** Which nodes are within which (XEP-0248, and paths of a tree of homes). */
export class Family {
  readonly #nodes: Nodes
  readonly #catalogue: Catalogue

  constructor(nodes: Nodes, catalogue: Catalogue) {
    this.#nodes = nodes
    this.#catalogue = catalogue
  }

  /** The collections above a node, nearest first, each once. Most nodes have none, which is known at once. */
  ancestors(node: PubsubNode): readonly Ancestor[] | Promise<readonly Ancestor[]> {
    return node.config.collection.length === 0 ? nobody : this.#climb(node)
  }

  async #climb(node: PubsubNode): Promise<readonly Ancestor[]> {
    const found = new Map<string, Ancestor>()
    let level: PubsubNode[] = [node]
    for (let depth = 1; depth <= maxDepth && level.length > 0; depth++) {
      const above: PubsubNode[] = []
      for (const name of level.flatMap(({ config }) => config.collection)) {
        const parent = await this.#nodes.get(node.service, name)
        if (parent === undefined || found.has(parent.id)) continue
        found.set(parent.id, { node: parent, depth })
        above.push(parent)
      }
      level = above
    }
    return [...found.values()]
  }

  /**
   * The collections that a configuration puts a node into. Throws `item-not-found` for one that is not there, `forbidden` for
   * one of others, `not-allowed` for what is no collection, or would be within itself.
   */
  async parents(service: Jid, { collection }: NodeConfig, { owner, self }: Belonging): Promise<PubsubNode[]> {
    const parents: PubsubNode[] = []
    for (const name of new Set(collection)) {
      const parent = await this.#nodes.get(service, name)
      if (parent === undefined) throw new StanzaError('item-not-found')
      if (parent.affiliationOf(owner) !== 'owner') throw new StanzaError('forbidden')
      if (parent.config.node_type !== 'collection' || parent.name === self) throw new StanzaError('not-allowed')
      const above = await this.ancestors(parent)
      if (above.some(({ node }) => node.name === self)) throw new StanzaError('not-allowed')
      parents.push(parent)
    }
    return parents
  }

  /** The nodes right below one. */
  async children(node: PubsubNode): Promise<ListedNode[]> {
    if (node.type !== 'hometree') return this.#catalogue.childrenOf(node.id)
    return this.childrenOfPath(node.service, node.name)
  }

  /** What is right below a path. */
  async childrenOfPath(service: Jid, path: string): Promise<ListedNode[]> {
    const below = await this.#catalogue.below(service, path)
    const names = below.map((name) => `${path}/${name.slice(path.length + 1).split('/', 1)[0]}`)
    return [...new Set(names)].map((name) => ({ name, title: '' }))
  }

  /** Names of all nodes that go with a node of a tree when it is deleted. */
  descendants(node: PubsubNode): Promise<string[]> {
    return this.#catalogue.below(node.service, node.name)
  }

  /** The nodes that are in no other one. */
  async top(service: Jid): Promise<ListedNode[]> {
    const nodes = await this.#catalogue.topOf(service)
    const names = new Set(nodes.map(({ name }) => name))
    return nodes.filter(({ name }) => {
      const parent = parentPath(name)
      return parent === undefined || (!isFixed(parent) && !names.has(parent))
    })
  }
}

/** Who puts a node into a collection, and the name that it has. */
export interface Belonging {
  readonly owner: Jid
  readonly self: string
}
