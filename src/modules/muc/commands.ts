import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, fullJid, nonNegInt, posInt, userJid } from '../../module/scalars.ts'
import { givenBy, refusing } from '../../module/service-commands.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'
import { lastMessages, messagesInput, messagesOutput } from '../mam/api.ts'
import { roomsOf, withRoom } from './command-target.ts'
import { MUC } from './core/namespaces.ts'
import { findCommands } from './find-commands.ts'

const room = userJid().describe('Address of the room.')
const user = userJid().describe('Address of the account.')
const client = fullJid().describe('Address of a client, with its resource.')
const nick = z.string().min(1).describe('Nick in the room.')
const reason = z.string().default('').describe('Why, for people to read.')
const done = z.string()

const createInstantRoom = command({
  name: 'muc.createInstantRoom',
  about: 'Makes a room that others may enter at once.',
  input: z.strictObject({ room, owner: user, nick }),
  output: z.strictObject({ jid: z.string(), title: z.string(), private: z.boolean(), usersNumber: z.int() }),
  scope: 'admin',
  changes: true,
  async run(input, services: ModuleServices) {
    const api = roomsOf(input.room.domain, services)
    await refusing(() => api.create(input.room, input.owner, input.nick))
    return { jid: input.room.full, title: '', private: false, usersNumber: 0 }
  },
})

const inviteUser = command({
  name: 'muc.inviteUser',
  about: 'Invites somebody to a room directly (XEP-0249).',
  input: z.strictObject({ room, sender: user, recipient: user, reason }),
  output: done,
  scope: 'admin',
  changes: true,
  run: ({ room: jid, sender, recipient, reason: why }, services: ModuleServices, call) =>
    withRoom(jid, services, async (api) => {
      const x = el('x', MUC.conference, { jid: jid.full, reason: why === '' ? undefined : why })
      await api.speak(givenBy(call, Stanza.make('message', { from: sender, to: recipient }, x)))
      return 'Invitation sent successfully'
    }),
})

const kickUser = command({
  name: 'muc.kickUser',
  about: 'Puts somebody out of a room.',
  input: z.strictObject({ room, nick, reason }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.setRole(input.room, input.nick, 'none', input.reason)
      return 'User kicked successfully'
    }),
})

const sendMessageToRoom = command({
  name: 'muc.sendMessageToRoom',
  about: 'Says something in a room in the name of an occupant.',
  input: z.strictObject({ room, from: client, body: z.string().min(1).describe('Text.') }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices, call) =>
    withRoom(input.room, services, async (api) => {
      const head = { type: 'groupchat', from: input.from, to: input.room }
      await api.speak(givenBy(call, Stanza.make('message', head, el('body', NS.client, input.body))))
      return 'Message sent successfully'
    }),
})

const sendPrivateMessage = command({
  name: 'muc.sendPrivateMessage',
  about: 'Says something to one occupant in the name of another.',
  input: z.strictObject({ room, from: client, toNick: nick, body: z.string().min(1).describe('Text.') }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices, call) =>
    withRoom(input.room, services, async (api) => {
      const head = { type: 'chat', from: input.from, to: input.room.withResource(input.toNick) }
      await api.speak(givenBy(call, Stanza.make('message', head, el('body', NS.client, input.body))))
      return 'Message sent successfully'
    }),
})

const deleteRoom = command({
  name: 'muc.deleteRoom',
  about: 'Destroys a room.',
  input: z.strictObject({ room, reason }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.destroy(input.room, input.reason)
      return 'Room deleted successfully'
    }),
})

const settings = z.record(z.string(), z.array(z.string()))

const getRoomConfig = command({
  name: 'muc.getRoomConfig',
  about: 'Tells how a room is configured, by the names of the form of its owner.',
  input: z.strictObject({ room }),
  output: settings,
  scope: 'admin',
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      const found = await api.settings(input.room)
      return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]]))
    }),
})

const changeRoomConfiguration = command({
  name: 'muc.changeRoomConfiguration',
  about: 'Changes settings of a room, by the names of the form of its owner.',
  input: z.strictObject({
    room,
    config: z.record(z.string(), z.string()).describe('New values by name of the field.'),
  }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.configure(input.room, input.config)
      return 'Room configuration changed successfully'
    }),
})

