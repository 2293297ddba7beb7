import type { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { apiOfService, refusing } from '../../module/service-commands.ts'
import { type MucApi, mucApi, type RoomView } from './api.ts'

/** The rooms of whichever domain has this service. Throws CommandError `muc_server_not_found`. */
export function roomsOf(service: string, services: ModuleServices): MucApi {
  const api = apiOfService(services, mucApi, service)
  if (api !== undefined) return api
  throw new CommandError('muc_server_not_found', 'MUC domain not found', { mucDomain: service })
}

/** What refusals of rooms are called in commands. */
const names = {
  'item-not-found': 'user_not_found',
  forbidden: 'not_allowed',
  conflict: 'not_allowed',
  'bad-request': 'bad_parameter',
  'not-acceptable': 'bad_parameter',
}

/** Does something with a room that must be there; what the room refuses becomes an error of the command. */
export async function withRoom<T>(
  jid: Jid,
  services: ModuleServices,
  act: (api: MucApi, room: RoomView) => Promise<T>,
): Promise<T> {
  const api = roomsOf(jid.domain, services)
  const found = await api.room(jid)
  if (found === undefined) throw new CommandError('room_not_found', 'Room not found', { room: jid.full })
  return refusing(() => act(api, found), names)
}
