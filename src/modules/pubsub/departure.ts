import type { Jid } from '../../jid/jid.ts'
import type { RosterChanged } from '../roster/api.ts'
import type { PubsubNode } from './core/node.ts'
import { itemsElement, retractions } from './core/notice.ts'
import type { Engine } from './engine.ts'

/** Clears away what belongs to who has gone. */
export class Departure {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** An account is being removed: its nodes, its subscriptions and its affiliations everywhere. */
  async removed(user: Jid): Promise<void> {
    const { catalogue, nodes, store } = this.#engine
    for (const name of await catalogue.namesOf(user)) {
      await nodes.run(user, name, async (node) => {
        if (node !== undefined) await store.remove([node.id])
        nodes.removed(user, name)
      })
    }
    for (const { service, name } of await catalogue.subscriptionsOf(user))
      await nodes.run(service, name, (node) => this.#unsubscribe(node, user))
    for (const { service, name } of await catalogue.affiliationsOf(user)) {
      await nodes.run(service, name, async (node) => {
        if (node === undefined) return
        await store.affiliate(node.id, new Map([[user, 'none']]))
        node.affiliate(user, 'none')
      })
    }
  }

  async #unsubscribe(node: PubsubNode | undefined, user: Jid): Promise<void> {
    if (node === undefined) return
    const ended = node.subscriptionsOf(user)
    const subids = ended.map(({ subid }) => subid)
    await this.#engine.store.unsubscribe(node.id, subids)
    for (const { jid } of ended) node.unsubscribe(jid)
  }

  /** A contact may see an account no longer: its subscriptions to nodes that ask for that are over. */
  async lost({ account, contact, before, after }: RosterChanged): Promise<void> {
    if (after.from || !before.from) return
    const { catalogue, nodes } = this.#engine
    for (const { service, name } of await catalogue.subscriptionsOf(contact)) {
      const found = await nodes.get(service, name)
      const model = found?.config.access_model
      if (found === undefined || (model !== 'presence' && model !== 'roster')) continue
      if (found.affiliationOf(account) !== 'owner') continue
      await nodes.run(service, name, (node) => this.#unsubscribe(node, contact))
    }
  }

  /** The last session of somebody is over: what was to last no longer than that is taken back. */
  async offline(user: Jid): Promise<void> {
    const { catalogue, nodes, store, family, notifier } = this.#engine
    for (const { service, name } of await catalogue.purging()) {
      const found = await nodes.get(service, name)
      if (found === undefined) continue
      const ancestors = await family.ancestors(found)
      const gone = await nodes.run(service, name, async (node) => {
        const ids = node === undefined ? [] : await store.itemIdsBy(node.id, user)
        if (node === undefined || ids.length === 0) return []
        await store.drop(node.id, ids)
        node.itemCount -= ids.length
        node.last = await store.newest(node.id)
        return ids
      })
      if (gone.length > 0 && found.config.notify_retract)
        void notifier.tell({ node: found, ancestors, kind: 'items', content: [itemsElement(found, retractions(gone))] })
    }
  }

  /** A domain is removed with its services: their nodes, and what its accounts have elsewhere. */
  async domainRemoved(domain: string, services: readonly string[]): Promise<void> {
    const { catalogue, nodes, store } = this.#engine
    const found = await catalogue.nodesOfDomains([domain, ...services])
    for (const { id } of found) await store.remove([id])
    await catalogue.forgetUsers(domain)
    // Nobody of that domain is left to have any of these in hand.
    nodes.forgetWhere(() => true)
  }
}
