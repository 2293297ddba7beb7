import { z } from 'zod'
import {
  dataBackend,
  duration,
  hostTemplate,
  intOrInfinity,
  noEffect,
  ruleName,
  shaperName,
} from '../../config/option.ts'
import { type RoomConfig, usualConfig } from './core/room-config.ts'

const affiliation = z.strictObject({
  user: z.string().min(1).describe('Local part.'),
  server: z.string().min(1).describe('Domain.'),
  resource: z.string().describe('Resource; empty for the whole account.'),
  affiliation: z.enum(['outcast', 'member', 'admin', 'owner']).describe('What the user is in new rooms.'),
})

const rooms = usualConfig
const flag = (fallback: boolean, about: string) => z.boolean().default(fallback).describe(about)

const defaultRoom = z
  .strictObject({
    title: z.string().default(rooms.title).describe('Title.'),
    description: z.string().default(rooms.description).describe('Description.'),
    allow_change_subj: flag(rooms.allowChangeSubject, 'Participants may change the subject.'),
    allow_query_users: flag(rooms.allowQueryUsers, 'Occupants may send requests to each other.'),
    allow_private_messages: flag(true, 'Occupants may send private messages.'),
    allow_visitor_status: flag(rooms.allowVisitorStatus, 'Visitors may show a status text.'),
    allow_visitor_nickchange: flag(rooms.allowVisitorNickChange, 'Visitors may change their nick.'),
    public: flag(rooms.isPublic, 'In the list of rooms.'),
    public_list: flag(rooms.publicList, 'Occupants can be listed from outside.'),
    persistent: flag(rooms.isPersistent, 'Stays when everybody has left.'),
    moderated: flag(rooms.isModerated, 'Only those with voice may speak.'),
    members_by_default: flag(rooms.membersByDefault, 'Everybody who enters has voice.'),
    members_only: flag(rooms.membersOnly, 'Only members may enter.'),
    allow_user_invites: flag(rooms.allowInvites, 'Occupants may invite others.'),
    allow_multiple_sessions: flag(rooms.allowMultipleSessions, 'Several clients of one user under one nick.'),
    password_protected: flag(rooms.isPasswordProtected, 'A password is required to enter.'),
    password: z.string().default(rooms.password).describe('The password.').meta({ secret: true }),
    anonymous: flag(rooms.isAnonymous, 'Only moderators see real addresses.'),
    max_users: z.int().min(1).default(rooms.maxUsers).describe('Most occupants; `max_users` of the service limits it.'),
    logging: flag(rooms.isLogged, 'Discussions are logged, where mod_muc_log runs.'),
    maygetmemberlist: z
      .array(z.enum(['moderator', 'participant', 'visitor']))
      .default([...(rooms.mayGetMemberList as readonly 'moderator'[])])
      .describe('Roles that may read the lists of members and moderators.'),
    affiliations: z.array(affiliation).default([]).describe('Affiliations of every new room.'),
    subject: z.string().default('').describe('Subject.'),
    subject_author: z.string().default('').describe('Nick of who has set the subject.'),
  })
  .prefault({})
  .describe('How new rooms are configured.')
  .meta({ reload: 'live' })

const seconds = (about: string) => z.number().min(0).default(0).describe(about).meta({ reload: 'live' })

