import type { Jid } from '../../../jid/jid.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import { actorOf, ownPresence } from './entry.ts'
import { nickOf, type Seat } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Room } from './room.ts'
import { announce, announceGone, showOwnGone } from './shown-presence.ts'

/** Gives an occupant another nick, with all clients, or throws StanzaError (XEP-0045 §7.6). */
export function changeNick(room: Room, seat: Seat, to: { jid: Jid; stanza: Stanza }, out: Outbox): void {
  const { occupant } = seat
  const nick = to.jid.resource
  for (const feature of room.surroundings.features) feature.guardNick?.(room, occupant, nick)
  const before = nickOf(occupant)
  const note = { codes: [303], newNick: nick }
  // Whoever changes the nick is no less what it was before: the item says so (example 54).
  showOwnGone(room, occupant.seats, out, note)
  announceGone(room, occupant, out, note)
  room.occupants.rename(occupant, to.jid)
  occupant.presence = ownPresence(room, to.stanza, to.jid)
  announce(room, occupant, out)
  out.tell({ kind: 'renamed', who: actorOf(occupant), before })
}
