import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { address, fullJid, userJid } from '../../module/scalars.ts'
import { givenBy } from '../../module/service-commands.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { el } from '../../xml/element.ts'
import type { RoomView } from './api.ts'
import { requireInviter } from './command-rights.ts'
import { withRoom } from './command-target.ts'
import { MUC } from './core/namespaces.ts'

const room = userJid().describe('Address of the room.')
const client = fullJid().describe('Address of a client, with its resource.')
const speaker = address().describe('Address of a client; without a resource, one of the account that is in the room.')
const nick = z.string().min(1).describe('Nick in the room.')
const body = z.string().min(1).describe('Text.')

/** The client that speaks. Throws CommandError where it is not in the room, or none of the account is. */
function speakerIn({ jid, occupants }: RoomView, from: Jid): Jid {
  const seat = from.isFull ? occupants.seat(from) : occupants.of(from)[0]?.seats[0]
  if (seat !== undefined) return seat.jid
  throw new CommandError('not_allowed', 'Given user is not in the room', { room: jid.full, jid: from.full })
}

const inviteUser = command({
  name: 'muc.inviteUser',
  about: 'Invites somebody to a room directly (XEP-0249).',
  input: z.strictObject({
    room,
    sender: userJid().describe('Who invites.'),
    recipient: userJid().describe('Who is invited.'),
    reason: z.string().default('').describe('Why, for people to read.'),
  }),
  output: z.string(),
  scope: 'user',
  own: 'sender',
  changes: true,
  run: ({ room: jid, sender, recipient, reason }, services: ModuleServices, call) =>
    withRoom(jid, services, async (api, found) => {
      requireInviter(found, call.user)
      const x = el('x', MUC.conference, { jid: jid.full, reason: reason === '' ? undefined : reason })
      await api.speak(givenBy(call, Stanza.make('message', { from: sender, to: recipient }, x)))
      return 'Invitation sent successfully'
    }),
})

const sendMessageToRoom = command({
  name: 'muc.sendMessageToRoom',
  about: 'Says something in a room in the name of an occupant.',
  input: z.strictObject({ room, from: speaker, body }),
  output: z.string(),
  scope: 'user',
  own: 'from',
  changes: true,
  run: (input, services: ModuleServices, call) =>
    withRoom(input.room, services, async (api, found) => {
      const head = { type: 'groupchat', from: speakerIn(found, input.from), to: input.room }
      await api.speak(givenBy(call, Stanza.make('message', head, el('body', NS.client, input.body))))
      return 'Message sent successfully'
    }),
})

const sendPrivateMessage = command({
  name: 'muc.sendPrivateMessage',
  about: 'Says something to one occupant in the name of another.',
  input: z.strictObject({ room, from: speaker, toNick: nick, body }),
  output: z.string(),
  scope: 'user',
  own: 'from',
  changes: true,
  run: (input, services: ModuleServices, call) =>
    withRoom(input.room, services, async (api, found) => {
      if (found.occupants.named(input.toNick) === undefined) {
        throw new CommandError('user_not_found', 'Nobody of that nick is there', { room: input.room.full })
      }
      const head = { type: 'chat', from: speakerIn(found, input.from), to: input.room.withResource(input.toNick) }
      await api.speak(givenBy(call, Stanza.make('message', head, el('body', NS.client, input.body))))
      return 'Message sent successfully'
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
  output: z.string(),
  scope: 'user',
  own: 'user',
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
  output: z.string(),
  scope: 'user',
  own: 'user',
  changes: true,
  run: (input, services: ModuleServices) =>
    withRoom(input.room, services, async (api) => {
      await api.speak(presence(input, 'unavailable'))
      return 'Exiting room message sent successfully'
    }),
})

/** The commands that speak in rooms, or come and go there. */
export const speechCommands = [inviteUser, sendMessageToRoom, sendPrivateMessage, enterRoom, exitRoom]
