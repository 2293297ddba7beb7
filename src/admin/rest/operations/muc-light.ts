import { HttpError } from '../../../net/http-exchange.ts'
import { domainName, localPart, optional, text, userJid, word } from '../argument.ts'
import { created, done, type OperationContext, operation } from '../operation.ts'

const domain = domainName('room ID or domain name')
const id = word('room ID')
const name = word('room name')
const owner = userJid('owner JID')
const subject = text('room subject')

/** What accounts that are not there get here. */
const statuses = { user_not_found: 400, already_exists: 403 }

/** Which room somebody means, by its id or its name. */
function findRoom(place: { domain: string; room: string; user?: string | undefined }, { run }: OperationContext) {
  return run<string>('muc_light.findRoom', place)
}

async function create(
  given: { domain: string; id?: string; name: string; owner: string; subject: string },
  { run, location }: OperationContext,
) {
  const { domain: place, ...room } = given
  const mucDomain = await run<string>('muc_light.findService', { domain: place })
  const { jid } = await run<{ jid: string }>('muc_light.createRoom', { mucDomain, ...room })
  return created(location('muc-lights', place, jid.split('@')[0] ?? ''), jid)
}

/** MUC Light rooms. */
export const mucLightOperations = [
  operation({
    name: 'create_muc_light_room',
    method: 'POST',
    paths: ['/muc-lights/:domain', '/muc-lights'],
    about: 'Makes a MUC Light room.',
    arguments: { domain, name, owner, subject },
    statuses,
    run: create,
  }),
  operation({
    name: 'create_identifiable_muc_light_room',
    method: 'PUT',
    paths: ['/muc-lights/:domain', '/muc-lights'],
    about: 'Makes a MUC Light room with this id.',
    arguments: { domain, id: localPart('room ID'), name, owner, subject },
    statuses,
    run: create,
  }),
  operation({
    name: 'change_muc_light_room_configuration',
    method: 'PUT',
    paths: ['/muc-lights/:domain/:id/config', '/muc-lights/:domain/config'],
    about: 'Changes name and subject of a MUC Light room in the name of somebody who belongs to it.',
    arguments: { domain, id, name, user: userJid('user JID'), subject },
    statuses,
    async run({ domain: place, id: room, user, ...settings }, context) {
      const found = await findRoom({ domain: place, room, user }, context)
      await context.run('muc_light.changeRoomConfiguration', { room: found, owner: user, ...settings })
      return done
    },
  }),
  operation({
    name: 'invite_to_room',
    method: 'POST',
    paths: ['/muc-lights/:domain/:room/participants', '/muc-lights/participants'],
    about: 'Adds somebody to a MUC Light room in the name of somebody who belongs to it.',
    arguments: { domain, room: name, sender: userJid('sender JID'), recipient: userJid('recipient JID') },
    statuses,
    async run({ domain: place, room, sender, recipient }, context) {
      const found = await findRoom({ domain: place, room, user: sender }, context)
      await context.run('muc_light.inviteUser', { room: found, sender, recipient })
      return done
    },
  }),
  operation({
    name: 'send_message_to_muc_light_room',
    method: 'POST',
    paths: ['/muc-lights/:domain/:room/messages', '/muc-lights/messages'],
    about: 'Says something in a MUC Light room in the name of somebody who belongs to it.',
    arguments: { domain, room: name, from: userJid('sender JID'), body: word('message body') },
    statuses,
    async run({ domain: place, room, from, body }, context) {
      const found = await findRoom({ domain: place, room, user: from }, context)
      await context.run('muc_light.sendMessageToRoom', { room: found, from, body })
      return done
    },
  }),
  operation({
    name: 'delete_room',
    method: 'DELETE',
    paths: ['/muc-lights/:domain/:room/management', '/muc-lights/:domain/:room/:owner/management'],
    about: 'Destroys a MUC Light room, in the name of its owner where that is given.',
    arguments: { domain, room: name, owner: optional(owner) },
    statuses,
    async run({ domain: place, room, owner: by }, context) {
      const found = await findRoom({ domain: place, room, user: by }, context)
      const removal = context.run('muc_light.deleteRoom', { room: found, owner: by })
      if (await context.isRefused('not_allowed', removal))
        throw new HttpError(403, 'Command not available for this user')
      return done
    },
  }),
]
