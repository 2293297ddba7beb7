import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, nonNegInt, posInt, userJid } from '../../module/scalars.ts'
import { refusing } from '../../module/service-commands.ts'
import { lastMessages, messagesInput, messagesOutput } from '../mam/api.ts'
import { mucApi } from './api.ts'
import { requireOwner, requireReader } from './command-rights.ts'
import { roomsOf, withRoom } from './command-target.ts'
import { findCommands } from './find-commands.ts'
import { settingsCommands } from './settings-commands.ts'
import { speechCommands } from './speech-commands.ts'
import { standingCommands } from './standing-commands.ts'

const room = userJid().describe('Address of the room.')
const roomDescription = z.strictObject({
  jid: z.string(),
  title: z.string(),
  private: z.boolean(),
  usersNumber: z.int(),
})

/** Throws CommandError where an account of this server is not there. */
async function requireUser(user: Jid, services: ModuleServices): Promise<void> {
  const isOurs = services.domainsWith(mucApi).includes(user.domain)
  if (!isOurs || (await services.hasUser(user))) return
  throw new CommandError('user_not_found', 'Given user does not exist', { jid: user.full })
}

const createInstantRoom = command({
  name: 'muc.createInstantRoom',
  about: 'Makes a room that others may enter at once.',
  input: z.strictObject({
    room,
    owner: userJid().describe('Address of the account that owns it.'),
    nick: z.string().min(1).describe('Nick of the owner in the room.'),
  }),
  output: roomDescription,
  scope: 'user',
  own: 'owner',
  changes: true,
  async run(input, services: ModuleServices, { user }) {
    const api = roomsOf(input.room.domain, services)
    await requireUser(input.owner, services)
    const how = { nick: input.nick, asksRights: user !== undefined }
    const names = { conflict: 'could_not_create_room', 'not-allowed': 'not_allowed' }
    await refusing(() => api.create(input.room, input.owner, how), names)
    return { jid: input.room.full, title: '', private: false, usersNumber: 0 }
  },
})

const deleteRoom = command({
  name: 'muc.deleteRoom',
  about: 'Destroys a room.',
  input: z.strictObject({ room, reason: z.string().default('').describe('Why, for people to read.') }),
  output: z.string(),
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (api, found) => {
      requireOwner(found, user)
      await api.destroy(input.room, input.reason)
      return 'Room deleted successfully'
    }),
})

const listRooms = command({
  name: 'muc.listRooms',
  about: 'Lists the public rooms of a service.',
  input: z.strictObject({
    mucDomain: domain().describe('Domain of the service.'),
    from: userJid().optional().describe('Who asks.'),
    limit: posInt().optional().describe('At most so many.'),
    index: nonNegInt().default(0).describe('Beginning with this one, counted from 0.'),
  }),
  output: z.strictObject({
    count: z.int(),
    index: z.int(),
    first: z.string().nullable(),
    last: z.string().nullable(),
    rooms: z.array(roomDescription),
  }),
  scope: 'user',
  own: 'from',
  async run({ mucDomain, from, limit, index }, services: ModuleServices) {
    const api = roomsOf(mucDomain, services)
    if (from !== undefined) await requireUser(from, services)
    const all = api.list(Jid.of('', mucDomain))
    const rooms = all.slice(index, limit === undefined ? undefined : index + limit).map((each) => ({
      jid: each.jid.full,
      title: each.name,
      private: false,
      usersNumber: each.occupants,
    }))
    return { count: all.length, index, first: rooms[0]?.jid ?? null, last: rooms.at(-1)?.jid ?? null, rooms }
  },
})

const getRoomMessages = command({
  name: 'muc.getRoomMessages',
  about: 'Shows the last messages of a room, oldest first.',
  input: messagesInput,
  output: messagesOutput,
  scope: 'user',
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, (_api, found) => {
      requireReader(found, user)
      return lastMessages(input, services)
    }),
})

/** Commands on rooms. */
export const mucCommands = [
  createInstantRoom,
  deleteRoom,
  listRooms,
  getRoomMessages,
  ...speechCommands,
  ...settingsCommands,
  ...standingCommands,
  ...findCommands,
]
