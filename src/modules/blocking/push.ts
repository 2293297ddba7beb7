import { Stanza } from '../../stanza/stanza.ts'
import { randomId } from '../../util/random-id.ts'
import { el } from '../../xml/element.ts'
import type { BlocksChanged } from '../privacy/api.ts'
import { blockingNs, itemElement } from './format.ts'

/** Tells every session of a user of a change (XEP-0191 §3.2 to §3.4), and tells how many were told. */
export function tellOfBlocks({ host, account, blocked, unblocked }: BlocksChanged): number {
  const payloads = []
  if (unblocked === 'everybody') payloads.push(el('unblock', blockingNs))
  else if (unblocked.length > 0) payloads.push(el('unblock', blockingNs, unblocked.map(itemElement)))
  if (blocked.length > 0) payloads.push(el('block', blockingNs, blocked.map(itemElement)))
  const sessions = host.sessions.of(account)
  for (const payload of payloads) {
    for (const session of sessions) {
      const head = { type: 'set', id: `push${randomId(6)}`, from: account, to: session.jid }
      session.post(Stanza.make('iq', head, payload))
    }
  }
  return payloads.length * sessions.length
}
