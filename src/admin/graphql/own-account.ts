import { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'

export type Args = Readonly<Record<string, unknown>>

/** How an operation of a schema is done by a command. */
export interface Done {
  readonly command: string
  /** What the command is given; the arguments as they are unless said. Throws CommandError. */
  readonly input?: (args: Args, me: Jid) => Args
  /** What is answered, where that is not what the command answers. */
  readonly answer?: (result: never) => unknown
}

function message({ message: text }: { message: string }): string {
  return text
}

/** The client that is named by its resource; without one the command looks for it. */
function asClient(argument: string): Done['input'] {
  return ({ resource, ...args }, me) => ({
    ...args,
    ...(resource == null ? {} : { [argument]: me.withResource(String(resource)).full }),
  })
}

/** Nobody sends in the name of others. Throws CommandError `invalid_sender`. */
function asSender(args: Args, me: Jid): Args {
  const { from } = args
  if (from == null || Jid.tryParse(String(from))?.bareString === me.bareString) return args
  throw new CommandError('invalid_sender', 'The sender must be your own account', { jid: String(from) })
}

/** The operations of users that are not done by the command of the same name, with the same arguments and the same answer. */
const different: Readonly<Record<string, Done>> = {
  'account.unregister': { command: 'account.removeUser', answer: message },
  'account.changePassword': { command: 'account.changeUserPassword', answer: message },
  'last.getLast': { command: 'last.getLast', input: ({ user }, me) => ({ user: user ?? me.bareString }) },
  'muc.sendMessageToRoom': { command: 'muc.sendMessageToRoom', input: asClient('from') },
  'muc.sendPrivateMessage': { command: 'muc.sendPrivateMessage', input: asClient('from') },
  'muc.enterRoom': { command: 'muc.enterRoom', input: asClient('user') },
  'muc.exitRoom': { command: 'muc.exitRoom', input: asClient('user') },
  'muc_light.listRooms': { command: 'muc_light.listUserRooms' },
  'muc_light.kickUser': {
    command: 'muc_light.kickUser',
    input: ({ room, user }, me) => ({ room, user: user ?? me.bareString }),
  },
  'session.listResources': {
    command: 'session.listUserSessions',
    answer: (sessions: readonly { user: string }[]) => sessions.map(({ user }) => Jid.parse(user).resource),
  },
  'session.countResources': { command: 'session.countUserResources' },
  'session.listSessions': { command: 'session.listUserSessions' },
  'stanza.sendMessage': { command: 'stanza.sendMessage', input: asSender },
  'stanza.sendMessageHeadLine': { command: 'stanza.sendMessageHeadLine', input: asSender },
  'vcard.getVcard': { command: 'vcard.getVcard', input: ({ user }, me) => ({ user: user ?? me.bareString }) },
  'httpUpload.getUrl': {
    command: 'httpUpload.getUrl',
    input: (args, me) => ({ ...args, domain: me.domain, user: me.bareString }),
  },
}

/** How users do an operation, for their own accounts: the command fills in who gives it (`own`). */
export function doneByUser(operation: string): Done {
  return Object.hasOwn(different, operation) ? (different[operation] as Done) : { command: operation }
}
