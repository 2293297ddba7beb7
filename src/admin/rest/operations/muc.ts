import { Jid } from '../../../jid/jid.ts'
import { HttpError } from '../../../net/http-exchange.ts'
import { domainName, localPart, text, userJid, word } from '../argument.ts'
import { created, done, type OperationContext, operation } from '../operation.ts'

const host = domainName('MUC domain')
const name = localPart('room name')

/** The address of a room at a domain or the service beside it. */
async function roomAt(domain: string, local: string, { run }: OperationContext): Promise<string> {
  return `${local}@${await run<string>('muc.findService', { domain })}`
}

/** Who is in a room. */
interface Occupant {
  readonly jid: string | null
  readonly role: string
}

/** The client of a user that is in a room; a full address is taken as it is. */
async function clientIn(room: string, from: string, { run }: OperationContext): Promise<string | undefined> {
  const given = Jid.parse(from)
  if (given.isFull) return from
  const occupants = await run<Occupant[]>('muc.listRoomUsers', { room })
  const jids = occupants.flatMap(({ jid }) => (jid === null ? [] : [jid]))
  return jids.find((jid) => Jid.parse(jid).bareString === given.full)
}

const reasons = {
  '4.0': 'Kicked through HTTP Administration API.',
  6: 'User kicked from the admin REST API',
}

/** Rooms. */
export const mucOperations = [
  operation({
    name: 'create_muc_room',
    method: 'POST',
    paths: ['/mucs/:host', '/mucs'],
    about: 'Makes a room that others may enter at once.',
    arguments: { host, name, owner: userJid('owner JID'), nick: word('nickname') },
    async run({ host: domain, name: local, owner, nick }, context) {
      const { run, location, generation } = context
      const room = await roomAt(domain, local, context)
      const { exist } = await run<{ exist: boolean }>('account.checkUser', { user: owner })
      if (!exist) throw new HttpError(404, 'Given user does not exist')
      const made = await run<{ jid: string }>('muc.createInstantRoom', { room, owner, nick })
      return created(location('mucs', domain, local), generation === '4.0' ? local : made.jid)
    },
  }),
  operation({
    name: 'invite_to_muc_room',
    method: 'POST',
    paths: ['/mucs/:host/:name/participants', '/mucs/participants'],
    about: 'Invites somebody to a room.',
    arguments: {
      host,
      name,
      sender: userJid('sender JID'),
      recipient: userJid('recipient JID'),
      reason: text('invite reason'),
    },
    async run({ host: domain, name: local, ...invitation }, context) {
      await context.run('muc.inviteUser', { room: await roomAt(domain, local, context), ...invitation })
      return done
    },
  }),
  operation({
    name: 'send_message_to_room',
    method: 'POST',
    paths: ['/mucs/:host/:name/messages', '/mucs/messages'],
    about: 'Says something in a room in the name of an occupant.',
    arguments: { host, name, from: userJid('sender JID'), body: word('message body') },
    async run({ host: domain, name: local, from, body }, context) {
      const room = await roomAt(domain, local, context)
      const client = await clientIn(room, from, context)
      if (client === undefined) throw new HttpError(403, 'Given user does not occupy this room')
      await context.run('muc.sendMessageToRoom', { room, from: client, body })
      return done
    },
  }),
  operation({
    name: 'kick_user_from_room',
    method: 'DELETE',
    paths: ['/mucs/:host/:name/:nick', '/mucs'],
    about: 'Puts somebody out of a room.',
    arguments: { host, name, nick: word('nickname') },
    async run({ host: domain, name: local, nick }, context) {
      const { run, generation } = context
      const room = await roomAt(domain, local, context)
      const occupants = await run<Occupant[]>('muc.listRoomUsers', { room })
      if (!occupants.some(({ role }) => role.toLowerCase() === 'moderator'))
        throw new HttpError(404, 'Moderator not found')
      await run('muc.kickUser', { room, nick, reason: reasons[generation] })
      return done
    },
  }),
]
