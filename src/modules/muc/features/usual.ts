import type { RoomFeature } from '../core/room.ts'
import { retractions } from '../retraction.ts'
import { bans, crowding, membersOnly, nicks, passwords, protocol } from './access.ts'
import { activity } from './activity.ts'
import { affiliationVersions } from './affiliation-versions.ts'
import { avatar } from './avatar.ts'
import { hats } from './hats.ts'
import { occupantIds } from './occupant-id.ts'
import { registration } from './registration.ts'
import { moderation, privateMessages, slowMode, subjects } from './speech.ts'
import {
  anonymity,
  description,
  hidden,
  invites,
  memberList,
  persistence,
  presenceBroadcast,
  size,
  visitorStatus,
} from './visibility.ts'

/**
 * What rooms can do, in the order in which it is asked. The list may grow while it is used: modules add to it. Who wants to
 * enter is refused for the first reason in this order: no room, a ban, no membership, the nick, the password.
 */
export function usualFeatures(): RoomFeature[] {
  return [
    protocol,
    description,
    persistence,
    hidden,
    crowding,
    bans,
    membersOnly,
    nicks,
    passwords,
    size,
    anonymity,
    moderation,
    subjects,
    privateMessages,
    slowMode,
    memberList,
    presenceBroadcast,
    visitorStatus,
    invites,
    occupantIds,
    registration,
    retractions,
    avatar,
    hats,
    activity,
    affiliationVersions,
  ]
}
