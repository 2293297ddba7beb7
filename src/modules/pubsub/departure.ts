import type { Jid } from '../../jid/jid.ts'
import type { RosterChanged } from '../roster/api.ts'
import type { PubsubNode } from './core/node.ts'
import { itemsElement, retractions } from './core/notice.ts'
import { type Engine, rosterOwner } from './engine.ts'
import { endSubscriptions, tellEnded, withoutAccess } from './revocation.ts'

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
    for (const { service, name } of await catalogue.subscriptionsOf(user)) {
      await nodes.run(service, name, async (node) => {
        if (node !== undefined) await endSubscriptions(this.#engine, node, node.subscriptionsOf(user))
      })
    }
    for (const { service, name } of await catalogue.affiliationsOf(user)) {
      await nodes.run(service, name, async (node) => {
        if (node === undefined) return
        await store.affiliate(node.id, new Map([[user, 'none']]))
        node.affiliate(user, 'none')
      })
    }
  }

  /** A contact may see an account no longer. */
  async lost({ account, contact, before, after }: RosterChanged): Promise<void> {
    if (before.from && !after.from) await this.estranged({ account, contact })
  }

  /** A contact is less to an account than before: its subscriptions to nodes that ask for more are over. */
  async estranged({ account, contact }: Pick<RosterChanged, 'account' | 'contact'>): Promise<void> {
    const { catalogue, nodes, world } = this.#engine
    for (const { service, name } of await catalogue.subscriptionsOf(contact)) {
      const found = await nodes.get(service, name)
      if (found === undefined || !asksRoster(found) || rosterOwner(found)?.full !== account.full) continue
      const roster = await world.rosterOf(account)
      const ended = await nodes.run(service, name, async (node) => {
        if (node === undefined || !asksRoster(node)) return []
        const without = withoutAccess(node, roster, contact)
        await endSubscriptions(this.#engine, node, without)
        return without
      })
      tellEnded(this.#engine, found, ended)
    }
  }

  /** The last session of somebody is over: what was to last no longer than that is taken back. */
  async offline(user: Jid): Promise<void> {
    const { catalogue, nodes, store, family, notifier, host } = this.#engine
    for (const { service, name } of await catalogue.purging()) {
      const found = await nodes.get(service, name)
      if (found === undefined) continue
      const ancestors = await family.ancestors(found)
      const gone = await nodes.run(service, name, async (node) => {
        // Meanwhile the node may have been set up in another way, or its publisher be back.
        if (node?.config.purge_offline !== true || host.sessions.of(user).length > 0) return []
        const ids = await store.itemIdsBy(node.id, user)
        if (ids.length === 0) return []
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

function asksRoster({ config }: PubsubNode): boolean {
  return config.access_model === 'presence' || config.access_model === 'roster'
}
