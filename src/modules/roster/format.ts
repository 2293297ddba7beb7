import type { Jid } from '../../jid/jid.ts'
import { Jid as JidClass } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { RosterItem } from './roster.ts'
import { subscriptionName } from './subscription.ts'

export const rosterNs = 'jabber:iq:roster'

/** Longest name and group, in characters; RFC 6121 leaves the limit to the server. */
const maxName = 1023

/** An item as a client sees it (RFC 6121 §2.1.2). */
export function itemElement(item: RosterItem): Element {
  return el(
    'item',
    rosterNs,
    {
      jid: item.jid.full,
      name: item.name === '' ? undefined : item.name,
      subscription: subscriptionName(item.state),
      ask: item.state.pendingOut ? 'subscribe' : undefined,
      approved: item.state.approved ? 'true' : undefined,
    },
    item.groups.map((group) => el('group', rosterNs, group)),
    item.extra,
  )
}

/** What a client asks for in a roster set. */
export interface ItemRequest {
  readonly jid: Jid
  readonly isRemoval: boolean
  readonly name: string
  readonly groups: readonly string[]
  readonly extra: readonly Element[]
}

/** Reads a roster set; throws the errors of RFC 6121 §2.3.3. */
export function parseItemRequest(query: Element): ItemRequest {
  const items = query.childrenNamed('item')
  const item = items[0]
  if (item === undefined || items.length > 1) throw new StanzaError('bad-request')
  const jid = JidClass.tryParse(item.attr('jid') ?? '')
  if (item.attr('jid') === undefined) throw new StanzaError('bad-request')
  if (jid === undefined) throw new StanzaError('jid-malformed')
  const name = item.attr('name') ?? ''
  if (name.length > maxName) throw new StanzaError('not-acceptable')
  return {
    jid,
    isRemoval: item.attr('subscription') === 'remove',
    name,
    groups: groupsOf(item),
    extra: item.elements().filter((child) => child.ns !== rosterNs),
  }
}

function groupsOf(item: Element): string[] {
  const groups = item.childrenNamed('group').map((group) => group.text())
  if (new Set(groups).size !== groups.length) throw new StanzaError('bad-request')
  if (groups.some((group) => group === '' || group.length > maxName)) throw new StanzaError('not-acceptable')
  return groups
}
