import { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import { parseElement } from '../../xml/parse.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'

export type Args = Readonly<Record<string, unknown>>

/** How an operation of the schema is done by a command. */
export interface Done {
  readonly command: string
  /** What the command is given. Throws CommandError. */
  readonly input: (args: Args, me: Jid) => Args
  /** What is answered, where that is not what the command answers. */
  readonly answer?: (result: never) => unknown
}

/** By a command that takes the own account as this argument. */
function as(command: string, argument: string): Done {
  return { command, input: (args, me) => ({ ...args, [argument]: me.bareString }) }
}

/** By a command that knows by itself who gives it. */
function by(command: string): Done {
  return { command, input: (args) => args }
}

/** By the client that is named by its resource; without one, by one that is in the room. */
function asClient(command: string, argument: string): Done {
  const input = ({ resource, ...args }: Args, me: Jid) => ({
    ...args,
    [argument]: resource == null ? me.bareString : me.withResource(String(resource)).full,
  })
  return { command, input }
}

function message({ message: text }: { message: string }): string {
  return text
}

function invalidSender(jid: string): CommandError {
  return new CommandError('invalid_sender', 'Sender must be the own account', { jid })
}

/** The sender that is named, which has to be oneself; oneself where none is. */
function ownSender(given: unknown, me: Jid): string {
  if (given == null) return me.bareString
  const jid = Jid.tryParse(String(given))
  if (jid?.bareString !== me.bareString) throw invalidSender(String(given))
  return jid.full
}

function fromMe(command: string): Done {
  return { command, input: (args, me) => ({ ...args, from: ownSender(args['from'], me) }) }
}

/** A stanza with its sender, who is oneself. */
function ownStanza({ stanza, ...args }: Args, me: Jid): Args {
  if (stanza == null) return args
  const element = parseElement(String(stanza))
  const from = ownSender(element.attr('from'), me)
  return { ...args, stanza: fromWire(serialise(element.withAttrs({ from }))) }
}

const rooms: Readonly<Record<string, Done>> = {
  'muc.listRooms': as('muc.listRooms', 'from'),
  'muc.getRoomConfig': by('muc.getRoomConfig'),
  'muc.listRoomUsers': by('muc.listRoomUsers'),
  'muc.listRoomAffiliations': by('muc.listRoomAffiliations'),
  'muc.getRoomMessages': by('muc.getRoomMessages'),
  'muc.createInstantRoom': as('muc.createInstantRoom', 'owner'),
  'muc.inviteUser': as('muc.inviteUser', 'sender'),
  'muc.kickUser': by('muc.kickUser'),
  'muc.sendMessageToRoom': asClient('muc.sendMessageToRoom', 'from'),
  'muc.sendPrivateMessage': asClient('muc.sendPrivateMessage', 'from'),
  'muc.deleteRoom': by('muc.deleteRoom'),
  'muc.changeRoomConfiguration': by('muc.changeRoomConfiguration'),
  'muc.setUserRole': by('muc.setUserRole'),
  'muc.setUserAffiliation': by('muc.setUserAffiliation'),
  'muc.enterRoom': asClient('muc.enterRoom', 'user'),
  'muc.exitRoom': asClient('muc.exitRoom', 'user'),
  'muc_light.getRoomMessages': by('muc_light.getRoomMessages'),
  'muc_light.getRoomConfig': by('muc_light.getRoomConfig'),
  'muc_light.listRoomUsers': by('muc_light.listRoomUsers'),
  'muc_light.listRooms': as('muc_light.listUserRooms', 'user'),
  'muc_light.getBlockingList': as('muc_light.getBlockingList', 'user'),
  'muc_light.createRoom': as('muc_light.createRoom', 'owner'),
  'muc_light.changeRoomConfiguration': as('muc_light.changeRoomConfiguration', 'owner'),
  'muc_light.inviteUser': as('muc_light.inviteUser', 'sender'),
  'muc_light.deleteRoom': as('muc_light.deleteRoom', 'owner'),
  'muc_light.kickUser': {
    command: 'muc_light.kickUser',
    input: ({ room, user }, me) => ({ room, user: user ?? me.bareString }),
  },
  'muc_light.sendMessageToRoom': as('muc_light.sendMessageToRoom', 'from'),
  'muc_light.setBlockingList': as('muc_light.setBlockingList', 'user'),
}

/** What users do with their own accounts, by operation of the schema for users. */
export const ownOperations: Readonly<Record<string, Done>> = {
  'account.unregister': { ...as('account.removeUser', 'user'), answer: message },
  'account.changePassword': { ...as('account.changeUserPassword', 'user'), answer: message },
  'inbox.flushBin': as('inbox.flushBin', 'caller'),
  'last.getLast': {
    command: 'last.getLast',
    input: ({ user }, me) => ({ user: user ?? me.bareString }),
  },
  'last.setLast': as('last.setLast', 'user'),
  ...rooms,
  'session.listResources': {
    ...as('session.listUserSessions', 'user'),
    answer: (sessions: readonly { user: string }[]) => sessions.map(({ user }) => Jid.parse(user).resource),
  },
  'session.countResources': as('session.countUserResources', 'user'),
  'session.listSessions': as('session.listUserSessions', 'user'),
  'stanza.getLastMessages': as('stanza.getLastMessages', 'caller'),
  'stanza.sendMessage': fromMe('stanza.sendMessage'),
  'stanza.sendMessageHeadLine': fromMe('stanza.sendMessageHeadLine'),
  'stanza.sendStanza': { command: 'stanza.sendStanza', input: ownStanza },
  'roster.listContacts': as('roster.listContacts', 'user'),
  'roster.getContact': as('roster.getContact', 'user'),
  'roster.addContact': as('roster.addContact', 'user'),
  'roster.addContacts': as('roster.addContacts', 'user'),
  'roster.subscription': as('roster.subscription', 'user'),
  'roster.deleteContact': as('roster.deleteContact', 'user'),
  'roster.deleteContacts': as('roster.deleteContacts', 'user'),
  'vcard.getVcard': { command: 'vcard.getVcard', input: ({ user }, me) => ({ user: user ?? me.bareString }) },
  'vcard.setVcard': as('vcard.setVcard', 'user'),
  'private.getPrivate': as('private.getPrivate', 'user'),
  'private.setPrivate': as('private.setPrivate', 'user'),
  'httpUpload.getUrl': {
    command: 'httpUpload.getUrl',
    input: (args, me) => ({ ...args, domain: me.domain }),
  },
  'token.requestToken': as('token.requestToken', 'user'),
  'token.revokeToken': as('token.revokeToken', 'user'),
}
