import type { Role } from './standing.ts'

/** Who may send private messages (`muc#roomconfig_allowpm`). */
export const privateMessageRights = ['anyone', 'participants', 'moderators', 'none'] as const
export type PrivateMessageRight = (typeof privateMessageRights)[number]

/** How a room is configured. It does not change; a changed room has another one. Kept as JSON. */
export interface RoomConfig {
  readonly title: string
  readonly description: string
  readonly allowChangeSubject: boolean
  readonly allowQueryUsers: boolean
  readonly allowPrivateMessages: PrivateMessageRight
  readonly allowVisitorStatus: boolean
  readonly allowVisitorNickChange: boolean
  readonly allowInvites: boolean
  /** Several clients of one account under one nick. */
  readonly allowMultipleSessions: boolean
  /** In the list of rooms. */
  readonly isPublic: boolean
  /** Its occupants are listed for who is not inside. */
  readonly publicList: boolean
  readonly isPersistent: boolean
  readonly isModerated: boolean
  /** Those without affiliation have voice. */
  readonly membersByDefault: boolean
  readonly membersOnly: boolean
  readonly isPasswordProtected: boolean
  readonly password: string
  /** Semi-anonymous: only moderators see real addresses. */
  readonly isAnonymous: boolean
  readonly maxUsers: number
  /** Roles that may read the lists of affiliations and roles. */
  readonly mayGetMemberList: readonly Role[]
  /** Roles whose presence the others see. */
  readonly presenceBroadcast: readonly Role[]
  /** Discussions go to a log that people can read (mod_muc_log). */
  readonly isLogged: boolean
  /** Seconds between two messages of one person, 0 for no limit (XEP-0500). */
  readonly slowMode: number
}

/** A room as MongooseIM configures it unless told otherwise. */
export const usualConfig: RoomConfig = {
  title: '',
  description: '',
  allowChangeSubject: true,
  allowQueryUsers: true,
  allowPrivateMessages: 'anyone',
  allowVisitorStatus: true,
  allowVisitorNickChange: true,
  allowInvites: false,
  allowMultipleSessions: false,
  isPublic: true,
  publicList: true,
  isPersistent: false,
  isModerated: true,
  membersByDefault: true,
  membersOnly: false,
  isPasswordProtected: false,
  password: '',
  isAnonymous: true,
  maxUsers: 200,
  mayGetMemberList: [],
  presenceBroadcast: ['moderator', 'participant', 'visitor'],
  isLogged: false,
  slowMode: 0,
}

/** Reads back a stored configuration: what an older build did not know yet has its usual value. */
export function storedConfig(json: string): RoomConfig {
  return { ...usualConfig, ...(JSON.parse(json) as Partial<RoomConfig>) }
}
