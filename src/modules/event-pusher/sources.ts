import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { type DeliveryOutcome, deliveryOutcome, messageUnacknowledged, userSends } from '../../router/events.ts'
import { sessionKey } from '../../router/keys.ts'
import { isCarbon, isRerouted } from '../../router/notes.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { jsonNote } from '../../stanza/stanza-key.ts'
import { presenceShown, presenceWithdrawn } from '../presence/api.ts'
import { type ChatEvent, messageTypes, type ServerEvent, type Unacknowledged } from './api.ts'

const isTrue = (json: unknown): json is true => json === true

/** The session has been said to be online. */
const isOnline = sessionKey<true>('event_pusher.online', jsonNote(isTrue))

/** Where events go. `mark`: what is noted at a message that is kept for a lost connection. */
export interface Listener {
  raise(event: ServerEvent): void
  mark?: ((event: Unacknowledged) => Stanza) | undefined
}

/** Turns what happens on the server into events. */
export function joinSources({ on }: Pick<ModuleContext, 'on'>, { raise, mark }: Listener): void {
  on(presenceShown, 'main', ({ session }) => {
    if (session.get(isOnline) === true) return
    session.set(isOnline, true)
    raise({ kind: 'user_status', jid: session.jid, isOnline: true })
  })
  on(presenceWithdrawn, 'main', ({ session }) => {
    if (session.get(isOnline) === undefined) return
    session.set(isOnline, undefined)
    raise({ kind: 'user_status', jid: session.jid, isOnline: false })
  })

  on(userSends, 'observe', ({ session, stanza }) => {
    if (stanza.kind !== 'message') return
    const event = chatEvent('in', stanza, session.jid, stanza.to ?? session.jid.bare)
    if (event !== undefined) raise(event)
  })
  on(deliveryOutcome, 'observe', ({ account, stanza, outcome }: DeliveryOutcome) => {
    if (outcome === 'refused') return
    if (stanza.get(isRerouted) === true) {
      raise({ kind: 'rerouted', to: account, stanza })
      return
    }
    const event = chatEvent('out', stanza, stanza.from, stanza.to ?? account)
    if (event !== undefined) raise(event)
  })
  on(messageUnacknowledged, 'observe', (event) => {
    const { session, stanza } = event
    if (stanza.get(isCarbon) === true || stanza.type === 'error') return
    const unacknowledged = { kind: 'unacknowledged', session, stanza } as const
    if (mark !== undefined) event.stanza = mark(unacknowledged)
    raise(unacknowledged)
  })
}

function chatEvent(
  direction: ChatEvent['direction'],
  stanza: Stanza,
  from: Jid | undefined,
  to: Jid,
): ChatEvent | undefined {
  // What is of no known type is `normal` (RFC 6121 §5.2.2).
  const type = messageTypes.find((name) => name === stanza.type) ?? 'normal'
  if (stanza.type === 'error' || from === undefined) return undefined
  return { kind: 'chat', direction, type, from, to, stanza }
}

/** The text of a message that is worth telling; undefined for one without. */
export function bodyOf(stanza: Stanza): string | undefined {
  const text = stanza.has('body') ? stanza.child('body')?.text() : undefined
  return text === '' ? undefined : text
}
