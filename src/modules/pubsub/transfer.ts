import { Jid } from '../../jid/jid.ts'
import type { ExportedPart, Imported, ImportedElement } from '../../router/events.ts'
import { type DataForm, formElement, readForm } from '../../stanza/data-form.ts'
import { type Element, el } from '../../xml/element.ts'
import { PS } from './core/namespaces.ts'
import { type Affiliation, affiliationNames, type PubsubNode } from './core/node.ts'
import { changedConfig, configFields } from './core/node-config.ts'
import { formIn, itemElement } from './core/notice.ts'
import type { PubsubDesk } from './desk.ts'
import { type Engine, personalPlace } from './engine.ts'

/** Items that are read at once. */
const pageSize = 500

/** Nodes of accounts as XEP-0227 §4.8 has them: how they are set up, and what is in them. */
export class Transfer {
  readonly #engine: Engine
  readonly #desk: PubsubDesk

  constructor(engine: Engine, desk: PubsubDesk) {
    this.#engine = engine
    this.#desk = desk
  }

  async configurations(user: Jid): Promise<ExportedPart | undefined> {
    const nodes = await this.#nodesOf(user)
    if (nodes.length === 0) return undefined
    return { container: el('pubsub', PS.owner), elements: nodes.flatMap(configuration) }
  }

  async contents(user: Jid): Promise<ExportedPart | undefined> {
    const nodes = await this.#nodesOf(user)
    if (nodes.length === 0) return undefined
    return { container: el('pubsub', PS.pubsub), elements: this.#lists(nodes) }
  }

  async #nodesOf(user: Jid): Promise<PubsubNode[]> {
    const nodes: PubsubNode[] = []
    for (const name of await this.#engine.nodes.namesOf(user.bare)) {
      const node = await this.#engine.nodes.get(user.bare, name)
      if (node !== undefined) nodes.push(node)
    }
    return nodes
  }

  async *#lists(nodes: readonly PubsubNode[]): AsyncGenerator<Element> {
    for (const node of nodes) yield el('items', PS.pubsub, { node: node.name }, await this.#items(node))
  }

  async #items(node: PubsubNode): Promise<Element[]> {
    const items: Element[] = []
    const part = { by: 'place', newestFirst: false, max: pageSize } as const
    let page = await this.#engine.catalogue.items(node.id, part)
    while (page.length > 0) {
      items.push(...page.map((item) => itemElement(PS.pubsub, item, { withPublisher: false })))
      page = await this.#engine.catalogue.items(node.id, { ...part, after: page.at(-1) })
    }
    return items
  }

  /** Takes what belongs to pubsub, the configuration before the items. */
  async take({ user, element, isDryRun }: ImportedElement): Promise<Imported | undefined> {
    if (element.is('pubsub', PS.owner)) return this.#takeNodes(user, element, isDryRun)
    return element.is('pubsub', PS.pubsub) ? this.#takeItems(user, element, isDryRun) : undefined
  }

  async #takeNodes(user: Jid, element: Element, isDryRun: boolean): Promise<Imported> {
    const configurations = element.childrenNamed('configure')
    for (const configure of configurations) {
      const form = readForm(formIn(configure))
      if (!isDryRun) await this.#makeNode(user, nameOf(configure), form)
    }
    for (const affiliations of element.childrenNamed('affiliations')) {
      const changes = affiliationsIn(affiliations)
      if (!isDryRun) await this.#affiliate(user, nameOf(affiliations), changes)
    }
    return { kind: 'nodes', count: configurations.length }
  }

  async #makeNode(user: Jid, name: string, form: DataForm): Promise<void> {
    const { nodes, store } = this.#engine
    // What another server has written is read as far as it means something here.
    const at = { ...personalPlace(this.#engine, user), isLight: false }
    if ((await nodes.get(at.jid, name)) === undefined) {
      await this.#desk.nodeDesk.make({ at, from: user.bare, name, plugin: 'pep', form })
      return
    }
    await nodes.run(at.jid, name, async (node) => {
      if (node === undefined) return
      const config = changedConfig(node.config, form, anything)
      await store.configure(node, config, [])
      node.config = config
    })
  }

  async #affiliate(user: Jid, name: string, changes: ReadonlyMap<Jid, Affiliation>): Promise<void> {
    const { nodes, store } = this.#engine
    await nodes.run(user.bare, name, async (node) => {
      if (node === undefined) return
      await store.affiliate(node.id, changes)
      for (const [jid, affiliation] of changes) node.affiliate(jid, affiliation)
    })
  }

  async #takeItems(user: Jid, element: Element, isDryRun: boolean): Promise<Imported> {
    const at = personalPlace(this.#engine, user)
    let count = 0
    for (const list of element.childrenNamed('items')) {
      const name = nameOf(list)
      for (const item of list.childrenNamed('item')) {
        const [payload] = item.elements()
        const publication = {
          at,
          from: user.bare,
          name,
          id: item.attr('id'),
          payload,
          options: undefined,
          isSilent: true,
        }
        if (!isDryRun) await this.#desk.publishDesk.put(publication)
        count++
      }
    }
    return { kind: 'items', count }
  }
}

const anything = { maxItems: Number.POSITIVE_INFINITY, isStrict: false }

function nameOf(element: Element): string {
  const name = element.attr('node')
  if (name === undefined || name === '') throw new Error(`<${element.name}/> names no node`)
  return name
}

function affiliationsIn(element: Element): Map<Jid, Affiliation> {
  return new Map(
    element.childrenNamed('affiliation').map((row) => {
      const affiliation = affiliationNames.find((name) => name === row.attr('affiliation'))
      if (affiliation === undefined) throw new Error(`${row.attr('affiliation')} is no affiliation`)
      return [Jid.parse(row.attr('jid') ?? ''), affiliation]
    }),
  )
}

function configuration(node: PubsubNode): Element[] {
  const form = formElement({ type: 'form', formType: PS.nodeConfig, fields: configFields(node.config) })
  const configure = el('configure', PS.owner, { node: node.name }, form)
  if (node.affiliations.size < 2) return [configure]
  const rows = [...node.affiliations].map(([jid, affiliation]) => el('affiliation', PS.owner, { jid, affiliation }))
  return [configure, el('affiliations', PS.owner, { node: node.name }, rows)]
}
