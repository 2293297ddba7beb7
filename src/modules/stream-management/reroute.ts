import { filterReroute } from '../../router/events.ts'
import { isRerouted } from '../../router/notes.ts'
import type { EndReason, Session } from '../../router/session.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { ownTicket, type Ticket } from '../../stanza/ticket.ts'
import type { KeptStanza } from './kept-stanza.ts'

/**
 * What a session that has ended leaves goes elsewhere, in order: to the session that has taken its place, or else the way of a
 * new message to the account. Settles when it is safe there.
 */
export function reroute(session: Session, reason: EndReason, left: readonly KeptStanza[]): Promise<void> {
  const { ticket, settled } = ownTicket()
  for (const kept of left) {
    // Who sent it waits until it is safe.
    kept.ticket?.hold(settled)
    if (kept.place === 'memory') kept.ticket?.kept()
  }
  void routeAll(session, reason, left, ticket).finally(() => ticket.handled())
  return settled
}

async function routeAll(
  session: Session,
  reason: EndReason,
  left: readonly KeptStanza[],
  ticket: Ticket,
): Promise<void> {
  const { host, jid } = session
  for (const kept of left) {
    const stanza = kept.delayed(jid.domain).under(ticket)
    returnIq(session, stanza)
    if (stanza.kind !== 'message') continue
    if (host.hooks.runNow(filterReroute, { session, stanza }) === 'drop') continue
    if (reason.kind === 'removed') host.router.bounce(stanza, 'service-unavailable')
    else await pass(session, stanza.with(isRerouted, true))
  }
}

/** A failure concerns one message only; whoever was to take it has told. */
async function pass(session: Session, stanza: Stanza): Promise<void> {
  const { host, jid } = session
  const successor = host.sessions.find(jid)
  try {
    await (successor === undefined ? host.router.route(stanza) : successor.deliver(stanza))
  } catch {}
}

/** Requests that the client will not get: who waits for an answer is told. */
export function returnIqs(session: Session, kept: readonly KeptStanza[]): void {
  for (const each of kept) returnIq(session, each.toStanza())
}

/** Nobody answers it any more. */
function returnIq({ host }: Session, stanza: Stanza): void {
  if (stanza.kind !== 'iq') return
  if (stanza.type === 'get' || stanza.type === 'set') host.router.bounce(stanza, 'service-unavailable')
}
