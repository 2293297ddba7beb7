import { NS } from '../../../stanza/namespaces.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import type { Element } from '../../../xml/element.ts'
import { actorOf, ownPresence } from './entry.ts'
import type { Occupant, Seat } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Room } from './room.ts'
import { announceGone, type ChangeNote, showOwnGone } from './shown-presence.ts'

/** Why somebody is put out, as a status code (XEP-0045 §15.6.2). */
export type RemovalCode = 301 | 307 | 321 | 322 | 332

/** Why somebody is put out, and by whom. */
export interface Removal extends Pick<ChangeNote, 'reason' | 'actor' | 'version'> {
  readonly code: RemovalCode
}

/** A client leaves of its own (XEP-0045 §7.14). The others are told when it was the last one of its nick. */
export function leave(room: Room, seat: Seat, stanza: Stanza, out: Outbox): void {
  const farewell = ownPresence(room, stanza, seat.occupant.jid)
  removeSeat(room, seat, { farewell }, out)
  if (seat.occupant.seats.length > 0) return
  out.tell({ kind: 'left', who: actorOf(seat.occupant), reason: stanza.child('status', NS.client)?.text() ?? '' })
}

/** A client that cannot be reached any more is put out for technical reasons (XEP-0045 §15.6.2, 333). */
export function dropGhost(room: Room, seat: Seat, reason: string, out: Outbox): void {
  removeSeat(room, seat, { codes: [307, 333], reason }, out)
  if (seat.occupant.seats.length > 0) return
  out.tell({ kind: 'removed', who: actorOf(seat.occupant), code: 307, reason })
}

function removeSeat(room: Room, seat: Seat, note: ChangeNote, out: Outbox): void {
  const { occupant } = seat
  showOwnGone(room, [seat], out, note)
  // Who still has another client under the nick has not left for the others.
  if (occupant.seats.length === 1) announceGone(room, occupant, out, note)
  occupant.shown = undefined
  takeOut(room, seat)
}

/** Puts an occupant out with all clients. */
export function expel(room: Room, occupant: Occupant, why: Removal, out: Outbox): void {
  const { code, ...note } = why
  const told = { ...note, codes: [code] }
  showOwnGone(room, occupant.seats, out, told)
  announceGone(room, occupant, out, told)
  for (const seat of [...occupant.seats]) takeOut(room, seat)
  out.tell({ kind: 'removed', who: actorOf(occupant), code, reason: note.reason ?? '' })
}

function takeOut(room: Room, seat: Seat): void {
  room.occupants.remove(seat)
  if (room.occupants.of(seat.jid).length === 0) room.surroundings.attendance.went(seat.jid.bare)
}

/** Ends a room: everybody is told where to go instead, if anywhere (XEP-0045 §10.9). */
export function dissolve(room: Room, destroy: Element, out: Outbox): void {
  for (const occupant of [...room.occupants.all()]) {
    showOwnGone(room, occupant.seats, out, { destroy, isOver: true })
    for (const seat of [...occupant.seats]) takeOut(room, seat)
  }
  room.isDestroyed = true
  room.history.clear()
  out.tell({ kind: 'destroyed', reason: destroy.childText('reason') ?? '' })
}

/** Tells everybody that the service stops, or the room sleeps. */
export function closeDown(room: Room, reason: string | undefined, out: Outbox): void {
  for (const occupant of [...room.occupants.all()]) {
    showOwnGone(room, occupant.seats, out, { codes: [332], reason, isOver: true })
    for (const seat of [...occupant.seats]) takeOut(room, seat)
  }
}
