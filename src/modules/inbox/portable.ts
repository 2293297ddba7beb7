import { Jid } from '../../jid/jid.ts'
import { formatMicros, parseMicros } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { wireBytes } from '../../xml/wire.ts'
import { inboxNs } from './names.ts'
import type { StoredConversation } from './store.ts'

/** A conversation as it stands in a document of XEP-0227, which has no form for it: an element of our own. */
export function conversationElement({ remote, content, at, unread, box, mutedUntil }: StoredConversation): Element {
  const attributes = {
    jid: remote.bareString,
    box,
    unread: String(unread),
    stamp: formatMicros(at),
    mute: mutedUntil === 0 ? undefined : formatMicros(mutedUntil),
  }
  return el('conversation', inboxNs, attributes, parseElement(content.toString('utf8')))
}

/** Reads such an element; undefined for any other. Throws StanzaError for one that is not complete. */
export function conversationFrom(element: Element): StoredConversation | undefined {
  if (!element.is('conversation', inboxNs)) return undefined
  const remote = Jid.tryParse(element.attr('jid') ?? '')
  const at = parseMicros(element.attr('stamp') ?? '')
  const unread = Number(element.attr('unread') ?? '0')
  const mute = element.attr('mute')
  const message = element.child('message', NS.client)
  const isWhole = remote !== undefined && at !== undefined && message !== undefined && Number.isSafeInteger(unread)
  if (!isWhole || unread < 0) throw new StanzaError('bad-request', { text: 'a conversation that is not complete' })
  return {
    remote: remote.bare,
    content: Buffer.from(wireBytes(serialise(message))),
    at,
    unread,
    box: (element.attr('box') ?? 'inbox').slice(0, 64),
    mutedUntil: mute === undefined ? 0 : (parseMicros(mute) ?? 0),
  }
}
