import { Jid } from '../../jid/jid.ts'
import { type DataForm, formElement, readForm } from '../../stanza/data-form.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { randomId } from '../../util/random-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { askOwners } from './approval.ts'
import { PS } from './core/namespaces.ts'
import type { PubsubNode, Subscription } from './core/node.ts'
import { formIn, lastItemNotice, subscriptionElement } from './core/notice.ts'
import { plugins } from './core/plugin.ts'
import { pubsubError, unsupported } from './core/pubsub-error.ts'
import { subscribing } from './core/rights.ts'
import { changedOptions, optionFields } from './core/subscription-options.ts'
import { type Ask, type Engine, existing, nodeOf, relationOf } from './engine.ts'
import { isStorable } from './store.ts'
import { standingOf } from './world.ts'

/** Addresses of one account that may be subscribed to a node. */
const maxAddresses = 50

/** Subscriptions as subscribers see them (XEP-0060 §6.1 to §6.3, §5.6). */
export class SubscribeDesk {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async subscribe(ask: Ask): Promise<Element> {
    const { at, from, action, pubsub } = ask
    const jid = ownAddress(action, from)
    if (jid === undefined || !isStorable(jid)) throw pubsubError('bad-request', 'invalid-jid')
    const found = await nodeOf(this.#engine, ask)
    if (!found.config.subscribe || !plugins[found.type].features.has('subscribe')) throw unsupported('subscribe')
    const options = optionsForm(formIn(pubsub.child('options')))
    const relation = await relationOf(this.#engine, found, from)
    this.#engine.mustAccept()
    const { node, subscription } = await this.#engine.nodes.run(at.jid, found.name, async (there) => {
      const node = existing(there)
      const before = node.subscriptionOf(jid)
      this.#mustHaveRoom(node, jid)
      const standing = { ...standingOf(node, from, relation), isPending: before?.state === 'pending' }
      const state = subscribing(node.config, standing)
      const subscription: Subscription = {
        subid: before?.subid ?? randomId(12),
        jid,
        state,
        options: options === undefined ? (before?.options ?? {}) : changedOptions(before?.options ?? {}, options),
      }
      await this.#engine.store.subscribe(node.id, subscription)
      node.subscribe(subscription)
      return { node, subscription }
    })
    if (subscription.state === 'pending') askOwners(this.#engine, node, subscription)
    else if (subscription.options.deliver !== false) this.#sendLast(node, jid, at.isLight)
    const subid = subscription.state === 'pending' || at.isLight ? undefined : subscription.subid
    return answer(subscriptionElement(PS.pubsub, node.name, jid, { state: subscription.state, subid }))
  }

  #mustHaveRoom(node: PubsubNode, jid: Jid): void {
    if (node.subscriptionOf(jid) !== undefined) return
    const { maxSubscriptions } = this.#engine.settings
    const isFull = node.subscriptions.size >= maxSubscriptions || node.subscriptionsOf(jid).length >= maxAddresses
    if (!isFull) return
    this.#engine.limitReached('pubsub_subscriptions', { jid: jid.full, node: node.name })
    throw pubsubError('not-allowed', 'closed-node')
  }

  #sendLast(node: PubsubNode, jid: Jid, always: boolean): void {
    if (node.last === undefined || (node.config.send_last_published_item === 'never' && !always)) return
    const look = { withPublisher: this.#engine.settings.showsPublisher }
    this.#engine.notifier.post(lastItemNotice(node, node.last, look), jid)
  }

