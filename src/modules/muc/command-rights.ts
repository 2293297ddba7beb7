import type { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import type { RoomView } from './api.ts'
import { accessOf } from './archive-link.ts'
import { type Affiliation, affiliationRefusal, isAtLeast, type Role, roleRefusal } from './core/standing.ts'

// What users may do with rooms by command is what they might by their clients; without a user an admin asks, who may do all.

type Asker = Jid | undefined

function require(isAllowed: boolean, text: string, room: RoomView): void {
  if (!isAllowed) throw new CommandError('not_allowed', text, { room: room.jid.full })
}

/** Throws CommandError unless somebody owns a room. */
export function requireOwner(room: RoomView, user: Asker): void {
  const isOwner = user === undefined || room.standingOf(user).affiliation === 'owner'
  require(isOwner, 'Only owners of the room may do this', room)
}

/** Throws CommandError unless somebody may read what was said in a room. */
export function requireReader(room: RoomView, user: Asker): void {
  require(user === undefined || accessOf(room, user).mayRead === true, 'You may not enter this room', room)
}

/** Throws CommandError unless somebody may know who is in a room. */
export function requireSpectator(room: RoomView, user: Asker): void {
  if (user === undefined) return
  const { affiliation, role } = room.standingOf(user)
  const isKnown = role !== 'none' || isAtLeast(affiliation, 'member')
  require(room.mayEnter(user) && (isKnown || room.config.publicList), 'You may not see who is in this room', room)
}

/** Throws CommandError unless somebody may read the lists of affiliations. */
export function requireListReader(room: RoomView, user: Asker): void {
  if (user === undefined) return
  const { affiliation, role } = room.standingOf(user)
  const mayRead = isAtLeast(affiliation, 'admin') || room.config.mayGetMemberList.includes(role)
  require(mayRead, 'You may not see who belongs to this room', room)
}

/** Throws CommandError unless somebody may invite others. */
export function requireInviter(room: RoomView, user: Asker): void {
  if (user === undefined) return
  const { affiliation, role } = room.standingOf(user)
  const isKnown = role !== 'none' || isAtLeast(affiliation, 'member')
  const mayLetIn = !room.config.membersOnly || room.config.allowInvites || isAtLeast(affiliation, 'admin')
  require(isKnown && mayLetIn, 'You may not invite to this room', room)
}

/** Throws CommandError unless somebody may give an occupant a role. */
export function requireRoleGiver(
  room: RoomView,
  user: Asker,
  change: { readonly nick: string; readonly role: Role },
): void {
  const target = room.occupants.named(change.nick)
  if (user === undefined || target === undefined) return
  const refusal = roleRefusal(room.standingOf(user), target, change.role)
  require(refusal === undefined, 'You may not give this role', room)
}

/** Throws CommandError unless somebody may give somebody an affiliation. */
export function requireAffiliationGiver(
  room: RoomView,
  user: Asker,
  change: { readonly user: Jid; readonly affiliation: Affiliation },
): void {
  if (user === undefined) return
  const target = change.user.bare
  const owners = room.affiliations.list('owner')
  const refusal = affiliationRefusal(room.standingOf(user).affiliation, {
    from: room.affiliationOf(target),
    to: change.affiliation,
    isOwn: target.bareString === user.bareString,
    isLastOwner: owners.length === 1 && owners[0]?.jid.bareString === target.bareString,
  })
  require(refusal === undefined, 'You may not give this affiliation', room)
}
