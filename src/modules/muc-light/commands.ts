import { z } from 'zod'
import { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { domain, posInt, userJid, userName } from '../../module/scalars.ts'
import { givenBy } from '../../module/service-commands.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { randomId } from '../../util/random-id.ts'
import { el } from '../../xml/element.ts'
import { lastMessages, messagesInput, messagesOutput } from '../mam/api.ts'
import { type LightRoomDescription, mucLightApi, type RawConfig } from './api.ts'
import { blockingCommands } from './blocking-commands.ts'
import { allowing, mustBelong, mustExist, roomsOf, withRoom } from './command-target.ts'
import { findCommands } from './find-commands.ts'

const room = userJid().describe('Address of the room.')
const user = userJid().describe('Address of the account.')
const mucDomain = domain().describe('Domain of the service.')
const settings = z
  .array(z.strictObject({ key: z.string(), value: z.string() }))
  .default([])
  .describe('Further settings, by the names of their fields.')
const title = z.string().min(1)
const subject = z.string()
const done = z.string()

const participants = z.array(z.strictObject({ jid: z.string(), affiliation: z.string() }))
const shownRoom = z.strictObject({
  jid: z.string(),
  name: z.string(),
  subject: z.string(),
  options: z.array(z.strictObject({ key: z.string(), value: z.string() })),
  participants,
})

/** A room as commands show it. */
function show({ jid, name, subject: about, settings: all, participants: list }: LightRoomDescription) {
  return {
    jid: jid.full,
    name,
    subject: about,
    options: all.map(([key, value]) => ({ key, value })),
    participants: list.map((each) => ({ jid: each.jid.full, affiliation: each.affiliation })),
  }
}

/** The settings in a command; a name or subject that rooms have not here is passed over. */
function settingsIn(
  input: { name?: string | undefined; subject?: string | undefined; options: { key: string; value: string }[] },
  api: { hasSetting(field: string): boolean },
): RawConfig {
  const named = [
    ['roomname', input.name],
    ['subject', input.subject],
  ] as const
  const own = named.flatMap(([key, value]) =>
    value !== undefined && api.hasSetting(key) ? [[key, value] as const] : [],
  )
  return [...own, ...input.options.map(({ key, value }) => [key, value] as const)]
}

const createRoom = command({
  name: 'muc_light.createRoom',
  about: 'Makes a MUC Light room.',
  input: z.strictObject({
    mucDomain,
    name: title.describe('What the room is called.'),
    owner: user,
    subject: subject.describe('Subject.'),
    id: userName().optional().describe('Local part of its address; one is made unless given.'),
    options: settings,
  }),
  output: shownRoom,
  scope: 'user',
  changes: true,
  async run(input, services: ModuleServices) {
    const api = roomsOf(input.mucDomain, services)
    await mustExist(api, input.owner)
    const wanted = { service: Jid.of('', input.mucDomain), name: input.id, settings: settingsIn(input, api) }
    return show(await allowing(() => api.create(wanted, input.owner)))
  },
})

const changeRoomConfiguration = command({
  name: 'muc_light.changeRoomConfiguration',
  about: 'Changes settings of a MUC Light room in the name of somebody who belongs to it.',
  input: z.strictObject({
    room,
    owner: user.describe('Who changes them.'),
    name: title.optional().describe('What the room is called.'),
    subject: subject.optional().describe('Subject.'),
    options: settings,
  }),
  output: shownRoom,
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api, found) => {
      await mustExist(api, input.owner)
      mustBelong(found, input.owner)
      await api.configure(input.room, settingsIn(input, api), input.owner)
      return show((await api.describe(input.room)) ?? found)
    }),
})

const inviteUser = command({
  name: 'muc_light.inviteUser',
  about: 'Adds somebody to a MUC Light room in the name of somebody who belongs to it.',
  input: z.strictObject({ room, sender: user.describe('Who adds.'), recipient: user.describe('Who is added.') }),
  output: done,
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api, found) => {
      await mustExist(api, input.sender)
      await mustExist(api, input.recipient)
      mustBelong(found, input.sender)
      const isIn = found.participants.some(({ jid }) => jid.bareString === input.recipient.bareString)
      if (!isIn) {
        await api.changeAffiliations(input.room, [{ jid: input.recipient, affiliation: 'member' }], input.sender)
      }
      return 'User invited successfully'
    }),
})