  async unsubscribe(ask: Ask): Promise<void> {
    const { at, from, action } = ask
    const jid = ownAddress(action, from)
    if (jid === undefined) throw new StanzaError('forbidden')
    const found = await nodeOf(this.#engine, ask)
    this.#engine.mustAccept()
    await this.#engine.nodes.run(at.jid, found.name, async (there) => {
      const node = existing(there)
      const subscription = node.subscriptionOf(jid)
      if (subscription === undefined || isOther(subscription, action))
        throw pubsubError('unexpected-request', 'not-subscribed', 'cancel')
      await this.#engine.store.unsubscribe(node.id, [subscription.subid])
      node.unsubscribe(jid)
    })
  }

  async options(ask: Ask): Promise<Element> {
    const node = await nodeOf(this.#engine, ask)
    mustTakeOptions(node)
    const subscription = this.#subscriptionOf(node, ask)
    const form = formElement({
      type: 'form',
      formType: PS.subscribeOptions,
      fields: optionFields(subscription.options),
    })
    const { jid, subid } = subscription
    return answer(el('options', PS.pubsub, { node: node.name, jid: jid.full, subid }, form))
  }

  async setOptions(ask: Ask): Promise<void> {
    const found = await nodeOf(this.#engine, ask)
    mustTakeOptions(found)
    this.#subscriptionOf(found, ask)
    const x = formIn(ask.action)
    if (x !== undefined && readForm(x).type === 'cancel') return
    const form = optionsForm(x)
    if (form === undefined) throw pubsubError('bad-request', 'invalid-options')
    this.#engine.mustAccept()
    await this.#engine.nodes.run(ask.at.jid, found.name, async (there) => {
      const node = existing(there)
      const before = this.#subscriptionOf(node, ask)
      const subscription = { ...before, options: changedOptions(before.options, form) }
      await this.#engine.store.subscribe(node.id, subscription)
      node.subscribe(subscription)
    })
  }

  #subscriptionOf(node: PubsubNode, { action, from }: Ask): Subscription {
    const text = action.attr('jid')
    const jid = text === undefined ? from.bare : Jid.tryParse(text)
    if (jid === undefined) throw pubsubError('bad-request', 'jid-required')
    const isOwner = node.affiliationOf(from) === 'owner'
    if (jid.bareString !== from.bareString && !isOwner) throw new StanzaError('forbidden')
    const subscription = node.subscriptionOf(jid)
    if (subscription === undefined) throw pubsubError('not-acceptable', 'not-subscribed')
    if (isOther(subscription, action)) throw pubsubError('not-acceptable', 'invalid-subid')
    return subscription
  }

  /** The form of options before there is a subscription (XEP-0060 §6.4). */
  default(): Element {
    const form = formElement({ type: 'form', formType: PS.subscribeOptions, fields: optionFields({}) })
    return answer(el('default', PS.pubsub, form))
  }

  async subscriptions({ at, from, action }: Ask): Promise<Element> {
    const name = action.attr('node')
    const found = await this.#engine.catalogue.subscriptionsOf(from, at.jid)
    const shown = found.filter((entry) => name === undefined || entry.name === name)
    const attrs = name === undefined ? {} : { node: name }
    const rows = shown.map(({ name: node, subscription }) => {
      const { jid, state } = subscription
      const subid = state === 'pending' || at.isLight ? undefined : subscription.subid
      return subscriptionElement(PS.pubsub, node, jid, { state, subid })
    })
    return answer(el('subscriptions', PS.pubsub, attrs, rows))
  }

  async affiliations({ at, from, action }: Ask): Promise<Element> {
    const name = action.attr('node')
    const found = await this.#engine.catalogue.affiliationsOf(from, at.jid)
    const shown = found.filter((entry) => name === undefined || entry.name === name)
    const rows = shown.map(({ name: node, affiliation }) => el('affiliation', PS.pubsub, { node, affiliation }))
    return answer(el('affiliations', PS.pubsub, name === undefined ? {} : { node: name }, rows))
  }
}

function answer(content: Element): Element {
  return el('pubsub', PS.pubsub, content)
}

/** The address that somebody names for themselves; undefined when it is not theirs. */
function ownAddress(action: Element, from: Jid): Jid | undefined {
  const jid = Jid.tryParse(action.attr('jid') ?? '')
  return jid?.bareString === from.bareString ? jid : undefined
}

function isOther({ subid }: Subscription, action: Element): boolean {
  const named = action.attr('subid')
  return named !== undefined && named !== subid
}

function mustTakeOptions({ type }: PubsubNode): void {
  if (!plugins[type].features.has('subscription-options')) throw unsupported('subscription-options')
}

/** A form of options that was filled in. Throws `bad-request` with `invalid-options`. */
function optionsForm(x: Element | undefined): DataForm | undefined {
  if (x === undefined) return undefined
  const form = readForm(x)
  if (form.type === 'submit' && form.formType === PS.subscribeOptions) return form
  throw pubsubError('bad-request', 'invalid-options')
}
