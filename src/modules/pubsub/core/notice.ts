import type { Jid } from '../../../jid/jid.ts'
import { delayElement } from '../../../stanza/delay.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { type Element, el } from '../../../xml/element.ts'
import { parseElement } from '../../../xml/parse.ts'
import { PS } from './namespaces.ts'
import { type Item, type PubsubNode, type Subscription, timeOf } from './node.ts'

/** What an event is about: what is published or taken back, or the node itself. */
export type NoticeKind = 'items' | 'nodes'

/** The message that tells of something about a node; to be addressed. */
export function noticeOf(node: PubsubNode, ...content: readonly Element[]): Stanza {
  const type = node.config.notification_type === 'headline' ? 'headline' : ''
  return Stanza.make('message', { type, from: node.service }, el('event', PS.event, content))
}

/** How items are shown to others. */
export interface ItemLook {
  readonly withPublisher: boolean
}

/** An item as it stands in events (`#event`) and answers. */
export function itemElement(ns: string, item: Item, look: ItemLook, withPayload = true): Element {
  return bareItem(ns, item, look, withPayload && item.payload !== '' ? parseElement(item.payload) : undefined)
}

/** The same with a payload that is in hand, or none. */
export function bareItem(ns: string, item: Item, { withPublisher }: ItemLook, payload: Element | undefined): Element {
  return el('item', ns, { id: item.id, publisher: withPublisher ? item.publisher.full : undefined }, payload)
}

/** `<items/>` with what was published or retracted. */
export function itemsElement(node: PubsubNode, content: readonly Element[]): Element {
  return el('items', PS.event, { node: node.name }, content)
}

/** `<retract/>` of each id. */
export function retractions(ids: readonly string[]): Element[] {
  return ids.map((id) => el('retract', PS.event, { id }))
}

/** The last item of a node, for who has come later (XEP-0060 §6.1.7). */
export function lastItemNotice(node: PubsubNode, item: Item, look: ItemLook): Stanza {
  const content = itemElement(PS.event, item, look, node.config.deliver_payloads)
  const from = node.isPersonal ? node.service : item.publisher
  return noticeOf(node, itemsElement(node, [content])).append(delayElement(from.full, timeOf(item)))
}

/** Tells a subscriber what has become of a subscription that had to be approved. */
export function subscriptionElement(ns: string, node: string, jid: Jid, { state, subid }: Told): Element {
  return el('subscription', ns, { node, jid: jid.full, subid, subscription: state })
}

/** What is told of a subscription. */
export interface Told {
  readonly state: Subscription['state'] | 'none'
  readonly subid?: string | undefined
}

/** SHIM headers (XEP-0131); undefined when there are none. */
export function headersElement(headers: readonly { readonly name: string; readonly value: string }[]): Element {
  return el(
    'headers',
    PS.shim,
    headers.map(({ name, value }) => el('header', PS.shim, { name }, value)),
  )
}

/** Says whom to answer (XEP-0033): the client that has published. */
export function replyTo(publisher: Jid): Element {
  return el('addresses', PS.address, el('address', PS.address, { type: 'replyto', jid: publisher.full }))
}

/** The children of a node's request that carry a form. */
export function formIn(parent: Element | undefined): Element | undefined {
  return parent?.child('x', NS.forms)
}
