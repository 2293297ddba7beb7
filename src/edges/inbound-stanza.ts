import { Jid } from '../jid/jid.ts'
import { notManaged } from '../protocol/c2s/refusal.ts'
import { violation } from '../protocol/c2s/violation.ts'
import type { Received } from '../stanza/fields.ts'
import { NS } from '../stanza/namespaces.ts'
import { Stanza } from '../stanza/stanza.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { StreamError } from '../stanza/stream-error.ts'
import type { Element } from '../xml/element.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { ClientSession } from './client-service.ts'
import type { SessionTraffic } from './client-traffic.ts'

/** Whether this is a stanza and not one of the other elements that a stream may carry. */
export function isStanza(raw: RawElement): boolean {
  const { name } = raw
  return raw.ns === NS.client && (name === 'message' || name === 'presence' || name === 'iq')
}

/** The answer to something that has no place in a session. Throws StreamError where that ends the stream. */
function refusalOfNonza(raw: RawElement): Element {
  if (raw.ns === NS.streamManagement) return notManaged
  throw raw.ns === NS.sasl2 ? violation(raw) : new StreamError('unsupported-stanza-type')
}

/**
 * Reads a stanza from the client bound to `jid`: stamped with that address; without `to`, a message or IQ is for the
 * client's own account (RFC 6120 §8.1.1.1). Throws StreamError `invalid-from`. A `to` that is no address gives a stanza
 * without `to`, see {@link faultOf}.
 */
export function stanzaFrom(raw: RawElement, jid: Jid, received: Received): Stanza {
  const from = raw.attr('from')
  if (from !== undefined && from !== jid.full && !isOwn(from, jid)) throw new StreamError('invalid-from')
  const addressed = raw.attr('to')
  if (addressed !== undefined) return Stanza.fromRaw(raw, jid, Jid.tryParse(addressed), received)
  return Stanza.fromRaw(raw, jid, raw.name === 'presence' ? undefined : jid.bare, received)
}

function isOwn(text: string, jid: Jid): boolean {
  const address = Jid.tryParse(text)
  return address !== undefined && (address.full === jid.full || address.full === jid.bareString)
}

/** What is wrong with a stanza that it cannot be processed at all, undefined when nothing is (RFC 6120 §8.1.1, §8.2.3). */
export function faultOf(stanza: Stanza, raw: RawElement): StanzaError | undefined {
  if (stanza.to === undefined && (stanza.kind !== 'presence' || raw.attr('to') !== undefined)) {
    return new StanzaError('jid-malformed')
  }
  if (stanza.kind !== 'iq') return undefined
  const { type } = stanza
  const isRequest = type === 'get' || type === 'set'
  if (!isRequest && type !== 'result' && type !== 'error') return new StanzaError('bad-request')
  if (stanza.id === undefined) return new StanzaError('bad-request')
  return isRequest && raw.kids.length !== 1 ? new StanzaError('bad-request') : undefined
}

/** Whether this asks for a session as RFC 3921 §3 had it, which is granted by doing nothing. */
export function asksForSession(raw: RawElement): boolean {
  return raw.name === 'iq' && raw.kids[0]?.ns === NS.session && raw.attr('type') === 'set'
}

/** Gives an element that is no stanza to the session; what no module knows has an answer. Throws StreamError where that ends the stream. */
export function receiveNonza(
  session: ClientSession,
  raw: RawElement,
  traffic: SessionTraffic | undefined,
): Element | undefined {
  traffic?.received(session.jid, raw, undefined)
  return session.receiveNonza(raw) ? undefined : refusalOfNonza(raw)
}

/**
 * Counts a stanza from the client and gives it to the session, or answers what cannot be processed. A promise says that the next
 * one has to wait. Throws StreamError.
 */
export function receiveStanza(
  session: ClientSession,
  raw: RawElement,
  traffic: SessionTraffic | undefined,
  lang: string | undefined,
): Promise<void> | undefined {
  const ticket = session.count()
  const stanza = stanzaFrom(raw, session.jid, { lang, ticket })
  traffic?.received(session.jid, raw, stanza)
  const busy = handle(session, raw, stanza, traffic)
  if (ticket === undefined) return busy
  const handled = (): void => ticket.handled()
  if (busy === undefined) handled()
  else busy.then(handled, handled)
  return busy
}

function handle(
  session: ClientSession,
  raw: RawElement,
  stanza: Stanza,
  traffic: SessionTraffic | undefined,
): Promise<void> | undefined {
  const fault = faultOf(stanza, raw)
  if (fault === undefined && !asksForSession(raw)) {
    return traffic?.isTimed === true ? traffic.time(session, stanza) : session.receive(stanza)
  }
  const reply = fault === undefined ? stanza.result() : stanza.errorReply(fault)
  if (reply !== undefined) session.answer(reply)
  return undefined
}
