import { randomUUID } from 'node:crypto'
import type { Jid } from '../../jid/jid.ts'
import { formatMicros } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { rsmElement } from '../../stanza/rsm.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { type Element, el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import type { Conversation } from './batch.ts'
import { formatPosition } from './listing.ts'
import { conversationNs, inboxNs } from './names.ts'
import type { Properties, StoredConversation } from './store.ts'

const forwardNs = 'urn:xmpp:forward:0'

/** What the properties of a conversation are shown with. */
export interface Shown {
  /** Microseconds since the epoch. */
  readonly now: number
  /** What modules add. */
  readonly more?: readonly Element[]
}

/** `<read/>`, `<box/>`, `<archive/>` and `<mute/>`. */
export function propertyElements(
  ns: string,
  { unread, box, mutedUntil }: Properties,
  { now, more = [] }: Shown,
): Element[] {
  return [
    el('read', ns, String(unread === 0)),
    el('box', ns, box),
    el('archive', ns, String(box === 'archive')),
    el('mute', ns, mutedUntil > now ? formatMicros(mutedUntil) : '0'),
    ...more,
  ]
}

/** The last message of a conversation (XEP-0297). */
export function forwardedElement({ content, at }: StoredConversation, owner: Jid): Element {
  const message = parseElement(content.toString('utf8'))
  const whole = message.attr('to') === undefined ? message.withAttrs({ to: owner.bareString }) : message
  return el('forwarded', forwardNs, el('delay', NS.delay, { stamp: formatMicros(at) }), whole)
}

/** A conversation as it is sent to who has asked. */
export function resultMessage(
  conversation: StoredConversation,
  { owner, to, queryId }: { readonly owner: Jid; readonly to: Jid; readonly queryId: string | undefined },
  shown: Shown,
): Stanza {
  const { unread } = conversation
  const attributes = { unread: String(unread), queryid: queryId }
  const content = [forwardedElement(conversation, owner), ...propertyElements(inboxNs, conversation, shown)]
  const head = { from: owner, to, id: randomUUID() }
  return Stanza.make('message', head, el('result', inboxNs, attributes, content))
}

/** What has been sent of an answer. */
export class Tally {
  #first: StoredConversation | undefined
  #last: StoredConversation | undefined
  #count = 0
  #active = 0
  #unread = 0

  get count(): number {
    return this.#count
  }

  add(conversation: StoredConversation): void {
    this.#first ??= conversation
    this.#last = conversation
    this.#count++
    this.#unread += conversation.unread
    if (conversation.unread > 0) this.#active++
  }

  /** What ends the answer. */
  toElement(): Element {
    return el(
      'fin',
      inboxNs,
      rsmElement({ first: idOf(this.#first), last: idOf(this.#last) }),
      el('active-conversations', inboxNs, String(this.#active)),
      el('count', inboxNs, String(this.#count)),
      el('unread-messages', inboxNs, String(this.#unread)),
    )
  }
}

function idOf(conversation: StoredConversation | undefined): string | undefined {
  if (conversation === undefined) return undefined
  return formatPosition({ at: conversation.at, remote: conversation.remote.bareString })
}

/** What tells the clients of an account that a conversation is another one now. */
export function noticeOf(
  { owner, remote }: Conversation,
  properties: Properties,
  {
    from,
    id,
    queryId,
    now,
  }: {
    readonly from: Jid
    readonly id?: string | undefined
    readonly queryId?: string | undefined
    readonly now: number
  },
): Stanza {
  const attributes = { jid: remote.bareString, queryid: queryId }
  const x = el('x', conversationNs, attributes, propertyElements(conversationNs, properties, { now }))
  return Stanza.make('message', { from, to: owner, id: id ?? randomUUID() }, x)
}
