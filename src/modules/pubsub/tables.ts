import type { Migration } from '../../storage/database.ts'
import type { Affiliation, Subscription } from './core/node.ts'
import type { PluginName } from './core/plugin.ts'

export interface NodeRow {
  /** Random. */
  id: string
  /** The service, or the account that has the node. */
  domain: string
  username: string
  name: string
  type: PluginName
  /** JSON. */
  config: string
  /** 1 where the last item is sent to who becomes available. */
  shows_last: number
  /** 1 where items go with their publisher. */
  purges_offline: number
}

export interface SubscriptionRow {
  node_id: string
  subid: string
  domain: string
  username: string
  resource: string
  state: Subscription['state']
  /** JSON. */
  options: string
}

export interface ItemRow {
  node_id: string
  item_id: string
  /** Microseconds since the epoch, raised so that they are unique in a node: when first published, and when last. */
  born: number
  place: number
  publisher: string
  payload: string
}

export interface PubsubTables {
  mod_pubsub_node: NodeRow
  mod_pubsub_affiliation: { node_id: string; domain: string; username: string; affiliation: Affiliation }
  mod_pubsub_subscription: SubscriptionRow
  mod_pubsub_item: ItemRow
  /** Which nodes are in which collections. */
  mod_pubsub_link: { parent_id: string; child_id: string }
}

/** Longest name of a node. */
export const maxNodeName = 255
/** Longest id of an item. */
export const maxItemId = 700

const create: Migration = async ({ schema }) => {
  await schema
    .createTable('mod_pubsub_node')
    .addColumn('id', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('domain', 'varchar(255)', (column) => column.notNull())
    .addColumn('username', 'varchar(255)', (column) => column.notNull())
    .addColumn('name', 'varchar(255)', (column) => column.notNull())
    .addColumn('type', 'varchar(16)', (column) => column.notNull())
    .addColumn('config', 'text', (column) => column.notNull())
    .addColumn('shows_last', 'integer', (column) => column.notNull())
    .addColumn('purges_offline', 'integer', (column) => column.notNull())
    .addUniqueConstraint('mod_pubsub_node_name', ['domain', 'username', 'name'])
    .execute()
  await schema
    .createTable('mod_pubsub_affiliation')
    .addColumn('node_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('domain', 'varchar(255)', (column) => column.notNull())
    .addColumn('username', 'varchar(255)', (column) => column.notNull())
    .addColumn('affiliation', 'varchar(16)', (column) => column.notNull())
    .addPrimaryKeyConstraint('mod_pubsub_affiliation_key', ['node_id', 'domain', 'username'])
    .execute()
  await schema
    .createIndex('mod_pubsub_affiliation_user')
    .on('mod_pubsub_affiliation')
    .columns(['domain', 'username'])
    .execute()
  await schema
    .createTable('mod_pubsub_subscription')
    .addColumn('node_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('subid', 'varchar(32)', (column) => column.notNull())
    .addColumn('domain', 'varchar(255)', (column) => column.notNull())
    .addColumn('username', 'varchar(255)', (column) => column.notNull())
    .addColumn('resource', 'text', (column) => column.notNull())
    .addColumn('state', 'varchar(16)', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('mod_pubsub_subscription_key', ['node_id', 'subid'])
    .execute()
  await schema
    .createIndex('mod_pubsub_subscription_user')
    .on('mod_pubsub_subscription')
    .columns(['domain', 'username'])
    .execute()
}

const createItems: Migration = async ({ schema }) => {
  await schema
    .createTable('mod_pubsub_item')
    .addColumn('node_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('item_id', `varchar(${maxItemId})`, (column) => column.notNull())
    .addColumn('born', 'bigint', (column) => column.notNull())
    .addColumn('place', 'bigint', (column) => column.notNull())
    .addColumn('publisher', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('mod_pubsub_item_key', ['node_id', 'item_id'])
    .execute()
  await schema.createIndex('mod_pubsub_item_place').on('mod_pubsub_item').columns(['node_id', 'place']).execute()
  await schema.createIndex('mod_pubsub_item_born').on('mod_pubsub_item').columns(['node_id', 'born']).execute()
  await schema
    .createTable('mod_pubsub_link')
    .addColumn('parent_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('child_id', 'varchar(32)', (column) => column.notNull())
    .addPrimaryKeyConstraint('mod_pubsub_link_key', ['parent_id', 'child_id'])
    .execute()
  await schema.createIndex('mod_pubsub_link_child').on('mod_pubsub_link').columns(['child_id']).execute()
}

export const migrations: Record<string, Migration> = { '001_create': create, '002_create_items': createItems }
