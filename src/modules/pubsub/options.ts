import { z } from 'zod'
import { dataBackend, hostTemplate, intOrInfinity, noEffect, oneOf, ruleName, uniqueList } from '../../config/option.ts'
import {
  accessModels,
  lastItemRules,
  maxPayloadSize,
  nodeTypes,
  notificationTypes,
  publishModels,
} from './core/node-config.ts'
import { pluginNames } from './core/plugin.ts'

const flag = (about: string) => z.boolean().optional().describe(about)

const nodeConfig = z
  .strictObject({
    access_model: oneOf(...accessModels)
      .optional()
      .describe('Who may subscribe and read.'),
    max_items: intOrInfinity(0).optional().describe('Most items that a node keeps.'),
    deliver_payloads: flag('Whether events hold what was published.'),
    deliver_notifications: flag('Whether there are events.'),
    notify_config: flag('Tell of another configuration.'),
    notify_delete: flag('Tell of a node that is deleted.'),
    notify_retract: flag('Tell of items that are taken back.'),
    persist_items: flag('Keep items.'),
    subscribe: flag('Whether there are subscriptions.'),
    roster_groups_allowed: z
      .array(z.string())
      .optional()
      .describe('Groups of the roster for the access model `roster`.'),
    publish_model: oneOf(...publishModels)
      .optional()
      .describe('Who may publish.'),
    purge_offline: flag('Take back the items of who goes offline.'),
    notification_type: oneOf(...notificationTypes)
      .optional()
      .describe('Type of the messages of events.'),
    max_payload_size: z.int().min(0).max(maxPayloadSize).optional().describe('Largest payload, in bytes.'),
    send_last_published_item: oneOf(...lastItemRules)
      .optional()
      .describe('When the last item is sent.'),
    presence_based_delivery: flag('Events only for who is available.'),
    node_type: oneOf(...nodeTypes)
      .optional()
      .describe('Whether nodes hold items or other nodes.'),
  })
  .optional()
  .describe('What new nodes are like; where nothing is said, as their plugin has it.')

const mapping = z.strictObject({
  namespace: z.string().min(1).describe('Name of the node.'),
  node: z.string().min(1).describe('Plugin.'),
})

const shape = {
  host: hostTemplate().optional().describe('Address of the service. Default: `pubsub.@HOST@`.'),
  backend: dataBackend('mnesia', 'rdbms'),
  access_createnode: ruleName().optional().describe('Who may create nodes on the service. Default: all.'),
  max_items_node: z
    .int()
    .min(0)
    .optional()
    .describe('Most items that nodes of the service keep, and that are sent at once. Default: 10.'),
  max_nodes: z
    .int()
    .min(1)
    .optional()
    .describe('Most nodes of an account, and most that somebody owns on the service. Default: 1000.'),
  max_subscriptions_node: z.int().min(0).optional().describe('Most subscriptions of a node. Default: no limit.'),
  nodetree: oneOf('tree', 'dag').optional().describe('Whether nodes may be in collections (`dag`). Default: `tree`.'),
  plugins: uniqueList(oneOf(...pluginNames), { least: 1 })
    .optional()
    .describe('Kinds of nodes that there are, the usual one first. Default: `flat`.'),
  ignore_pep_from_offline: z
    .boolean()
    .optional()
    .describe('Send nobody the last items of a contact who is offline. Default: true.'),
  last_item_cache: z
    .union([oneOf('mnesia', 'rdbms', 'false'), z.literal(false)])
    .optional()
    .describe(
      'Where the last item of a node that keeps none is: in memory (`mnesia`) or the database. Default: false.',
    ),
  pep_mapping: z
    .union([z.array(mapping), z.record(z.string(), z.string())])
    .optional()
    .describe('Plugins for nodes of accounts by name.'),
  default_node_config: nodeConfig,
  item_publisher: z.boolean().optional().describe('Show who has published an item. Default: false.'),
  sync_broadcast: z
    .boolean()
    .optional()
    .describe('Answer who publishes only when everybody has been told. Default: false.'),
  wpool: noEffect(z.looseObject({}), 'work is not done by a pool of processes'),
  max_items_per_node: intOrInfinity(0)
    .optional()
    .describe('Most items that a node of an account keeps. Default: no limit.'),
}

/** What both sections take. */
export const pubsubOptions = z.strictObject(shape)

/** A section as it was written: absent options have no value. */
export type PubsubOptions = z.infer<typeof pubsubOptions>
