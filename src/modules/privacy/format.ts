import { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { type PrivacyItem, PrivacyList } from './privacy-list.ts'
import { everyKind, stanzaKind } from './stanza-kind.ts'

/** The namespace of XEP-0016. */
export const privacyNs = 'jabber:iq:privacy'

const kindNames = new Map<string, number>([
  ['message', stanzaKind.message],
  ['iq', stanzaKind.iq],
  ['presence-in', stanzaKind.presenceIn],
  ['presence-out', stanzaKind.presenceOut],
])

/** What a client asks of its lists: one child at most (XEP-0016 §2.1). */
export interface ListRequest {
  readonly what: 'list' | 'active' | 'default'
  readonly name: string | undefined
  readonly element: Element
}

/** Reads a request, undefined when it has no child. Throws `bad-request`. */
export function readRequest(query: Element): ListRequest | undefined {
  const [element, ...more] = query.elements()
  if (element === undefined) return undefined
  const { name: what, ns } = element
  if (more.length > 0 || ns !== privacyNs || (what !== 'list' && what !== 'active' && what !== 'default'))
    throw new StanzaError('bad-request')
  const name = element.attr('name')
  if (name === '' || (what === 'list' && name === undefined)) throw new StanzaError('bad-request')
  return { what, name, element }
}

/** Reads the items of a list. Broken ones are left out; what is no item, or an order that two have, is `bad-request`. */
export function readList(list: Element): PrivacyList {
  const elements = list.elements()
  if (elements.some((element) => !element.is('item', privacyNs))) throw new StanzaError('bad-request')
  const items = elements.map(readItem).filter((item) => item !== undefined)
  if (new Set(items.map(({ order }) => order)).size < items.length) {
    throw new StanzaError('bad-request', { text: 'Two items have the same order' })
  }
  return new PrivacyList(items)
}

function readItem(element: Element): PrivacyItem | undefined {
  const action = element.attr('action')
  const order = element.attr('order') ?? ''
  const type = element.attr('type')
  const kinds = readKinds(element)
  if ((action !== 'allow' && action !== 'deny') || !/^\d{1,15}$/.test(order) || kinds === undefined) return undefined
  const rule = { action, order: Number(order), kinds } as const
  if (type === undefined) return { ...rule, type, value: '' }
  if (type !== 'jid' && type !== 'group' && type !== 'subscription') return undefined
  const value = readValue(type, element.attr('value') ?? '')
  return value === undefined ? undefined : { ...rule, type, value }
}

function readValue(type: 'jid' | 'group' | 'subscription', value: string): string | undefined {
  if (type === 'jid') return Jid.tryParse(value)?.full
  if (type === 'group') return value === '' ? undefined : value
  return ['none', 'to', 'from', 'both'].includes(value) ? value : undefined
}

function readKinds(item: Element): number | undefined {
  let kinds = 0
  for (const child of item.elements()) {
    const kind = child.ns === privacyNs ? kindNames.get(child.name) : undefined
    if (kind === undefined) return undefined
    kinds |= kind
  }
  return kinds === 0 ? everyKind : kinds
}

/** A list as a client is told of it, with its items or by name only. */
export function listElement(name: string, list?: PrivacyList): Element {
  return el('list', privacyNs, { name }, list?.items.map(itemElement))
}

function itemElement({ action, order, type, value, kinds }: PrivacyItem): Element {
  const attributes = { type, value: type === undefined ? undefined : value, action, order: String(order) }
  const named = kinds === everyKind ? [] : [...kindNames].filter(([, kind]) => (kinds & kind) !== 0)
  return el(
    'item',
    privacyNs,
    attributes,
    named.map(([name]) => el(name, privacyNs)),
  )
}
