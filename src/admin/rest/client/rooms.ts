import { Jid } from '../../../jid/jid.ts'
import { CommandError } from '../../../module/command-error.ts'
import { text, userJid, word } from '../argument.ts'
import { done, found, type OperationContext, operation } from '../operation.ts'
import { roomAt, roomId, serviceOf } from './room-address.ts'

interface Room {
  readonly jid: string
  readonly name: string
  readonly subject: string
  readonly participants: readonly { readonly jid: string; readonly affiliation: string }[]
}

const settings = { name: word('room name'), subject: text('room subject') }

/** A room that the user may have left, or that may have ended, meanwhile. */
async function unlessGone(room: Promise<Room>): Promise<Partial<Room> & { readonly isGone: boolean }> {
  try {
    return { ...(await room), isGone: false }
  } catch (error) {
    if (error instanceof CommandError && /^(not_room_member|room_not_found)$/.test(error.code)) return { isGone: true }
    throw error
  }
}

/** Makes a room; what it is known by. */
async function create(wanted: { name: string; subject: string; id?: string }, context: OperationContext) {
  const mucDomain = await serviceOf(context)
  const { jid } = await context.run<Room>('muc_light.createRoom', { mucDomain, ...wanted })
  return { id: Jid.parse(jid).local }
}

/** The rooms of the user. */
export const roomOperations = [
  operation({
    name: 'list_rooms',
    method: 'GET',
    paths: ['/rooms'],
    about: 'The rooms that you belong to.',
    arguments: {},
    async run(_given, context) {
      const { run } = context
      const service = await serviceOf(context)
      const shown: object[] = []
      for (const room of await run<readonly string[]>('muc_light.listUserRooms', {})) {
        const { local: id, domain } = Jid.parse(room)
        // Ids stand for rooms of the user's domain only.
        if (domain !== service) continue
        const { name, subject, isGone } = await unlessGone(run<Room>('muc_light.getRoomConfig', { room }))
        if (!isGone) shown.push({ id, name, subject })
      }
      return found(shown)
    },
  }),
  operation({
    name: 'create_room',
    method: 'POST',
    paths: ['/rooms'],
    about: 'Makes a room.',
    arguments: settings,
    async run(wanted, context) {
      return { status: context.generation === '4.0' ? 200 : 201, json: await create(wanted, context) }
    },
  }),
  operation({
    name: 'get_room',
    method: 'GET',
    paths: ['/rooms/:id'],
    about: 'Tells about a room.',
    arguments: { id: roomId },
    async run({ id }, context) {
      const room = (await roomAt(id, context)).full
      const { name, subject, participants } = await context.run<Room>('muc_light.getRoomConfig', { room })
      return found({
        ...{ name, subject },
        participants: participants.map(({ jid, affiliation }) => ({ user: jid, role: affiliation.toLowerCase() })),
      })
    },
  }),
  operation({
    name: 'create_identifiable_room',
    method: 'PUT',
    paths: ['/rooms/:id'],
    about: 'Makes a room with an id of your choice.',
    arguments: { id: roomId, ...settings },
    statuses: { already_exists: 403 },
    async run({ id, ...wanted }, context) {
      const { local } = await roomAt(id, context)
      return { status: 201, json: await create({ ...wanted, id: local }, context) }
    },
  }),
]

/** Settings of rooms. */
export const roomConfigOperations = [
  operation({
    name: 'change_room',
    method: 'PUT',
    paths: ['/rooms/:id/config'],
    about: 'Gives a room another name and subject.',
    arguments: { id: roomId, ...settings },
    async run({ id, ...wanted }, context) {
      const room = (await roomAt(id, context)).full
      const { name, subject } = await context.run<Room>('muc_light.changeRoomConfiguration', { room, ...wanted })
      return context.generation === '4.0' ? found({ name, subject }) : done
    },
  }),
]

/** Who belongs to rooms. */
export const roomUserOperations = [
  operation({
    name: 'add_room_user',
    method: 'POST',
    paths: ['/rooms/:id/users'],
    about: 'Adds somebody to a room.',
    arguments: { id: roomId, user: userJid('user JID') },
    async run({ id, user: recipient }, context) {
      await context.run('muc_light.inviteUser', { room: (await roomAt(id, context)).full, recipient })
      return done
    },
  }),
  operation({
    name: 'remove_room_user',
    method: 'DELETE',
    paths: ['/rooms/:id/users/:user'],
    about: 'Puts somebody out of a room, or leaves it.',
    arguments: { id: roomId, user: userJid('user JID') },
    async run({ id, user }, context) {
      await context.run('muc_light.kickUser', { room: (await roomAt(id, context)).full, user })
      return done
    },
  }),
]
