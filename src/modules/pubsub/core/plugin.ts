import type { NodeConfig } from './node-config.ts'

/** The kinds of nodes. */
export const pluginNames = ['flat', 'hometree', 'dag', 'pep', 'push'] as const
export type PluginName = (typeof pluginNames)[number]

/** What a kind of node is able to do, and how its nodes begin. */
export interface Plugin {
  readonly name: PluginName
  /** Names of features without the namespace. */
  readonly features: ReadonlySet<string>
  readonly defaults: NodeConfig
}

const generic = `access-open access-presence access-whitelist collections config-node config-node-max create-and-configure
  item-ids last-published member-affiliation presence-notifications presence-subscribe publisher-affiliation
  publish-only-affiliation retrieve-default rsm shim`

const flatFeatures = `create-nodes auto-create access-authorize access-roster delete-nodes delete-items get-pending
  instant-nodes manage-subscriptions modify-affiliations outcast-affiliation persistent-items publish
  publish-only-affiliation purge-nodes retract-items retrieve-affiliations retrieve-items retrieve-subscriptions subscribe
  subscription-notifications subscription-options`

const pepFeatures = `create-nodes auto-create auto-subscribe access-authorize access-roster delete-nodes delete-items
  filtered-notifications get-pending manage-subscriptions modify-affiliations outcast-affiliation persistent-items publish
  publish-options purge-nodes retract-items retrieve-affiliations retrieve-items retrieve-subscriptions subscribe
  subscription-notifications subscription-options multi-items`

const pushFeatures = `create-nodes delete-nodes modify-affiliations publish publish-options publish-only-affiliation
  purge-nodes retrieve-affiliations`

const setOf = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

/** What every service offers. */
export const genericFeatures = setOf(generic)

const base: NodeConfig = {
  deliver_payloads: true,
  deliver_notifications: true,
  notify_config: false,
  notify_delete: false,
  notify_retract: false,
  persist_items: true,
  title: '',
  max_items: 10,
  subscribe: true,
  access_model: 'open',
  roster_groups_allowed: [],
  publish_model: 'publishers',
  purge_offline: false,
  notification_type: 'headline',
  max_payload_size: 60_000,
  send_last_published_item: 'never',
  presence_based_delivery: false,
  type: '',
  collection: [],
  node_type: 'leaf',
  body_xslt: '',
}

const personal: NodeConfig = {
  ...base,
  access_model: 'presence',
  max_items: 1,
  send_last_published_item: 'on_sub_and_presence',
  presence_based_delivery: true,
}

/** The kinds of nodes by name. */
export const plugins: Readonly<Record<PluginName, Plugin>> = {
  flat: { name: 'flat', features: setOf(flatFeatures), defaults: base },
  hometree: { name: 'hometree', features: setOf(flatFeatures), defaults: base },
  dag: { name: 'dag', features: setOf(`${flatFeatures} multi-collection`), defaults: base },
  pep: { name: 'pep', features: setOf(pepFeatures), defaults: personal },
  push: {
    name: 'push',
    features: setOf(pushFeatures),
    defaults: { ...personal, access_model: 'whitelist', publish_model: 'open', persist_items: false },
  },
}
