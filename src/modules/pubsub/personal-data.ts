import type { Jid } from '../../jid/jid.ts'
import type { PersonalData } from '../../router/events.ts'
import type { Engine } from './engine.ts'

type Group = (engine: Engine, user: Jid) => Promise<PersonalData>

const payloads: Group = async ({ catalogue }, user) => ({
  name: 'pubsub_payloads',
  rows: (await catalogue.itemsBy(user)).map(({ name, item }) => ({
    node_name: name,
    item_id: item.id,
    payload: item.payload,
  })),
})

const nodes: Group = async (engine, user) => {
  const own = await engine.catalogue.affiliationsOf(user)
  const rows: Record<string, unknown>[] = []
  for (const { service, name, affiliation } of own) {
    const node = affiliation === 'owner' ? await engine.nodes.get(service, name) : undefined
    if (node !== undefined) rows.push({ node_name: name, type: node.type })
  }
  return { name: 'pubsub_nodes', rows }
}

const subscriptions: Group = async ({ catalogue }, user) => ({
  name: 'pubsub_subscriptions',
  rows: (await catalogue.subscriptionsOf(user)).map(({ name }) => ({ node_name: name })),
})

const lightItems: Group = async ({ catalogue }, user) => ({
  name: 'pubsub_items',
  rows: (await catalogue.itemsBy(user)).map(({ name, item }) => ({
    node_id: name,
    item_id: item.id,
    publisher_jid: item.publisher.full,
    payload: item.payload,
  })),
})

const lightNodes: Group = async (engine, user) => {
  const own = await engine.catalogue.affiliationsOf(user)
  const rows: Record<string, unknown>[] = []
  for (const { service, name, affiliation } of own) {
    const node = affiliation === 'owner' ? await engine.nodes.get(service, name) : undefined
    if (node !== undefined) rows.push({ node_id: name, access_model: node.config.access_model })
  }
  return { name: 'pubsub_nodes', rows }
}

const lightSubscriptions: Group = async ({ catalogue }, user) => ({
  name: 'pubsub_subscriptions',
  rows: (await catalogue.subscriptionsOf(user)).map(({ service, name, subscription }) => ({
    service_jid: service.full,
    node_id: name,
    subscriber_jid: subscription.jid.full,
  })),
})

/** What is told of a user in an export, in the columns of the profile. */
export function personalGroups(isLight: boolean): readonly Group[] {
  return isLight ? [lightItems, lightNodes, lightSubscriptions] : [payloads, nodes, subscriptions]
}
