import type { NodeConfig } from './core/node-config.ts'
import { type PluginName, plugins } from './core/plugin.ts'
import type { PubsubOptions } from './options.ts'

/** How the service beside each domain works. */
export interface ServiceSettings {
  readonly template: string
  readonly plugins: readonly PluginName[]
  readonly createRule: string
  readonly isDag: boolean
}

/** How nodes of accounts work. */
export interface PepSettings {
  /** The younger, stricter profile. */
  readonly isLight: boolean
  readonly mapping: ReadonlyMap<string, PluginName>
  readonly plugins: readonly PluginName[]
}

/** What the configuration comes to. */
export interface Settings {
  readonly service: ServiceSettings | undefined
  readonly pep: PepSettings | undefined
  /** Most items of a node: of the service, of an account. */
  readonly maxItems: { readonly service: number; readonly pep: number }
  readonly maxSubscriptions: number
  /** Most nodes of an owner: on the service, of an account. */
  readonly maxNodes: { readonly service: number; readonly pep: number }
  readonly ignoresOffline: boolean
  readonly cachesLastItem: boolean
  readonly showsPublisher: boolean
  readonly waitsForBroadcast: boolean
  /** What new nodes are like beyond their plugin: of the service, of accounts. */
  readonly defaults: { readonly service: Partial<NodeConfig>; readonly pep: Partial<NodeConfig> }
}

/** Keys that only the older, full profile knows. */
const fullKeys =
  `host plugins nodetree access_createnode max_items_node max_subscriptions_node pep_mapping item_publisher
  last_item_cache ignore_pep_from_offline sync_broadcast wpool`.split(/\s+/)
const lightDefaults = new Set(['access_model', 'max_items'])

function isFull(section: PubsubOptions): boolean {
  const written = (value: unknown) => value !== undefined
  if (Object.entries(section).some(([key, value]) => fullKeys.includes(key) && written(value))) return true
  const defaults = Object.entries(section.default_node_config ?? {})
  return section.backend === 'mnesia' || defaults.some(([key, value]) => !lightDefaults.has(key) && written(value))
}

/** The profile that the sections of the configuration choose, and whether the choice was open. */
export function settingsOf(
  newer: PubsubOptions | undefined,
  older: PubsubOptions | undefined,
): { readonly settings: Settings; readonly isAmbiguous: boolean } {
  if (older !== undefined && newer !== undefined)
    return { settings: assembled({ full: older, light: newer }), isAmbiguous: false }
  if (older !== undefined) return { settings: assembled({ full: older }), isAmbiguous: false }
  const section = newer ?? {}
  if (isFull(section)) return { settings: assembled({ full: section }), isAmbiguous: false }
  return { settings: assembled({ full: section, light: section }), isAmbiguous: true }
}

interface Sections {
  /** The service is made as it says. */
  readonly full: PubsubOptions
  /** Accounts have nodes as it says, whatever the other one says of them. */
  readonly light?: PubsubOptions
}

const defaultMaxItems = 10
const mostNodes = ({ max_nodes: most = 1000 }: PubsubOptions) => most

function assembled({ full, light }: Sections): Settings {
  const enabled = full.plugins ?? ['flat']
  const own = enabled.filter((name) => name !== 'pep' || light === undefined)
  const maxItems = full.max_items_node ?? defaultMaxItems
  return {
    service: {
      template: full.host ?? 'pubsub.@HOST@',
      plugins: own.length === 0 ? ['flat'] : own,
      createRule: full.access_createnode ?? 'all',
      isDag: full.nodetree === 'dag',
    },
    pep: pepSettings(full, light, enabled),
    maxItems: { service: maxItems, pep: light === undefined ? maxItems : (light.max_items_per_node ?? Infinity) },
    maxSubscriptions: full.max_subscriptions_node ?? Infinity,
    maxNodes: { service: mostNodes(full), pep: mostNodes(light ?? full) },
    ...switchesIn(full),
    defaults: { service: defaultsIn(full), pep: light === undefined ? defaultsIn(full) : lightDefaultsIn(light) },
  }
}

function switchesIn(full: PubsubOptions) {
  return {
    ignoresOffline: full.ignore_pep_from_offline ?? true,
    cachesLastItem: full.last_item_cache === 'mnesia',
    showsPublisher: full.item_publisher ?? false,
    waitsForBroadcast: full.sync_broadcast ?? false,
  }
}

function pepSettings(
  full: PubsubOptions,
  light: PubsubOptions | undefined,
  enabled: readonly PluginName[],
): PepSettings | undefined {
  if (light !== undefined) return { isLight: true, mapping: new Map(), plugins: ['pep'] }
  if (!enabled.includes('pep')) return undefined
  const written = full.pep_mapping ?? []
  const pairs = Array.isArray(written)
    ? written.map(({ namespace, node }) => [namespace, node] as const)
    : Object.entries(written)
  const fallback = enabled[0] ?? 'pep'
  const named = (name: string): PluginName => enabled.find((plugin) => plugin === name) ?? fallback
  return { isLight: false, mapping: new Map(pairs.map(([node, name]) => [node, named(name)])), plugins: enabled }
}

function defaultsIn({ default_node_config: written = {} }: PubsubOptions): Partial<NodeConfig> {
  const { max_items, ...others } = written
  const said = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined))
  return { ...said, ...(max_items === undefined ? {} : { max_items: max_items === Infinity ? 'max' : max_items }) }
}

/** Accounts of the light profile keep everything unless something else is said. */
function lightDefaultsIn(section: PubsubOptions): Partial<NodeConfig> {
  return { max_items: 'max', ...defaultsIn(section) }
}

/** For the account alone, all of it (XEP-0223), however little a client says: what is in there is nobody else's business. */
const secret: Partial<NodeConfig> = { access_model: 'whitelist', max_items: 'max', send_last_published_item: 'never' }

/** What nodes of accounts with these names are like whatever the configuration has for others. */
const wellKnown: ReadonlyMap<string, Partial<NodeConfig>> = new Map([
  ['urn:xmpp:bookmarks:1', secret],
  ['storage:bookmarks', secret],
  ['urn:xmpp:mds:displayed:0', secret],
  ['urn:xmpp:vcard4', { access_model: 'open', max_items: 1 }],
])

/** What a new node is like. */
export function defaultConfig(
  settings: Settings,
  { plugin, isPersonal, name }: { plugin: PluginName; isPersonal: boolean; name: string },
): NodeConfig {
  const said = settings.defaults[isPersonal ? 'pep' : 'service']
  return { ...plugins[plugin].defaults, ...said, ...(isPersonal ? wellKnown.get(name) : undefined) }
}
