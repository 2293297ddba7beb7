import type { DataForm, FormField } from '../../../stanza/data-form.ts'
import { formatTimestamp, parseTimestamp } from '../../../stanza/delay.ts'
import { pubsubError } from './pubsub-error.ts'

const shows = ['away', 'chat', 'dnd', 'online', 'xa'] as const

/** What a subscriber wants of a subscription (XEP-0060 §16.4.2); absent where nothing was said. */
export interface SubscriptionOptions {
  readonly deliver?: boolean
  readonly digest?: boolean
  readonly digest_frequency?: number
  /** Milliseconds since the epoch. */
  readonly expire?: number
  readonly include_body?: boolean
  readonly 'show-values'?: readonly string[]
  readonly subscription_type?: 'items' | 'nodes'
  readonly subscription_depth?: '1' | 'all'
}

type Value = boolean | number | string | readonly string[]
interface Field {
  readonly key: keyof SubscriptionOptions
  readonly type: NonNullable<FormField['type']>
  readonly label: string
  readonly options?: readonly string[]
  read(values: readonly string[]): Value | undefined
  write?(value: Value): string
}

const readTruth = ([text]: readonly string[]): boolean | undefined =>
  text === '1' || text === 'true' ? true : text === '0' || text === 'false' ? false : undefined
const oneOf =
  (...words: readonly string[]) =>
  ([text]: readonly string[]) =>
    words.find((word) => word === text)

const fields: readonly Field[] = [
  { key: 'deliver', type: 'boolean', label: 'Whether to receive notifications', read: readTruth },
  { key: 'digest', type: 'boolean', label: 'Whether to receive digests of notifications', read: readTruth },
  {
    key: 'digest_frequency',
    type: 'text-single',
    label: 'The minimum number of milliseconds between two digests',
    read: ([text = '']) => (/^\d{1,12}$/.test(text) ? Number(text) : undefined),
  },
  {
    key: 'expire',
    type: 'text-single',
    label: 'When the subscription ends',
    read: ([text = '']) => parseTimestamp(text),
    write: (value) => formatTimestamp(value as number),
  },
  { key: 'include_body', type: 'boolean', label: 'Whether to receive a message body', read: readTruth },
  {
    key: 'show-values',
    type: 'list-multi',
    label: 'The presence states in which to receive notifications',
    options: shows,
    read: (values) => (values.every((value) => shows.some((show) => show === value)) ? values : undefined),
  },
  {
    key: 'subscription_type',
    type: 'list-single',
    label: 'Whether to hear of items or of nodes',
    options: ['items', 'nodes'],
    read: oneOf('items', 'nodes'),
  },
  {
    key: 'subscription_depth',
    type: 'list-single',
    label: 'How far down to hear of nodes',
    options: ['1', 'all'],
    read: oneOf('1', 'all'),
  },
]

/** The options with what a form changes. Throws `bad-request` with `invalid-options`. */
export function changedOptions(options: SubscriptionOptions, form: DataForm): SubscriptionOptions {
  const changes: Partial<Record<keyof SubscriptionOptions, Value>> = {}
  for (const { var: name, values = [] } of form.fields) {
    if (name === undefined || name === 'FORM_TYPE') continue
    const field = fields.find(({ key }) => name === `pubsub#${key}`)
    const value = field?.read(values)
    if (field === undefined || value === undefined) throw pubsubError('bad-request', 'invalid-options')
    changes[field.key] = value
  }
  return { ...options, ...changes } as SubscriptionOptions
}

const defaults: SubscriptionOptions = { deliver: true, digest: false, include_body: false }

/** The fields of the form that shows options. */
export function optionFields(options: SubscriptionOptions): FormField[] {
  const shown = { ...defaults, ...options }
  return fields.map(({ key, type, label, options: choices, write }) => {
    const value = shown[key]
    return {
      var: `pubsub#${key}`,
      type,
      label,
      ...(choices === undefined ? {} : { options: choices.map((choice) => ({ value: choice })) }),
      values: value === undefined ? [] : write === undefined ? textsOf(value) : [write(value)],
    }
  })
}

function textsOf(value: Value): readonly string[] {
  if (typeof value === 'boolean') return [value ? '1' : '0']
  return typeof value === 'object' ? value : [String(value)]
}
