import type { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'

const chatStates = 'http://jabber.org/protocol/chatstates'
const events = 'jabber:x:event'
const expiry = 'jabber:x:expire'
const hints = 'urn:xmpp:hints'

/** Whether a message is worth keeping for later (XEP-0160 §3, XEP-0334). */
export function isStorable(stanza: Stanza): boolean {
  if (stanza.has('no-store', hints) || stanza.has('no-permanent-store', hints)) return false
  if (stanza.child('x', events)?.child('id') !== undefined) return false
  const { index } = stanza
  const isOnlyChatState = index.length > 0 && index.every(({ name, ns }) => ns === chatStates || name === 'thread')
  return !isOnlyChatState
}

/** When a message is no longer wanted, in milliseconds since the epoch (XEP-0023); undefined for never. */
export function expiresAt(stanza: Stanza, now: number): number | undefined {
  const seconds = Number(stanza.child('x', expiry)?.attr('seconds'))
  return Number.isInteger(seconds) && seconds > 0 ? now + seconds * 1000 : undefined
}

/** What the sender is told who asked to be told when the message is stored (XEP-0022). */
export function offlineEvent(account: Jid, stanza: Stanza): Stanza | undefined {
  if (stanza.child('x', events)?.child('offline') === undefined || stanza.from === undefined) return undefined
  const id = stanza.id === undefined ? undefined : el('id', events, stanza.id)
  return Stanza.make('message', { from: account, to: stanza.from }, el('x', events, id, el('offline', events)))
}
