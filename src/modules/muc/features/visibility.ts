import { badValue, booleanField, type ConfigField, textField } from '../core/config-field.ts'
import type { Room, RoomFeature } from '../core/room.ts'
import type { RoomConfig } from '../core/room-config.ts'
import { type Role, roleNamed } from '../core/standing.ts'

/** Title and description. */
export const description: RoomFeature = {
  fields: [
    textField('muc#roomconfig_roomname', 'Title', 'title', { most: (room) => room.surroundings.maxRoomName }),
    textField('muc#roomconfig_roomdesc', 'Description', 'description', {
      most: (room) => room.surroundings.maxRoomDescription,
    }),
  ],
  infoFields: ({ config, occupants, surroundings }) => [
    { var: 'muc#maxhistoryfetch', label: 'Most messages of history', values: [String(surroundings.historySize)] },
    { var: 'muc#roominfo_description', label: 'Description', values: [config.description] },
    { var: 'muc#roominfo_occupants', label: 'Number of occupants', values: [String(occupants.size)] },
  ],
}

/** Rooms that outlive their last occupant. */
export const persistence: RoomFeature = {
  fields: [
    booleanField('muc#roomconfig_persistentroom', 'Stays when everybody has left', 'isPersistent', {
      isFor: (room, who) => room.surroundings.mayMakePersistent(who),
    }),
  ],
  infoFeatures: ({ config }) => [config.isPersistent ? 'muc_persistent' : 'muc_temporary'],
}

/** Whether a room is in the list of rooms, and its occupants in that of the room. */
export const hidden: RoomFeature = {
  fields: [
    booleanField('muc#roomconfig_publicroom', 'In the list of rooms', 'isPublic'),
    booleanField('public_list', 'Occupants can be listed from outside', 'publicList'),
  ],
  infoFeatures: ({ config }) => [config.isPublic ? 'muc_public' : 'muc_hidden'],
}

/** Who sees real addresses (XEP-0045 §4.2). */
export const anonymity: RoomFeature = {
  fields: [
    {
      var: 'muc#roomconfig_whois',
      type: 'list-single',
      label: 'Who sees the real addresses of occupants',
      options: [{ value: 'moderators' }, { value: 'anyone' }],
      read: (config) => [config.isAnonymous ? 'moderators' : 'anyone'],
      write(config, [value]) {
        if (value !== 'moderators' && value !== 'anyone') throw badValue('muc#roomconfig_whois')
        return { ...config, isAnonymous: value === 'moderators' }
      },
    },
    booleanField('anonymous', 'Only moderators see real addresses', 'isAnonymous', { isHidden: true }),
  ],
  entryCodes: ({ config }) => (config.isAnonymous ? [] : [100]),
  changeCodes: (before, after) => (before.isAnonymous === after.isAnonymous ? [] : [after.isAnonymous ? 173 : 172]),
  infoFeatures: ({ config }) => [config.isAnonymous ? 'muc_semianonymous' : 'muc_nonanonymous'],
}

const sizes = [5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000]

/** What holds in a room: the service may have been given another limit since. */
function mostIn({ maxUsers }: RoomConfig, room: Room | undefined): number {
  return Math.min(maxUsers, room?.surroundings.maxUsers ?? maxUsers)
}

/** The usual sizes that the service allows, the largest one, and that of now. */
function sizesFor(config: RoomConfig, room: Room): number[] {
  const { maxUsers } = room.surroundings
  const allowed = new Set([...sizes.filter((count) => count < maxUsers), maxUsers, mostIn(config, room)])
  return [...allowed].sort((a, b) => a - b)
}

/** How many people fit in. */
export const size: RoomFeature = {
  fields: [
    {
      var: 'muc#roomconfig_maxusers',
      type: 'list-single',
      label: 'Most occupants',
      options: (config, room) => sizesFor(config, room).map((count) => ({ value: String(count) })),
      read: (config, room) => [String(mostIn(config, room))],
      write(config, [value = ''], room) {
        const isNumber = /^[1-9]\d{0,8}$/.test(value)
        if (!isNumber) throw badValue('muc#roomconfig_maxusers')
        return { ...config, maxUsers: Math.min(Number(value), room.surroundings.maxUsers) }
      },
    },
  ],
}

/** A setting that is a set of roles. */
function rolesField(name: string, label: string, key: 'mayGetMemberList' | 'presenceBroadcast'): ConfigField {
  const named: readonly Role[] = ['moderator', 'participant', 'visitor']
  return {
    var: name,
    type: 'list-multi',
    label,
    options: named.map((value) => ({ value })),
    read: (config) => config[key],
    write(config: RoomConfig, values) {
      const chosen = values.map((value) => roleNamed(value))
      if (chosen.some((role) => role === undefined || role === 'none')) throw badValue(name)
      return { ...config, [key]: named.filter((role) => chosen.includes(role)) }
    },
  }
}

/** Who may read the lists of members and moderators. */
export const memberList: RoomFeature = {
  fields: [rolesField('muc#roomconfig_getmemberlist', 'Who may read the list of members', 'mayGetMemberList')],
}

/** Whose presence the others are sent: large audiences are silent. */
export const presenceBroadcast: RoomFeature = {
  fields: [rolesField('muc#roomconfig_presencebroadcast', 'Roles whose presence is shown', 'presenceBroadcast')],
}

/** What visitors may say of themselves. */
export const visitorStatus: RoomFeature = {
  fields: [booleanField('muc#roomconfig_allowvisitorstatus', 'Visitors may show a status text', 'allowVisitorStatus')],
}

/** Who may invite. */
export const invites: RoomFeature = {
  fields: [booleanField('muc#roomconfig_allowinvites', 'Occupants may invite others', 'allowInvites')],
}