const setUserRole = command({
  name: 'muc.setUserRole',
  about: 'Gives an occupant a role.',
  input: z.strictObject({ room, nick, role: z.enum(['visitor', 'participant', 'moderator']).describe('The role.') }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.setRole(input.room, input.nick, input.role, '')
      return 'Role set successfully'
    }),
})

const affiliation = z.enum(['outcast', 'none', 'member', 'admin', 'owner'])

const setUserAffiliation = command({
  name: 'muc.setUserAffiliation',
  about: 'Gives somebody an affiliation with a room.',
  input: z.strictObject({ room, user, affiliation: affiliation.describe('The affiliation.') }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.setAffiliation(input.room, input.user, input.affiliation)
      return 'Affiliation set successfully'
    }),
})

/** Presence of a client in a room. */
function presence(input: { room: Jid; user: Jid; nick: string }, type: string, password?: string): Stanza {
  const head = { type, from: input.user, to: input.room.withResource(input.nick) }
  const x = el('x', MUC.muc, password === undefined ? undefined : el('password', MUC.muc, password))
  return type === '' ? Stanza.make('presence', head, x) : Stanza.make('presence', head)
}

const enterRoom = command({
  name: 'muc.enterRoom',
  about: 'Has a client enter a room.',
  input: z.strictObject({
    room,
    user: client,
    nick,
    password: z.string().optional().describe('Password of the room.'),
  }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.speak(presence(input, '', input.password))
      return 'Entering room message sent successfully'
    }),
})

const exitRoom = command({
  name: 'muc.exitRoom',
  about: 'Has a client leave a room.',
  input: z.strictObject({ room, user: client, nick }),
  output: done,
  scope: 'admin',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.speak(presence(input, 'unavailable'))
      return 'Exiting room message sent successfully'
    }),
})

const listRooms = command({
  name: 'muc.listRooms',
  about: 'Lists the public rooms of a service.',
  input: z.strictObject({
    mucDomain: domain().describe('Domain of the service.'),
    limit: posInt().optional().describe('At most so many.'),
    index: nonNegInt().default(0).describe('Beginning with this one, counted from 0.'),
  }),
  output: z.strictObject({
    count: z.int(),
    index: z.int(),
    rooms: z.array(z.strictObject({ jid: z.string(), title: z.string() })),
  }),
  scope: 'admin',
  async run({ mucDomain, limit, index }, services: ModuleServices) {
    const all = roomsOf(mucDomain, services).list(Jid.of('', mucDomain))
    const page = all.slice(index, limit === undefined ? undefined : index + limit)
    return { count: all.length, index, rooms: page.map(({ jid, name }) => ({ jid: jid.full, title: name })) }
  },
})

const listRoomUsers = command({
  name: 'muc.listRoomUsers',
  about: 'Lists who is in a room.',
  input: z.strictObject({ room }),
  output: z.array(z.strictObject({ jid: z.string(), nick: z.string(), role: z.string() })),
  scope: 'admin',
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (_api, { occupants }) =>
      [...occupants.all()].flatMap(({ seats, jid, role }) =>
        seats.map((seat) => ({ jid: seat.jid.full, nick: jid.resource, role })),
      ),
    ),
})

const listRoomAffiliations = command({
  name: 'muc.listRoomAffiliations',
  about: 'Lists who has which affiliation with a room.',
  input: z.strictObject({ room, affiliation: affiliation.optional().describe('Only this one.') }),
  output: z.array(z.strictObject({ jid: z.string(), affiliation: z.string() })),
  scope: 'admin',
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) =>
      (await api.affiliations(input.room))
        .filter((entry) => input.affiliation === undefined || entry.affiliation === input.affiliation)
        .map((entry) => ({ jid: entry.jid.full, affiliation: entry.affiliation })),
    ),
})

const getRoomMessages = command({
  name: 'muc.getRoomMessages',
  about: 'Shows the last messages of a room, oldest first.',
  input: messagesInput,
  output: messagesOutput,
  scope: 'admin',
  run: (input, services: ModuleServices) => withRoom(input.room, services, () => lastMessages(input, services)),
})

/** Admin commands on rooms. */
export const mucCommands = [
  createInstantRoom,
  inviteUser,
  kickUser,
  sendMessageToRoom,
  sendPrivateMessage,
  deleteRoom,
  getRoomConfig,
  changeRoomConfiguration,
  setUserRole,
  setUserAffiliation,
  enterRoom,
  exitRoom,
  listRooms,
  listRoomUsers,
  listRoomAffiliations,
  getRoomMessages,
  ...findCommands,
]
