import type { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { apiOfService, refusing } from '../../module/service-commands.ts'
import { type LightRoomDescription, type MucLightApi, mucLightApi } from './api.ts'

/** What refusals of rooms are called in commands. */
const names = { conflict: 'already_exists', 'bad-request': 'validation_error', 'item-not-found': 'not_room_member' }

/** The rooms of whichever domain has this service. Throws CommandError `muc_server_not_found`. */
export function roomsOf(service: string, services: ModuleServices): MucLightApi {
  const api = apiOfService(services, mucLightApi, service)
  if (api !== undefined) return api
  throw new CommandError('muc_server_not_found', 'MUC Light server not found', { mucDomain: service })
}

/** Does something with a room that must be there; what the room refuses becomes an error of the command. */
export async function withRoom<T>(
  jid: Jid,
  services: ModuleServices,
  act: (api: MucLightApi, room: LightRoomDescription) => Promise<T>,
): Promise<T> {
  const api = roomsOf(jid.domain, services)
  const found = await api.describe(jid)
  if (found === undefined) throw new CommandError('room_not_found', 'Room not found', { room: jid.full })
  return allowing(() => act(api, found))
}

/** Makes what rooms refuse an error of the command. */
export function allowing<T>(act: () => Promise<T>): Promise<T> {
  return refusing(act, names)
}

/** Throws CommandError `user_not_found` where an account of this server is not there. */
export async function mustExist(api: MucLightApi, user: Jid): Promise<void> {
  if ((await api.hasUser(user)) === false) {
    throw new CommandError('user_not_found', 'Given user does not exist', { jid: user.full })
  }
}

/** Throws CommandError `not_room_member` where somebody does not belong to a room. */
export function mustBelong({ participants }: LightRoomDescription, user: Jid): void {
  if (participants.some(({ jid }) => jid.bareString === user.bareString)) return
  throw new CommandError('not_room_member', 'Given user does not occupy this room', { jid: user.full })
}
