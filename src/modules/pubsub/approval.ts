import { Jid } from '../../jid/jid.ts'
import { formElement, readForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { PS } from './core/namespaces.ts'
import type { PubsubNode, Subscription } from './core/node.ts'
import { lastItemNotice, subscriptionElement } from './core/notice.ts'
import { pubsubError } from './core/pubsub-error.ts'
import { type Engine, existing, mustOwn } from './engine.ts'

/** Asks the owners of a node whether somebody may subscribe (XEP-0060 §8.6). */
export function askOwners({ notifier }: Engine, node: PubsubNode, subscription: Subscription, only?: Jid): void {
  const form = formElement({
    type: 'form',
    title: 'PubSub subscriber request',
    instructions: ['Choose whether to approve this entity’s subscription request.'],
    formType: PS.authorization,
    fields: [
      { var: 'pubsub#node', type: 'text-single', label: 'Node', values: [node.name] },
      { var: 'pubsub#subscriber_jid', type: 'jid-single', label: 'Subscriber', values: [subscription.jid.full] },
      { var: 'pubsub#allow', type: 'boolean', label: 'Allow this subscription?', values: ['0'] },
    ],
  })
  const message = Stanza.make('message', { from: node.service }, form)
  const owners = only === undefined ? node.owners.map((owner) => Jid.parse(owner)) : [only]
  for (const owner of owners) notifier.post(message, owner)
}

/** Whether a message holds the answer of an owner. */
export function isApproval(stanza: Stanza): boolean {
  if (stanza.kind !== 'message' || stanza.type === 'error' || !stanza.has('x', NS.forms)) return false
  const x = stanza.child('x', NS.forms)
  const isTyped = x
    ?.childrenNamed('field')
    .some((field) => field.attr('var') === 'FORM_TYPE' && field.childText('value') === PS.authorization)
  return isTyped === true && x?.attr('type') !== 'form'
}

/** Does as an owner has answered. Throws StanzaError. */
export async function answerApproval(engine: Engine, service: Jid, stanza: Stanza): Promise<void> {
  const form = readForm(stanza.child('x', NS.forms))
  if (form.type === 'cancel') return
  if (form.type !== 'submit') throw new StanzaError('bad-request')
  const name = form.value('pubsub#node')
  const subscriber = form.jid('pubsub#subscriber_jid')
  const isAllowed = form.boolean('pubsub#allow')
  const from = stanza.from
  if (name === undefined || subscriber === undefined || isAllowed === undefined || from === undefined)
    throw new StanzaError('not-acceptable')
  engine.mustAccept()
  const node = await engine.nodes.run(service, name, async (there) => {
    const node = existing(there)
    mustOwn(node, from)
    const subscription = node.subscriptionOf(subscriber)
    if (subscription?.state !== 'pending') throw pubsubError('unexpected-request', 'not-subscribed', 'cancel')
    if (isAllowed) {
      const allowed: Subscription = { ...subscription, state: 'subscribed' }
      await engine.store.subscribe(node.id, allowed)
      node.subscribe(allowed)
    } else {
      await engine.store.unsubscribe(node.id, [subscription.subid])
      node.unsubscribe(subscriber)
    }
    return node
  })
  tellSubscriber(engine, node, subscriber)
  const { last } = node
  if (isAllowed && last !== undefined && node.config.send_last_published_item !== 'never') {
    const look = { withPublisher: engine.settings.showsPublisher }
    engine.notifier.post(lastItemNotice(node, last, look), subscriber)
  }
}

/** Tells a subscriber what has become of a subscription. */
export function tellSubscriber({ notifier }: Engine, node: PubsubNode, jid: Jid): void {
  const subscription = node.subscriptionOf(jid)
  const told = { state: subscription?.state ?? ('none' as const), subid: subscription?.subid }
  const event = el('event', PS.event, subscriptionElement(PS.event, node.name, jid, told))
  notifier.post(Stanza.make('message', { from: node.service }, event), jid)
}
