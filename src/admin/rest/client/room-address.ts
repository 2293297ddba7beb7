import { Jid } from '../../../jid/jid.ts'
import { HttpError } from '../../../net/http-exchange.ts'
import { word } from '../argument.ts'
import type { OperationContext } from '../operation.ts'

/** What a path calls a room: its id, or its address. */
export const roomId = word('room ID')

/** The domain of the rooms of the user's domain. */
export function serviceOf({ run, user }: OperationContext): Promise<string> {
  return run<string>('muc_light.findService', { domain: user?.domain })
}

/** The address of the room with this id or address, which has to be one of the user's domain. Throws HttpError 400. */
export async function roomAt(id: string, context: OperationContext): Promise<Jid> {
  const service = await serviceOf(context)
  const room = Jid.tryParse(id.includes('@') ? id : `${id}@${service}`)
  if (room !== undefined && room.local !== '' && room.isBare && room.domain === service) return room
  throw new HttpError(400, 'Invalid room ID')
}
