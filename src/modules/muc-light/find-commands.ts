import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, userJid } from '../../module/scalars.ts'
import { serviceBeside } from '../../module/service-commands.ts'
import { type MucLightApi, mucLightApi } from './api.ts'
import { mustExist, roomsOf } from './command-target.ts'

const place = domain().describe('A domain, or that of its MUC Light rooms.')

/** The domain of the service beside a domain, or of the service that it is itself. Throws CommandError `muc_server_not_found`. */
function serviceAt(domain: string, services: ModuleServices): string {
  const found = serviceBeside(services, mucLightApi, domain)
  if (found !== undefined) return found
  throw new CommandError('muc_server_not_found', 'MUC Light server not found', { mucDomain: domain })
}

const findService = command({
  name: 'muc_light.findService',
  about: 'Tells which domain has the MUC Light rooms of a domain.',
  input: z.strictObject({ domain: place }),
  output: z.string(),
  scope: 'admin',
  run: (input, services: ModuleServices) => serviceAt(input.domain, services),
})

/** The room whose address has this local part. */
async function byId(api: MucLightApi, service: string, id: string): Promise<Jid | undefined> {
  const jid = Jid.tryParse(`${id}@${service}`)
  if (jid === undefined || jid.domain !== service) return undefined
  return (await api.describe(jid))?.jid
}

/** The first of somebody's rooms that is called so. */
async function byName(api: MucLightApi, service: string, name: string, user: Jid): Promise<Jid | undefined> {
  for (const jid of await api.roomsOf(user)) {
    if (jid.domain === service && (await api.describe(jid))?.name === name) return jid
  }
  return undefined
}

const findRoom = command({
  name: 'muc_light.findRoom',
  about: 'Tells the address of a MUC Light room by its id, or by its name among the rooms of a user.',
  input: z.strictObject({
    domain: place,
    room: z
      .string()
      .min(1)
      .describe('Id or name: an id rather than a name at the domain of the rooms, else the other way round.'),
    user: userJid().optional().describe('Whose rooms are looked at for the name.'),
  }),
  output: z.string(),
  scope: 'admin',
  async run(input, services: ModuleServices) {
    const service = serviceAt(input.domain, services)
    const api = roomsOf(service, services)
    const { room, user } = input
    if (user !== undefined) await mustExist(api, user)
    const ways = [
      () => byId(api, service, room),
      async () => (user === undefined ? undefined : byName(api, service, room, user)),
    ]
    for (const find of input.domain === service ? ways : ways.reverse()) {
      const jid = await find()
      if (jid !== undefined) return jid.full
    }
    throw new CommandError('room_not_found', 'Room not found', { room })
  },
})

/** The commands that find things by what people know of them. */
export const findCommands = [findService, findRoom]
