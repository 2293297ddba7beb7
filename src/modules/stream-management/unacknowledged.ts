import { messageUnacknowledged } from '../../router/events.ts'
import type { Session } from '../../router/session.ts'
import type { KeptStanza } from './kept-stanza.ts'

/** Tells modules, once, that the client has not got a message yet; what they make of it is kept instead. */
export function tellUnacknowledged(session: Session, kept: KeptStanza): void {
  const { hooks } = session.host
  if (kept.isTold || kept.kind !== 'message' || !hooks.has(messageUnacknowledged)) return
  kept.isTold = true
  const stanza = kept.toStanza()
  const event = { session, stanza }
  const put = (): void => {
    if (event.stanza !== stanza) kept.replace(event.stanza)
  }
  const outcome = hooks.run(messageUnacknowledged, event)
  if (outcome instanceof Promise) void outcome.then(put)
  else put()
}
