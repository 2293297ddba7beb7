import { createHmac } from 'node:crypto'
import type { Jid } from '../../../jid/jid.ts'
import { el } from '../../../xml/element.ts'
import { MUC } from '../core/namespaces.ts'
import type { RoomFeature } from '../core/room.ts'

/**
 * The id of an account in a room (XEP-0421): the same whatever the nick and the client, different in each room, and nobody
 * without the secret can tell whose it is.
 */
export function occupantIdOf(secret: string, room: Jid, account: Jid): string {
  return createHmac('sha256', secret).update(`${room.bareString}\0${account.bareString}`).digest('base64url')
}

/** Says by an id of the room's own who it is that speaks. */
export const occupantIds: RoomFeature = {
  ownNamespaces: [MUC.occupantId],
  presenceExtras: (_room, { id }) => [el('occupant-id', MUC.occupantId, { id })],
  messageExtras: (_room, { id }) => [el('occupant-id', MUC.occupantId, { id })],
  infoFeatures: () => [MUC.occupantId],
}
