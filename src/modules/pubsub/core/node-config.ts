import type { DataForm, FormField } from '../../../stanza/data-form.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'

export const accessModels = ['open', 'authorize', 'presence', 'roster', 'whitelist'] as const
export const publishModels = ['publishers', 'subscribers', 'open'] as const
export const lastItemRules = ['never', 'on_sub', 'on_sub_and_presence'] as const
export const notificationTypes = ['headline', 'normal'] as const
export const nodeTypes = ['leaf', 'collection'] as const

export type AccessModel = (typeof accessModels)[number]

/** How a node is set up (XEP-0060 §16.4.4); named as in the form. */
export interface NodeConfig {
  readonly deliver_payloads: boolean
  readonly deliver_notifications: boolean
  readonly notify_config: boolean
  readonly notify_delete: boolean
  readonly notify_retract: boolean
  readonly persist_items: boolean
  readonly title: string
  readonly max_items: number | 'max'
  readonly subscribe: boolean
  readonly access_model: AccessModel
  readonly roster_groups_allowed: readonly string[]
  readonly publish_model: (typeof publishModels)[number]
  readonly purge_offline: boolean
  readonly notification_type: (typeof notificationTypes)[number]
  readonly max_payload_size: number
  readonly send_last_published_item: (typeof lastItemRules)[number]
  readonly presence_based_delivery: boolean
  readonly type: string
  readonly collection: readonly string[]
  readonly node_type: (typeof nodeTypes)[number]
  readonly body_xslt: string
}

type Value = boolean | string | number | readonly string[]

/** The largest payload that a node may be set up to take, in bytes. */
export const maxPayloadSize = 60_000

interface FieldKind {
  readonly type: NonNullable<FormField['type']>
  readonly options?: readonly string[]
  /** The value meant; undefined for what is none. */
  read(values: readonly string[], limit: number): Value | undefined
}

const single = (values: readonly string[]): string | undefined => (values.length === 1 ? values[0] : undefined)

const truth: FieldKind = {
  type: 'boolean',
  read(values) {
    const [text] = values
    if (values.length !== 1) return undefined
    return text === '1' || text === 'true' ? true : text === '0' || text === 'false' ? false : undefined
  },
}
const text: FieldKind = { type: 'text-single', read: (values) => (values.length === 0 ? '' : single(values)) }
const texts: FieldKind = { type: 'text-multi', read: (values) => values.filter((value) => value !== '') }
const groups: FieldKind = { ...texts, type: 'list-multi' }
const choice = (options: readonly string[]): FieldKind => ({
  type: 'list-single',
  options,
  read: (values) => options.find((option) => option === single(values)),
})

function upTo(value: string | undefined, most: number): number | undefined {
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined
  return Number(value) <= most ? Number(value) : undefined
}
const maxItems: FieldKind = {
  type: 'text-single',
  read: (values, limit) => (single(values) === 'max' ? 'max' : upTo(single(values), limit)),
}
const bytes: FieldKind = { type: 'text-single', read: (values) => upTo(single(values), maxPayloadSize) }

/** In the order of the form. */
const fields: readonly { readonly key: keyof NodeConfig; readonly kind: FieldKind; readonly label: string }[] = [
  { key: 'deliver_payloads', kind: truth, label: 'Deliver payloads with event notifications' },
  { key: 'deliver_notifications', kind: truth, label: 'Deliver event notifications' },
  { key: 'notify_config', kind: truth, label: 'Notify subscribers when the node configuration changes' },
  { key: 'notify_delete', kind: truth, label: 'Notify subscribers when the node is deleted' },
  { key: 'notify_retract', kind: truth, label: 'Notify subscribers when items are removed from the node' },
  { key: 'persist_items', kind: truth, label: 'Persist items to storage' },
  { key: 'title', kind: text, label: 'A friendly name for the node' },
  { key: 'max_items', kind: maxItems, label: 'Max # of items to persist' },
  { key: 'subscribe', kind: truth, label: 'Whether to allow subscriptions' },
  { key: 'access_model', kind: choice(accessModels), label: 'Who may subscribe and retrieve items' },
  { key: 'roster_groups_allowed', kind: groups, label: 'Roster groups allowed to subscribe' },
  { key: 'publish_model', kind: choice(publishModels), label: 'Who may publish' },
  { key: 'purge_offline', kind: truth, label: 'Purge all items when the publisher goes offline' },
  { key: 'notification_type', kind: choice(notificationTypes), label: 'The type of notification messages' },
  { key: 'max_payload_size', kind: bytes, label: 'Max payload size in bytes' },
  { key: 'send_last_published_item', kind: choice(lastItemRules), label: 'When to send the last published item' },
  { key: 'presence_based_delivery', kind: truth, label: 'Only deliver notifications to available users' },
  { key: 'type', kind: text, label: 'The type of node data' },
  { key: 'collection', kind: texts, label: 'The collections with which the node is affiliated' },
  { key: 'node_type', kind: choice(nodeTypes), label: 'Whether the node is a leaf or a collection' },
  { key: 'body_xslt', kind: text, label: 'A URL of a transformation that makes a message body of an item' },
]

