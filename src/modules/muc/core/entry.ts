import { Jid } from '../../../jid/jid.ts'
import { delayElement } from '../../../stanza/delay.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { tellAffiliations } from './affiliation-versions.ts'
import { readHistoryRequest } from './history.ts'
import { nickOf, type Occupant, type Seat } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Entry, Room } from './room.ts'
import { announce, showOthers, showSelf } from './shown-presence.ts'
import { initialRole } from './standing.ts'

/** Status code of a room that has just been made (XEP-0045 §10.1). */
const roomCreated = 201

/** Lets somebody in, or throws StanzaError (XEP-0045 §7.2). The order of what a newcomer is sent is that of §7.1. */
export function enter(room: Room, entry: Entry, out: Outbox): void {
  if (room.isLocked && !room.isEmpty) throw new StanzaError('item-not-found', { text: 'This room is locked' })
  for (const feature of room.surroundings.features) feature.guardEntry?.(room, entry)
  const seat = admit(room, entry)
  room.activeAt = room.surroundings.now()
  welcome(room, seat, entry, out)
  announce(room, seat.occupant, out, { except: seat.jid })
  if (seat.occupant.seats.length === 1) out.tell({ kind: 'joined', who: actorOf(seat.occupant) })
}

/** A client that has lost its place in what happened gets all of it again (XEP-0045 §7.2.1). */
export function enterAgain(room: Room, seat: Seat, entry: Entry, out: Outbox): void {
  seat.occupant.presence = ownPresence(room, entry.stanza, entry.jid)
  seat.occupant.shown = undefined
  welcome(room, seat, entry, out)
  announce(room, seat.occupant, out, { except: seat.jid })
}

/** A client inside has something else to say of itself (XEP-0045 §7.7). */
export function updatePresence(room: Room, seat: Seat, stanza: Stanza, out: Outbox): void {
  const { occupant } = seat
  const shown = ownPresence(room, stanza, occupant.jid)
  const isSilent = occupant.role === 'visitor' && !room.config.allowVisitorStatus
  occupant.presence = isSilent ? shown.without(({ name, ns }) => name === 'status' && ns === NS.client) : shown
  announce(room, occupant, out)
}

/** An occupant as room events name it. */
export function actorOf(occupant: Occupant): { nick: string; real: Jid } {
  return { nick: nickOf(occupant), real: occupant.real }
}

/**
 * What a client says of itself, from its address in the room, without what only rooms may say. A copy of its own: it is
 * kept as long as the client is inside.
 */
export function ownPresence(room: Room, stanza: Stanza, from: Jid): Stanza {
  const own = new Set(room.surroundings.features.flatMap((feature) => feature.ownNamespaces ?? []))
  const cleaned = stanza.without(({ ns }) => own.has(ns) || ns.startsWith('http://jabber.org/protocol/muc'))
  return Stanza.fromBytes(cleaned.readdressed(from, undefined).toBytes(), Jid.parse)
}

function admit(room: Room, { from, jid, stanza }: Entry): Seat {
  const present = room.occupants.named(jid.resource)
  if (present !== undefined) {
    present.presence = ownPresence(room, stanza, jid)
    present.shown = undefined
    return room.occupants.add(present, from)
  }
  const affiliation = room.affiliationOf(from)
  const occupant: Occupant = {
    jid,
    real: from.bare,
    affiliation,
    role: initialRole(affiliation, room.config),
    presence: ownPresence(room, stanza, jid),
    shown: undefined,
    seats: [],
    id: room.surroundings.occupantId(room.jid, from.bare),
  }
  if (room.occupants.of(from).length === 0) room.surroundings.attendance.came(from.bare)
  return room.occupants.add(occupant, from)
}

function welcome(room: Room, seat: Seat, entry: Entry, out: Outbox): void {
  const { occupant, jid } = seat
  const { x } = entry
  const version = tellAffiliations(room, seat, entry, out)
  showOthers(room, occupant, jid, out)
  const codes = room.surroundings.features.flatMap((feature) => feature.entryCodes?.(room) ?? [])
  showSelf(room, seat, out, { codes: room.isLocked ? [...codes, roomCreated] : codes, version })
  for (const message of room.history.select(readHistoryRequest(x, room.surroundings.now()))) out.send(message, jid)
  out.send(subjectMessage(room), jid)
}

/** What was talked about last; an empty subject when nothing was (XEP-0045 §7.2.15). */
export function subjectMessage(room: Room): Stanza {
  const { subject, jid } = room
  if (subject === undefined) {
    return Stanza.make('message', { type: 'groupchat', from: jid }, el('subject', NS.client))
  }
  const from = subject.author === '' ? jid : jid.withResource(subject.author)
  const delay = subject.at === undefined ? [] : [delayElement(jid.full, subject.at)]
  return Stanza.make('message', { type: 'groupchat', from }, el('subject', NS.client, subject.text), ...delay)
}

/**
 * Tells somebody who seems to think to be inside that this is not so (XEP-0045 §7.2.1, §7.2.17): a presence without the
 * element of the protocol is an update.
 */
export function notInside(jid: Jid): Stanza {
  const user = 'http://jabber.org/protocol/muc#user'
  return Stanza.make(
    'presence',
    { type: 'unavailable', from: jid },
    el(
      'x',
      user,
      el('item', user, { affiliation: 'none', role: 'none' }, el('reason', user, 'You are not in the room.')),
      [110, 307, 333].map((code) => el('status', user, { code: String(code) })),
    ),
  )
}
