import type { Jid } from '../../../jid/jid.ts'
import { formElement } from '../../../stanza/data-form.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import { type Element, el } from '../../../xml/element.ts'
import type { PushOptions, pushPlugins } from '../options.ts'
import { bodyOf } from '../sources.ts'
import type { Subscription } from './subscription.ts'

export const pushNs = 'urn:xmpp:push:0'
export const optionsForm = 'http://jabber.org/protocol/pubsub#publish-options'
const summaryForm = 'urn:xmpp:push:summary'
const pubsubNs = 'http://jabber.org/protocol/pubsub'
const hintsNs = 'urn:xmpp:hints'
const jingleNs = 'urn:xmpp:jingle-message:0'

/** Which messages are worth a notification. */
export type Plugin = (typeof pushPlugins)[keyof typeof pushPlugins]

/** What notifications show. */
export type Shows = Pick<PushOptions, 'show_sender' | 'show_body' | 'hidden_body'>

/** Fields of a summary (XEP-0357 §5.2). */
export type Fields = Readonly<Record<string, string>>

/** Whether anybody is to be notified of a message at all. */
export function isNotable(stanza: Stanza, plugin: Plugin): boolean {
  if (stanza.type !== 'chat' && stanza.type !== 'groupchat') return false
  if (plugin !== 'hints') return bodyOf(stanza) !== undefined
  if (stanza.has('no-store', hintsNs)) return false
  return bodyOf(stanza) !== undefined || (stanza.has('store', hintsNs) && callIn(stanza) !== undefined)
}

/** The fields of the summary of a message that is notable. */
export function fieldsOf(stanza: Stanza, account: Jid, count: number, shows: Shows): Fields {
  const sender = shows.show_sender ? senderOf(stanza) : account.domain
  const body = bodyOf(stanza)
  if (body === undefined) {
    const call = callIn(stanza)
    return { 'message-sender': sender, 'jingle-message': call?.name ?? '', 'jingle-session-id': call?.attr('id') ?? '' }
  }
  return {
    'message-count': String(count),
    'last-message-sender': sender,
    'last-message-body': shows.show_body ? body : shows.hidden_body,
  }
}

/** In a room it is the occupant who speaks, otherwise the account. */
function senderOf({ type, from }: Stanza): string {
  return (type === 'groupchat' ? from?.full : from?.bareString) ?? ''
}

/** What a message says of a call (XEP-0353). */
function callIn(stanza: Stanza): Element | undefined {
  const index = stanza.index.find(({ ns }) => ns === jingleNs)
  return index === undefined ? undefined : stanza.child(index.name, jingleNs)
}

/** The publication that tells a service (XEP-0357 §7). */
export function publication({ node, options }: Pick<Subscription, 'node' | 'options'>, fields: Fields): Element {
  const item = el('item', pubsubNs, el('notification', pushNs, form(summaryForm, fields)))
  return el(
    'pubsub',
    pubsubNs,
    el('publish', pubsubNs, { node }, item),
    options === undefined ? undefined : el('publish-options', pubsubNs, form(optionsForm, options)),
  )
}

function form(formType: string, fields: Fields): Element {
  return formElement({
    type: 'submit',
    formType,
    fields: Object.entries(fields).map(([name, value]) => ({ var: name, values: [value] })),
  })
}
