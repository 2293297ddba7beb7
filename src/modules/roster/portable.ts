import { Jid } from '../../jid/jid.ts'
import type { ExportedPart, Imported, ImportedElement } from '../../router/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { itemElement, parseItemRequest, rosterNs } from './format.ts'
import { newItem, type Roster, type RosterItem } from './roster.ts'
import type { Change, RosterService } from './service.ts'
import type { SubscriptionState } from './subscription.ts'

/** A roster and the requests that wait, as they stand in a document of XEP-0227 (§4.4, §4.9). */
export function rosterParts(roster: Roster, user: Jid): ExportedPart | undefined {
  const { listed } = roster
  const requests = [...roster.items.values()].filter(({ state }) => state.pendingIn)
  if (listed.length === 0 && requests.length === 0) return undefined
  const query = listed.length === 0 ? [] : [el('query', rosterNs, listed.map(itemElement))]
  return { elements: [...query, ...requests.map((item) => requestElement(item, user))] }
}

function requestElement({ jid, request }: RosterItem, user: Jid): Element {
  const presence = request ?? el('presence', NS.client)
  return presence.withAttrs({ type: 'subscribe', from: jid.full, to: user.bareString })
}

/** Takes a roster, or a request that waits, from a document. */
export async function importRoster(
  service: RosterService,
  { user, element, isDryRun }: ImportedElement,
): Promise<Imported | undefined> {
  const isRequest = element.is('presence', NS.client) && element.attr('type') === 'subscribe'
  if (!isRequest && !element.is('query', rosterNs)) return undefined
  const items = isRequest ? [requestFrom(element)] : element.childrenNamed('item').map(itemFrom)
  if (!isDryRun) for (const item of items) await service.change(user, (roster) => merge(roster, item))
  return { kind: isRequest ? 'subscription requests' : 'contacts', count: items.length }
}

function itemFrom(element: Element): RosterItem {
  const { jid, name, groups, extra } = parseItemRequest(el('query', rosterNs, element))
  const subscription = element.attr('subscription') ?? 'none'
  if (!['none', 'to', 'from', 'both'].includes(subscription)) {
    throw new StanzaError('bad-request', { text: `a contact with the subscription ${subscription}` })
  }
  const to = subscription === 'to' || subscription === 'both'
  const from = subscription === 'from' || subscription === 'both'
  const pendingOut = !to && element.attr('ask') === 'subscribe'
  const approved = !from && ['true', '1'].includes(element.attr('approved') ?? '')
  return {
    ...newItem(jid),
    name,
    groups,
    extra,
    isListed: true,
    state: { to, from, pendingOut, pendingIn: false, approved },
  }
}

function requestFrom(element: Element): RosterItem {
  const jid = Jid.tryParse(element.attr('from') ?? '')
  if (jid === undefined) throw new StanzaError('jid-malformed', { text: 'a subscription request from nobody' })
  const item = newItem(jid.bare)
  return { ...item, request: element, state: { ...item.state, pendingIn: true } }
}

/** What the user has already made of a contact stays; subscriptions are those of both. */
function merge(roster: Roster, item: RosterItem): Change {
  const known = roster.get(item.jid)
  if (known === undefined) return { put: item }
  const { name, groups, extra, isListed } = known.isListed ? known : item
  const put = { ...known, name, groups, extra, isListed }
  const state = both(known.state, item.state)
  return { put: { ...put, state, request: state.pendingIn ? (known.request ?? item.request) : undefined } }
}

function both(a: SubscriptionState, b: SubscriptionState): SubscriptionState {
  const to = a.to || b.to
  const from = a.from || b.from
  return {
    to,
    from,
    pendingOut: !to && (a.pendingOut || b.pendingOut),
    pendingIn: !from && (a.pendingIn || b.pendingIn),
    approved: !from && (a.approved || b.approved),
  }
}