const kickUser = command({
  name: 'muc_light.kickUser',
  about: 'Puts somebody out of a MUC Light room.',
  input: z.strictObject({ room, user }),
  output: done,
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api, found) => {
      mustBelong(found, input.user)
      await api.changeAffiliations(input.room, [{ jid: input.user, affiliation: 'none' }])
      return 'User kicked successfully'
    }),
})

const deleteRoom = command({
  name: 'muc_light.deleteRoom',
  about: 'Destroys a MUC Light room.',
  input: z.strictObject({
    room,
    owner: user.optional().describe('In whose name; only an owner may. Nobody is asked unless given.'),
  }),
  output: done,
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.destroy(input.room, input.owner)
      return 'Room deleted successfully'
    }),
})

const sendMessageToRoom = command({
  name: 'muc_light.sendMessageToRoom',
  about: 'Says something in a MUC Light room in the name of somebody who belongs to it.',
  input: z.strictObject({ room, from: user, body: z.string().min(1).describe('Text.') }),
  output: done,
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices, call) =>
    withRoom(input.room, services, async (api, found) => {
      await mustExist(api, input.from)
      mustBelong(found, input.from)
      const head = { type: 'groupchat', from: input.from, to: input.room, id: randomId(12) }
      await api.speak(givenBy(call, Stanza.make('message', head, el('body', NS.client, input.body))))
      return 'Message sent successfully'
    }),
})

const getRoomConfig = command({
  name: 'muc_light.getRoomConfig',
  about: 'Shows the settings of a MUC Light room and who belongs to it.',
  input: z.strictObject({ room }),
  output: shownRoom,
  scope: 'user',
  run: (input, services: ModuleServices) => withRoom(input.room, services, async (_api, found) => show(found)),
})

const listRoomUsers = command({
  name: 'muc_light.listRoomUsers',
  about: 'Lists who belongs to a MUC Light room.',
  input: z.strictObject({ room }),
  output: participants,
  scope: 'user',
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (_api, found) => show(found).participants),
})

const listUserRooms = command({
  name: 'muc_light.listUserRooms',
  about: 'Lists the MUC Light rooms that somebody belongs to.',
  input: z.strictObject({ user }),
  output: z.array(z.string()),
  scope: 'user',
  async run(input, services: ModuleServices) {
    const api = services.api(input.user.domain, mucLightApi)
    await mustExist(api, input.user)
    return (await api.roomsOf(input.user)).map(({ full }) => full)
  },
})

const listRooms = command({
  name: 'muc_light.listRooms',
  about: 'Lists the rooms of a MUC Light service by address.',
  input: z.strictObject({
    mucDomain,
    filter: z.string().default('').describe('Only rooms whose address or name holds this.'),
    after: userJid().optional().describe('Only rooms after this one.'),
    limit: posInt().max(500).default(50).describe('At most so many.'),
  }),
  output: z.strictObject({
    rooms: z.array(z.strictObject({ jid: z.string(), name: z.string(), subject: z.string(), usersNumber: z.int() })),
    count: z.int(),
    nextPage: z.boolean(),
  }),
  scope: 'admin',
  async run(input, services: ModuleServices) {
    const api = roomsOf(input.mucDomain, services)
    const page = { filter: input.filter, after: input.after?.local ?? '', limit: input.limit + 1 }
    const { rooms, count } = await api.list(Jid.of('', input.mucDomain), page)
    const shown = rooms.slice(0, input.limit).map(({ jid, name, subject: about, participants: list }) => ({
      ...{ jid: jid.full, name, subject: about },
      usersNumber: list.length,
    }))
    return { rooms: shown, count, nextPage: rooms.length > input.limit }
  },
})

const getRoomMessages = command({
  name: 'muc_light.getRoomMessages',
  about: 'Shows the last messages of a MUC Light room, oldest first.',
  input: messagesInput,
  output: messagesOutput,
  scope: 'user',
  run: (input, services: ModuleServices) => withRoom(input.room, services, () => lastMessages(input, services)),
})

/** Admin commands on MUC Light rooms. */
export const lightCommands = [
  createRoom,
  changeRoomConfiguration,
  inviteUser,
  kickUser,
  deleteRoom,
  sendMessageToRoom,
  getRoomConfig,
  listRoomUsers,
  listUserRooms,
  listRooms,
  getRoomMessages,
  ...blockingCommands,
  ...findCommands,
]
