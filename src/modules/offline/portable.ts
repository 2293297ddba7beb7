import { Jid } from '../../jid/jid.ts'
import { delayElement } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { wireBytes } from '../../xml/wire.ts'
import type { StoredMessage } from './store.ts'

/** What messages that wait for a user stand in (XEP-0227 §4.5). */
export const waiting = el('offline-messages', NS.portable)

/** A message of a document as one that has been sent. Throws StanzaError for what is none. */
export function messageFrom(element: Element, user: Jid): Stanza {
  const from = Jid.tryParse(element.attr('from') ?? '')
  if (!element.is('message', NS.client) || from === undefined) {
    throw new StanzaError('bad-request', { text: 'an offline message that is no message, or from nobody' })
  }
  const to = Jid.tryParse(element.attr('to') ?? '') ?? user
  return Stanza.fromBytes(wireBytes(serialise(element.withAttrs({ from: from.full, to: to.full }))), Jid.parse)
}

/** A stored message as it stands in a document. */
export function elementOf({ bytes, sentAt }: StoredMessage, domain: string): Element {
  const message = parseElement(bytes.toString('utf8'))
  return message.withChildren([...message.children, delayElement(domain, sentAt, 'Offline Storage')])
}
