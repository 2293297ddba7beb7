import type { Jid } from '../../../jid/jid.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { privateMessage } from './groupchat.ts'
import { dropGhost } from './leaving.ts'
import { MUC } from './namespaces.ts'
import type { Occupant } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Room } from './room.ts'

/** Errors that say that a client cannot be reached any more. */
const signsOfDeath: readonly string[] = [
  'gone',
  'internal-server-error',
  'item-not-found',
  'jid-malformed',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
  'service-unavailable',
]

/** Passes a message on to one occupant, or throws StanzaError (XEP-0045 §7.5). */
export function sendPrivately(room: Room, stanza: Stanza, out: Outbox): void {
  const to = stanza.to as Jid
  if (stanza.type === 'groupchat') throw new StanzaError('bad-request', { text: 'Groupchat messages go to the room' })
  const sender = requireOccupant(room, stanza.from as Jid)
  const target = room.occupants.named(to.resource)
  if (target === undefined) throw new StanzaError('item-not-found', { text: 'Recipient is not in the conference room' })
  for (const feature of room.surroundings.features) feature.guardPrivateMessage?.(room, sender, target)
  const shown = privateMessage(room, sender, stanza)
  const marked = shown.has('x', MUC.user) ? shown : shown.append(el('x', MUC.user))
  out.broadcast(
    marked,
    target.seats.map((seat) => seat.jid),
  )
}

/** A client answers something of the room with an error: it may be gone. */
export function heedError(room: Room, stanza: Stanza, out: Outbox): void {
  const seat = room.occupants.seat(stanza.from as Jid)
  if (seat === undefined) return
  const condition = stanza.child('error')?.elements()[0]?.name ?? ''
  const isToRoom = (stanza.to as Jid).isBare
  if (!isToRoom && stanza.kind === 'message' && !signsOfDeath.includes(condition)) return
  dropGhost(room, seat, `This participant is put out because it has sent an error (${condition})`, out)
}

/** The occupant whose client this is. Throws `not-acceptable` for who is not inside. */
export function requireOccupant(room: Room, jid: Jid): Occupant {
  const occupant = room.occupants.seat(jid)?.occupant
  if (occupant !== undefined) return occupant
  throw new StanzaError('not-acceptable', { type: 'modify', text: 'Only occupants are allowed to do this' })
}
