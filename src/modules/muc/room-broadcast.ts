import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { afterwards, type Eventually } from '../../util/settled.ts'
import { roomBroadcast } from './api.ts'
import type { Outbox } from './core/outbox.ts'
import type { Room } from './core/room.ts'

/** Sends a message of the room itself to everybody, by way of the modules that keep what is said. */
export function broadcastOfRoom(
  host: Host,
  room: Room,
  { message, from }: { message: Stanza; from: Jid },
  out: Outbox,
): Eventually<void> {
  const event = { host, room, occupant: undefined, from, stanza: message }
  return afterwards(host.hooks.run(roomBroadcast, event), (outcome) => {
    if (outcome === undefined) out.broadcast(event.stanza, room.occupants.addresses)
  })
}
