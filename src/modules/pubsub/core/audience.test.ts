import { describe, expect, it } from 'vitest'
import { Jid } from '../../../jid/jid.ts'
import { audienceOf, type Presences, plainAudience, type Telling, withoutCovered } from './audience.ts'
import { PubsubNode, type Subscription } from './node.ts'
import type { NodeConfig } from './node-config.ts'
import { plugins } from './plugin.ts'

const everybody: Presences = { isAvailable: () => true, showsOf: () => ['online'] }
let count = 0

function node(
  name: string,
  subscriptions: readonly (Partial<Subscription> & { to: string })[],
  config: Partial<NodeConfig> = {},
): PubsubNode {
  return new PubsubNode({
    id: name,
    service: Jid.parse('pubsub.example'),
    name,
    type: 'dag',
    config: { ...plugins.dag.defaults, ...config },
    affiliations: new Map(),
    subscriptions: subscriptions.map(({ to, ...rest }) => ({
      subid: `s${++count}`,
      jid: Jid.parse(to),
      state: 'subscribed',
      options: {},
      ...rest,
    })),
    itemCount: 0,
    last: undefined,
  })
}

function told(leaf: PubsubNode, telling: Partial<Telling> = {}): string[] {
  const whole: Telling = { node: leaf, ancestors: [], kind: 'items', now: 1000, presences: everybody, ...telling }
  return audienceOf(whole).map(({ jid, subids, collection }) => `${jid.full} ${subids.length} ${collection ?? '-'}`)
}

describe('who is told', () => {
  it('is who is subscribed, as their options have it', () => {
    const leaf = node('leaf', [
      { to: 'a@x' },
      { to: 'b@x', state: 'pending' },
      { to: 'c@x', options: { deliver: false } },
      { to: 'd@x', options: { expire: 1000 } },
      { to: 'e@x', options: { expire: 1001 } },
      { to: 'f@x', options: { subscription_type: 'nodes' } },
      { to: 'g@x', options: { subscription_type: 'items' } },
      { to: 'h@x', options: { 'show-values': ['dnd'] } },
      { to: 'i@x', options: { 'show-values': ['online', 'chat'] } },
    ])
    expect(told(leaf)).toEqual(['a@x 1 -', 'e@x 1 -', 'g@x 1 -', 'i@x 1 -'])
    expect(told(leaf, { kind: 'nodes' })).toEqual(['a@x 1 -', 'e@x 1 -', 'f@x 1 -', 'i@x 1 -'])
  })

  it('is everybody once, by way of collections too, as deep as they want', () => {
    const leaf = node('leaf', [{ to: 'a@x' }])
    const near = node('near', [{ to: 'a@x' }, { to: 'b@x', options: { subscription_depth: '1' } }])
    const far = node('far', [
      { to: 'c@x' },
      { to: 'd@x', options: { subscription_depth: '1' } },
      { to: 'e@x', options: { subscription_depth: 'all' } },
    ])
    const ancestors = [
      { node: near, depth: 1 },
      { node: far, depth: 2 },
    ]
    expect(told(leaf, { ancestors })).toEqual(['a@x 2 near', 'b@x 1 near', 'c@x 1 far', 'e@x 1 far'])
  })

  it('is only who is there, where the node has it so', () => {
    const leaf = node('leaf', [{ to: 'a@x' }, { to: 'b@x/r' }], { presence_based_delivery: true })
    const presences = { ...everybody, isAvailable: (jid: Jid) => jid.isFull }
    expect(told(leaf, { presences })).toEqual(['b@x/r 1 -'])
  })

  it('needs nothing made for each while all are treated alike', () => {
    const leaf = node('leaf', [{ to: 'a@x' }, { to: 'b@x', state: 'pending' }])
    const telling: Telling = { node: leaf, ancestors: [], kind: 'items', now: 0, presences: everybody }
    expect(plainAudience(telling)?.map(String)).toEqual(['a@x'])
    expect(plainAudience(telling)).toBe(plainAudience(telling))
    leaf.subscribe({ subid: 's', jid: Jid.parse('c@x'), state: 'subscribed', options: {} })
    expect(plainAudience(telling)?.map(String)).toEqual(['a@x', 'c@x'])
    leaf.subscribe({ subid: 's', jid: Jid.parse('c@x'), state: 'subscribed', options: { deliver: false } })
    expect(plainAudience(telling)).toBeUndefined()
    leaf.unsubscribe(Jid.parse('c@x'))
    leaf.config = { ...leaf.config, presence_based_delivery: true }
    expect(plainAudience(telling)).toBeUndefined()
  })

  it('leaves out accounts whose clients are told by themselves', () => {
    const recipients = ['a@x', 'a@x/other', 'a@x/pc', 'b@x'].map((jid) => ({
      jid: Jid.parse(jid),
      subids: ['s'],
      collection: undefined,
    }))
    const left = withoutCovered(recipients, [Jid.parse('a@x/pc')])
    expect(left.map(({ jid }) => jid.full)).toEqual(['a@x/other', 'b@x'])
  })
})
