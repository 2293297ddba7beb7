import { StanzaError } from '../../../stanza/stanza-error.ts'
import { isSameSecret } from '../../../util/same-secret.ts'
import { booleanField, textField } from '../core/config-field.ts'
import { MUC } from '../core/namespaces.ts'
import type { Entry, Room, RoomFeature } from '../core/room.ts'
import { isAtLeast } from '../core/standing.ts'

/** Rooms are not endless, nor is the number of rooms that somebody may be in (XEP-0045 §7.2.9). */
export const crowding: RoomFeature = {
  guardEntry(room, { from }) {
    const { attendance, maxUserConferences, maxUsers, maxUsersAdminThreshold } = room.surroundings
    const isHere = room.occupants.of(from).length > 0
    if (!isHere && attendance.roomsOf(from.bare) >= maxUserConferences) {
      room.surroundings.limitReached('rooms_of_user', from)
      throw full('You are in too many conferences')
    }
    if (room.surroundings.isAdmin(from)) return
    const extra = isAtLeast(room.affiliationOf(from), 'admin') ? maxUsersAdminThreshold : 0
    if (room.occupants.seatCount >= Math.min(room.config.maxUsers, maxUsers) + extra) {
      room.surroundings.limitReached('users_of_room', from)
      throw full('This room is full')
    }
  },
}

function full(text: string): StanzaError {
  return new StanzaError('service-unavailable', { type: 'wait', text })
}

/** Who is banned stays outside (XEP-0045 §7.2.7). */
export const bans: RoomFeature = {
  guardEntry(room, { from }) {
    if (room.affiliationOf(from) === 'outcast') {
      throw new StanzaError('forbidden', { text: 'You have been banned from this room' })
    }
  },
}

/** Rooms for members only (XEP-0045 §7.2.6). */
export const membersOnly: RoomFeature = {
  fields: [booleanField('muc#roomconfig_membersonly', 'Only members may enter', 'membersOnly')],
  guardEntry(room, { from }) {
    if (room.mayEnter(from)) return
    throw new StanzaError('registration-required', { text: 'Membership is required to enter this room' })
  },
  infoFeatures: ({ config }) => [config.membersOnly ? 'muc_membersonly' : 'muc_open'],
}

/** Rooms that ask for a password (XEP-0045 §7.2.5); admins of the service need none. */
export const passwords: RoomFeature = {
  fields: [
    booleanField('muc#roomconfig_passwordprotectedroom', 'A password is required to enter', 'isPasswordProtected'),
    textField('muc#roomconfig_roomsecret', 'Password', 'password', { type: 'text-private' }),
  ],
  guardEntry(room, entry) {
    if (!room.config.isPasswordProtected || room.surroundings.isAdmin(entry.from)) return
    if (room.config.password === '') heedVerdict(entry)
    else if (!isSameSecret(entry.x.childText('password') ?? '', room.config.password)) throw wrongPassword()
  },
  infoFeatures: ({ config }) => [config.isPasswordProtected ? 'muc_passwordprotected' : 'muc_unsecured'],
}

function heedVerdict({ passwordVerdict }: Entry): void {
  if (passwordVerdict === undefined) throw wrongPassword()
  if (passwordVerdict !== 'right') throw passwordVerdict
}

function wrongPassword(): StanzaError {
  return new StanzaError('not-authorized', { text: 'A password is required to enter this room' })
}

/** Nicks that are in use or kept for somebody (XEP-0045 §7.2.8). */
export const nicks: RoomFeature = {
  guardEntry(room, { from, jid }) {
    const present = room.occupants.named(jid.resource)
    if (present !== undefined) {
      const isOwn = present.real.full === from.bareString && room.config.allowMultipleSessions
      if (!isOwn) throw taken()
    }
    if (isReservedForOther(room, jid.resource, from.bareString)) throw taken()
  },
  guardNick(room, occupant, nick) {
    const isMute = occupant.role === 'visitor' && !room.config.allowVisitorNickChange
    if (isMute) throw new StanzaError('not-allowed', { text: 'Visitors may not change their nick here' })
    if (room.occupants.named(nick) !== undefined) throw taken()
    if (isReservedForOther(room, nick, occupant.real.full)) throw taken()
  },
  fields: [
    booleanField('muc#roomconfig_allowvisitornickchange', 'Visitors may change their nick', 'allowVisitorNickChange'),
    booleanField(
      'muc#roomconfig_allowmultisessions',
      'Several clients of one user under one nick',
      'allowMultipleSessions',
    ),
  ],
}

function isReservedForOther(room: Room, nick: string, account: string): boolean {
  const holder = room.affiliations.reservedFor(nick) ?? room.surroundings.registeredFor(nick)
  return holder !== undefined && holder.full !== account
}

function taken(): StanzaError {
  return new StanzaError('conflict', { text: 'That nickname is already in use by another occupant' })
}

/** The namespaces of the protocol itself are the room's to speak. */
export const protocol: RoomFeature = {
  infoFeatures: () => [MUC.muc, MUC.stableId, MUC.selfPing, MUC.stanzaId],
}
