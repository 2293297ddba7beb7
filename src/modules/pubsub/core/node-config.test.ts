import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formElement, readForm } from '../../../stanza/data-form.ts'
import { parseElement } from '../../../xml/parse.ts'
import { serialise } from '../../../xml/serialise.ts'
import { fromWire } from '../../../xml/wire.ts'
import {
  accessModels,
  changedConfig,
  configFields,
  itemLimit,
  lastItemRules,
  meets,
  type NodeConfig,
  publishModels,
  storedConfig,
} from './node-config.ts'
import { plugins } from './plugin.ts'

const defaults = plugins.flat.defaults
const rules = { maxItems: 10, isStrict: false }
const form = (fields: Record<string, string | string[]>) =>
  readForm(
    formElement({
      type: 'submit',
      fields: Object.entries(fields).map(([name, values]) => ({
        var: `pubsub#${name}`,
        values: typeof values === 'string' ? [values] : values,
      })),
    }),
  )

const configs: fc.Arbitrary<NodeConfig> = fc.record({
  deliver_payloads: fc.boolean(),
  deliver_notifications: fc.boolean(),
  notify_config: fc.boolean(),
  notify_delete: fc.boolean(),
  notify_retract: fc.boolean(),
  persist_items: fc.boolean(),
  title: fc.constantFrom('', 'A title 🐢'),
  max_items: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constant('max' as const)),
  subscribe: fc.boolean(),
  access_model: fc.constantFrom(...accessModels),
  roster_groups_allowed: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
  publish_model: fc.constantFrom(...publishModels),
  purge_offline: fc.boolean(),
  notification_type: fc.constantFrom('headline', 'normal'),
  max_payload_size: fc.integer({ min: 0, max: 60_000 }),
  send_last_published_item: fc.constantFrom(...lastItemRules),
  presence_based_delivery: fc.boolean(),
  type: fc.constantFrom('', 'urn:x'),
  collection: fc.uniqueArray(fc.constantFrom('one', 'two')),
  node_type: fc.constant('leaf' as const),
  body_xslt: fc.constant(''),
})

describe('the configuration of a node', () => {
  it('comes back from its form and from storage, and meets itself', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const shown = formElement({ type: 'submit', fields: configFields(config, ['a', 'b', 'c']) })
        const sent = readForm(parseElement(fromWire(serialise(shown))))
        expect(changedConfig(defaults, sent, rules)).toEqual(config)
        expect(storedConfig(JSON.stringify(config), defaults)).toEqual(config)
        expect(meets(config, sent, 10)).toBe(true)
      }),
    )
  })

  it('keeps what a form does not speak of', () => {
    expect(changedConfig(defaults, form({ title: 'x', unknown: 'y' }), rules)).toEqual({ ...defaults, title: 'x' })
  })

  it('refuses what cannot be', () => {
    const faulty: Record<string, string | string[]>[] = [
      { persist_items: 'yes' },
      { max_items: '11' },
      { max_items: '-1' },
      { max_payload_size: '60001' },
      { access_model: 'closed' },
      { access_model: ['open', 'whitelist'] },
      { notification_type: 'chat' },
    ]
    for (const fields of faulty) {
      expect(() => changedConfig(defaults, form(fields), rules)).toThrow(
        expect.objectContaining({ condition: 'not-acceptable' }),
      )
    }
    const strict = { maxItems: 10, isStrict: true }
    expect(() => changedConfig(defaults, form({ unknown: 'x' }), strict)).toThrow(
      expect.objectContaining({ condition: 'bad-request' }),
    )
  })

  it('is compared by meaning', () => {
    const config: NodeConfig = { ...defaults, roster_groups_allowed: ['a', 'b'], max_items: 'max' }
    expect(meets(config, form({ persist_items: 'true', roster_groups_allowed: ['b', 'a'], max_items: '10' }), 10)).toBe(
      true,
    )
    const others = [
      ['persist_items', '0'],
      ['roster_groups_allowed', 'a'],
      ['max_items', '9'],
      ['other', '1'],
    ] as const
    for (const [name, value] of others) expect(meets(config, form({ [name]: value }), 10)).toBe(false)
  })

  it('limits items below the cap of the service', () => {
    expect(itemLimit({ ...defaults, max_items: 'max' }, 7)).toBe(7)
    expect(itemLimit({ ...defaults, max_items: 5 }, 7)).toBe(5)
    expect(itemLimit({ ...defaults, max_items: 9 }, 7)).toBe(7)
  })
})