const prefix = 'pubsub#'
const known = new Map(fields.map((field) => [`${prefix}${field.key}`, field]))
/** Settable, and not shown. */
const unseen = new Set<keyof NodeConfig>(['node_type', 'body_xslt'])

/** How a form is read. */
export interface ConfigRules {
  /** Most items that a node may be set up to keep. */
  readonly maxItems: number
  /** Whether a field that nobody knows is an error (`bad-request`) or passed over. */
  readonly isStrict: boolean
}

/** The configuration with what a form changes. Throws `not-acceptable` for a value that cannot be. */
export function changedConfig(config: NodeConfig, form: DataForm, rules: ConfigRules): NodeConfig {
  const changes: Partial<Record<keyof NodeConfig, Value>> = {}
  for (const { var: name, values = [] } of form.fields) {
    if (name === undefined || name === 'FORM_TYPE') continue
    const field = known.get(name)
    if (field === undefined) {
      if (rules.isStrict) throw new StanzaError('bad-request', { text: `${name} is not known` })
      continue
    }
    const value = field.kind.read(values, rules.maxItems)
    if (value === undefined) throw new StanzaError('not-acceptable', { text: `${name}: not a possible value` })
    changes[field.key] = value
  }
  return { ...config, ...changes } as NodeConfig
}

/** Whether a node is set up as a form says (XEP-0060 §7.1.5): every field known, possible, and equal in meaning. */
export function meets(config: NodeConfig, form: DataForm, maxItems: number): boolean {
  return form.fields.every(({ var: name, values = [] }) => {
    if (name === undefined || name === 'FORM_TYPE') return true
    const field = known.get(name)
    const value = field?.kind.read(values, maxItems)
    return field !== undefined && value !== undefined && isSame(value, config[field.key], maxItems)
  })
}

/** Whether two configurations let in the same people. */
export function hasSameAccess(one: NodeConfig, other: NodeConfig): boolean {
  const isSameModel = one.access_model === other.access_model
  return isSameModel && isSame(one.roster_groups_allowed, other.roster_groups_allowed, 0)
}

function isSame(one: Value, other: Value, maxItems: number): boolean {
  if (typeof one === 'object' || typeof other === 'object')
    return JSON.stringify([...(one as string[])].sort()) === JSON.stringify([...(other as string[])].sort())
  const plain = (value: Value) => (value === 'max' ? maxItems : value)
  return plain(one) === plain(other)
}

/** The fields of the form that shows a configuration; `allGroups` are those of the owner's roster. */
export function configFields(config: NodeConfig, allGroups: readonly string[] = []): FormField[] {
  return fields
    .filter(({ key }) => !unseen.has(key) || config.node_type === 'collection')
    .map(({ key, kind, label }) => {
      const options = key === 'roster_groups_allowed' ? allGroups : kind.options
      return {
        var: `${prefix}${key}`,
        type: kind.type,
        label,
        values: valuesOf(config[key]),
        ...(options === undefined ? {} : { options: options.map((value) => ({ value })) }),
      }
    })
}

function valuesOf(value: Value): readonly string[] {
  if (typeof value === 'boolean') return [value ? '1' : '0']
  return typeof value === 'object' ? value : [String(value)]
}

/** Most items that a node keeps, below the cap of the service. */
export function itemLimit(config: NodeConfig, cap: number): number {
  return config.max_items === 'max' ? cap : Math.min(config.max_items, cap)
}

/** Reads a configuration that was stored, by a build that may have known other fields. */
export function storedConfig(json: string, defaults: NodeConfig): NodeConfig {
  return { ...defaults, ...(JSON.parse(json) as Partial<NodeConfig>) }
}
