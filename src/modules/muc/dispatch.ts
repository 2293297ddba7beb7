import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import { letRun } from '../../util/settled.ts'
import { sendParcels } from '../rooms/api.ts'
import { roomEvent, roomForgotten } from './api.ts'
import type { Outbox } from './core/outbox.ts'
import type { Room } from './core/room.ts'

/** Sends what a room has left and tells modules what has happened there. The promise settles when all of it has arrived. */
export function dispatch(host: Host, room: Room, out: Outbox): Promise<void> | undefined {
  const delivered = sendParcels(host.router, out.parcels)
  if (host.hooks.has(roomEvent)) {
    for (const event of out.events)
      letRun(
        () => host.hooks.run(roomEvent, { host, room, event }),
        () => {},
      )
  }
  return delivered
}

/** Has modules drop what they keep of a room that is no more; undefined where nobody has to be waited for. */
export function forget(host: Host, room: Jid): Promise<void> | undefined {
  if (!host.hooks.has(roomForgotten)) return undefined
  const outcome = host.hooks.run(roomForgotten, { host, room })
  return outcome instanceof Promise ? outcome.then(() => {}) : undefined
}
