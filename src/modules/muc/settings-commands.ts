import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'
import { posInt, userJid } from '../../module/scalars.ts'
import type { MucApi } from './api.ts'
import { requireOwner } from './command-rights.ts'
import { withRoom } from './command-target.ts'
import type { RoomConfig } from './core/room-config.ts'

const room = userJid().describe('Address of the room.')

const shape = {
  title: z.string(),
  description: z.string(),
  allowChangeSubject: z.boolean(),
  allowQueryUsers: z.boolean(),
  allowPrivateMessages: z.boolean(),
  allowVisitorStatus: z.boolean(),
  allowVisitorNickchange: z.boolean(),
  public: z.boolean(),
  publicList: z.boolean(),
  persistent: z.boolean(),
  moderated: z.boolean(),
  membersByDefault: z.boolean(),
  membersOnly: z.boolean(),
  allowUserInvites: z.boolean(),
  allowMultipleSession: z.boolean(),
  passwordProtected: z.boolean(),
  password: z.string(),
  anonymous: z.boolean(),
  mayGetMemberList: z.array(z.string()),
  maxUsers: posInt(),
}

const shownSettings = z.strictObject(shape)
type Shown = z.input<typeof shownSettings>

/** The fields of the form of owners that say the same. */
const fields: Readonly<Record<keyof typeof shape, string>> = {
  title: 'muc#roomconfig_roomname',
  description: 'muc#roomconfig_roomdesc',
  allowChangeSubject: 'muc#roomconfig_changesubject',
  allowQueryUsers: 'allow_query_users',
  allowPrivateMessages: 'allow_private_messages',
  allowVisitorStatus: 'muc#roomconfig_allowvisitorstatus',
  allowVisitorNickchange: 'muc#roomconfig_allowvisitornickchange',
  public: 'muc#roomconfig_publicroom',
  publicList: 'public_list',
  persistent: 'muc#roomconfig_persistentroom',
  moderated: 'muc#roomconfig_moderatedroom',
  membersByDefault: 'members_by_default',
  membersOnly: 'muc#roomconfig_membersonly',
  allowUserInvites: 'muc#roomconfig_allowinvites',
  allowMultipleSession: 'allow_multiple_sessions',
  passwordProtected: 'muc#roomconfig_passwordprotectedroom',
  password: 'muc#roomconfig_roomsecret',
  anonymous: 'anonymous',
  mayGetMemberList: 'muc#roomconfig_getmemberlist',
  maxUsers: 'muc#roomconfig_maxusers',
}

function shown(config: RoomConfig): Shown {
  return {
    title: config.title,
    description: config.description,
    allowChangeSubject: config.allowChangeSubject,
    allowQueryUsers: config.allowQueryUsers,
    allowPrivateMessages: config.allowPrivateMessages !== 'none',
    allowVisitorStatus: config.allowVisitorStatus,
    allowVisitorNickchange: config.allowVisitorNickChange,
    public: config.isPublic,
    publicList: config.publicList,
    persistent: config.isPersistent,
    moderated: config.isModerated,
    membersByDefault: config.membersByDefault,
    membersOnly: config.membersOnly,
    allowUserInvites: config.allowInvites,
    allowMultipleSession: config.allowMultipleSessions,
    passwordProtected: config.isPasswordProtected,
    password: config.password,
    anonymous: config.isAnonymous,
    mayGetMemberList: [...config.mayGetMemberList],
    maxUsers: config.maxUsers,
  }
}

/** As the form has it. */
function written(value: boolean | number | string | readonly string[]): readonly string[] {
  if (typeof value === 'boolean') return [value ? '1' : '0']
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : value
}

async function settingsOf(api: MucApi, jid: Jid, before: RoomConfig): Promise<Shown> {
  return shown((await api.room(jid))?.config ?? before)
}

const getRoomConfig = command({
  name: 'muc.getRoomConfig',
  about: 'Tells how a room is configured.',
  input: z.strictObject({ room }),
  output: shownSettings,
  scope: 'user',
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (_api, found) => {
      requireOwner(found, user)
      return shown(found.config)
    }),
})

const changeRoomConfiguration = command({
  name: 'muc.changeRoomConfiguration',
  about: 'Changes settings of a room.',
  input: z.strictObject({
    room,
    config: z
      .strictObject(shape)
      .partial()
      .describe('New values; what is not given stays.')
      .meta({ scalar: 'MUCRoomConfigInput' }),
  }),
  output: shownSettings,
  scope: 'user',
  changes: true,
  run: (input, services: ModuleServices, { user }) =>
    withRoom(input.room, services, async (api, found) => {
      requireOwner(found, user)
      const given = Object.entries(input.config).flatMap(([name, value]) =>
        value === undefined ? [] : [[fields[name as keyof typeof shape], written(value)] as const],
      )
      await api.configure(input.room, Object.fromEntries(given))
      return settingsOf(api, input.room, found.config)
    }),
})

/** The commands on settings of rooms. */
export const settingsCommands = [getRoomConfig, changeRoomConfiguration]