export const options = z.strictObject({
  host: hostTemplate()
    .default('conference.@HOST@')
    .describe('Address of the rooms; `@HOST@` stands for the domain.')
    .meta({ reload: 'restart' }),
  backend: dataBackend('mnesia', 'rdbms'),
  online_backend: noEffect(z.enum(['mnesia', 'cets']), 'rooms that run are in the memory of the server'),
  access: ruleName().default('all').describe('Who may use the service.').meta({ reload: 'live' }),
  access_create: ruleName()
    .default('all')
    .describe('Who may create rooms and wake sleeping ones.')
    .meta({ reload: 'live' }),
  access_admin: ruleName().default('none').describe('Who is an owner of every room.').meta({ reload: 'live' }),
  access_persistent: ruleName().default('all').describe('Who may make rooms persistent.').meta({ reload: 'live' }),
  history_size: z.int().min(0).default(20).describe('Messages that newcomers are shown.').meta({ reload: 'restart' }),
  room_shaper: shaperName().default('none').describe('Bytes a second through one room.').meta({ reload: 'live' }),
  user_message_shaper: shaperName()
    .default('none')
    .describe('Bytes a second of messages from one occupant.')
    .meta({ reload: 'live' }),
  user_presence_shaper: shaperName()
    .default('none')
    .describe('Bytes a second of presence from one occupant.')
    .meta({ reload: 'live' }),
  min_message_interval: seconds('Seconds between two messages of one occupant; what comes sooner is held back.'),
  min_presence_interval: seconds('Seconds between two presences of one occupant; what comes sooner is held back.'),
  max_room_id: intOrInfinity().default(Number.POSITIVE_INFINITY).describe('Most bytes in the name of a new room.'),
  max_room_name: intOrInfinity().default(Number.POSITIVE_INFINITY).describe('Most bytes in the title of a room.'),
  max_room_desc: intOrInfinity().default(Number.POSITIVE_INFINITY).describe('Most bytes in the description of a room.'),
  max_users: z.int().min(1).default(200).describe('Most occupants of any room.').meta({ reload: 'live' }),
  max_users_admin_threshold: z
    .int()
    .min(1)
    .default(5)
    .describe('Places for admins and owners beyond that.')
    .meta({ reload: 'live' }),
  max_user_conferences: z
    .int()
    .min(0)
    .default(10)
    .describe('Rooms that one user may be in at once.')
    .meta({ reload: 'live' }),
  http_auth_pool: z
    .string()
    .min(1)
    .optional()
    .describe(
      'HTTP connections (`outgoing_pools.http`) on which passwords of rooms without one of their own are checked.',
    )
    .meta({ reload: 'restart' }),
  load_permanent_rooms_at_startup: noEffect(z.boolean(), 'rooms are loaded when they are needed'),
  hibernate_timeout: duration('ms', { infinite: true })
    .default(90_000)
    .describe('Idle time after which a room counts as asleep.')
    .meta({ reload: 'live' }),
  hibernated_room_check_interval: duration('ms', { infinite: true })
    .default(Number.POSITIVE_INFINITY)
    .describe('How often rooms that have slept long enough are looked for.')
    .meta({ reload: 'restart' }),
  hibernated_room_timeout: duration('ms', { infinite: true })
    .default(Number.POSITIVE_INFINITY)
    .describe('How long a stored room sleeps before it is taken out of memory.')
    .meta({ reload: 'live' }),
  default_room: defaultRoom,
})

export type MucOptions = z.output<typeof options>

/** The configuration of a new room. */
export function newRoomConfig({ default_room: room, max_users: maxUsers }: MucOptions): RoomConfig {
  return {
    ...usualConfig,
    title: room.title,
    description: room.description,
    allowChangeSubject: room.allow_change_subj,
    allowQueryUsers: room.allow_query_users,
    allowPrivateMessages: room.allow_private_messages ? 'anyone' : 'none',
    allowVisitorStatus: room.allow_visitor_status,
    allowVisitorNickChange: room.allow_visitor_nickchange,
    allowInvites: room.allow_user_invites,
    allowMultipleSessions: room.allow_multiple_sessions,
    isPublic: room.public,
    publicList: room.public_list,
    isPersistent: room.persistent,
    isModerated: room.moderated,
    membersByDefault: room.members_by_default,
    membersOnly: room.members_only,
    isPasswordProtected: room.password_protected,
    password: room.password,
    isAnonymous: room.anonymous,
    maxUsers: Math.min(room.max_users, maxUsers),
    mayGetMemberList: room.maygetmemberlist,
    isLogged: room.logging,
  }
}
