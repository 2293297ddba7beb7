import { StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { badValue, booleanField } from '../core/config-field.ts'
import { subjectOf } from '../core/groupchat.ts'
import type { Occupant } from '../core/occupants.ts'
import type { RoomFeature } from '../core/room.ts'
import { type PrivateMessageRight, privateMessageRights } from '../core/room-config.ts'
import { isAtLeast } from '../core/standing.ts'

const validateNs = 'http://jabber.org/protocol/xdata-validate'

/** In a moderated room only those with voice speak (XEP-0045 §7.4). */
export const moderation: RoomFeature = {
  fields: [
    booleanField('muc#roomconfig_moderatedroom', 'Only those with voice may speak', 'isModerated'),
    booleanField('members_by_default', 'Everybody who enters has voice', 'membersByDefault'),
  ],
  guardMessage(room, occupant) {
    if (occupant?.role !== 'visitor' || !room.config.isModerated) return
    throw new StanzaError('forbidden', { text: 'Visitors are not allowed to send messages to all occupants' })
  },
  infoFeatures: ({ config }) => [config.isModerated ? 'muc_moderated' : 'muc_unmoderated'],
}

/** Who may change the subject (XEP-0045 §8.1). */
export const subjects: RoomFeature = {
  fields: [booleanField('muc#roomconfig_changesubject', 'Participants may change the subject', 'allowChangeSubject')],
  guardMessage(room, occupant, stanza) {
    if (subjectOf(stanza) === undefined || occupant?.role === 'moderator') return
    if (occupant?.role === 'participant' && room.config.allowChangeSubject) return
    throw new StanzaError('forbidden', { text: 'You are not allowed to change the subject in this room' })
  },
  infoFields: ({ subject, config }) => [
    ...(subject === undefined ? [] : [{ var: 'muc#roominfo_subject', label: 'Subject', values: [subject.text] }]),
    {
      var: 'muc#roominfo_subjectmod',
      type: 'boolean',
      label: 'Participants may change the subject',
      values: [config.allowChangeSubject ? '1' : '0'],
    },
  ],
}

/** Who may send private messages (XEP-0045 §7.5). */
export const privateMessages: RoomFeature = {
  fields: [
    {
      var: 'muc#roomconfig_allowpm',
      type: 'list-single',
      label: 'Who may send private messages',
      options: privateMessageRights.map((value) => ({ value })),
      read: (config) => [config.allowPrivateMessages],
      write(config, [value]) {
        const allowPrivateMessages = privateMessageRights.find((right) => right === value)
        if (allowPrivateMessages === undefined) throw badValue('muc#roomconfig_allowpm')
        return { ...config, allowPrivateMessages }
      },
    },
    {
      var: 'allow_private_messages',
      type: 'boolean',
      label: 'Occupants may send private messages',
      read: (config) => [config.allowPrivateMessages === 'none' ? '0' : '1'],
      write(config, [value]) {
        if (value === '1' || value === 'true') return { ...config, allowPrivateMessages: 'anyone' }
        if (value === '0' || value === 'false') return { ...config, allowPrivateMessages: 'none' }
        throw badValue('allow_private_messages')
      },
    },
    booleanField('allow_query_users', 'Occupants may send requests to each other', 'allowQueryUsers'),
  ],
  guardPrivateMessage(room, sender, target) {
    // Visitors may write to those who can give them voice, unless nobody may write at all.
    const isToModerator = target.role === 'moderator' && room.config.allowPrivateMessages === 'participants'
    if (isToModerator || hasRight(room.config.allowPrivateMessages, sender)) return
    throw new StanzaError('forbidden', { text: 'Private messages are not allowed here' })
  },
}

function hasRight(right: PrivateMessageRight, { role }: Occupant): boolean {
  if (right === 'anyone') return true
  if (right === 'participants') return role === 'participant' || role === 'moderator'
  return right === 'moderators' && role === 'moderator'
}

/** Seconds between two messages of one person (XEP-0500); admins and owners are not held back. */
export const slowMode: RoomFeature = {
  fields: [
    {
      var: 'muc#roomconfig_slow_mode_duration',
      type: 'text-single',
      label: 'Slow mode: seconds between two messages of one person, 0 for no limit',
      validation: el('validate', validateNs, { datatype: 'xs:integer' }, el('range', validateNs, { min: '0' })),
      read: (config) => [String(config.slowMode)],
      write(config, [value = '']) {
        if (!/^\d{1,9}$/.test(value)) throw badValue('muc#roomconfig_slow_mode_duration')
        return { ...config, slowMode: Number(value) }
      },
    },
  ],
  guardMessage(room, occupant, stanza) {
    const { slowMode: seconds } = room.config
    if (seconds === 0 || occupant === undefined || !stanza.has('body')) return
    if (isAtLeast(occupant.affiliation, 'admin')) return
    const now = room.surroundings.now()
    const before = room.spokeAt.get(occupant.real.full)
    if (before !== undefined && now - before < seconds * 1000) throw tooSoon(seconds)
    // Only who is held back is remembered, so that the table holds no more than what was said in that time.
    for (const [account, at] of room.spokeAt) {
      if (now - at < seconds * 1000) break
      room.spokeAt.delete(account)
    }
    room.spokeAt.delete(occupant.real.full)
    room.spokeAt.set(occupant.real.full, now)
  },
  infoFields: ({ config }) => [
    { var: 'muc#roominfo_slow_mode_duration', type: 'text-single', values: [String(config.slowMode)] },
  ],
}

function tooSoon(seconds: number): StanzaError {
  const text = `This room is in slow mode: you have to wait ${seconds} seconds between messages.`
  return new StanzaError('policy-violation', { type: 'wait', text })
}
