import type { ErrorCondition } from '../../../stanza/stanza-error.ts'

/** Long-lived relations of a person to a room, lowest first (XEP-0045 §5.2). */
export const affiliations = ['outcast', 'none', 'member', 'admin', 'owner'] as const
export type Affiliation = (typeof affiliations)[number]

/** What an occupant may do while inside, lowest first (XEP-0045 §5.1). */
export const roles = ['none', 'visitor', 'participant', 'moderator'] as const
export type Role = (typeof roles)[number]

/** What somebody is in a room. Whoever is not inside has the role `none`. */
export interface Standing {
  readonly affiliation: Affiliation
  readonly role: Role
}

/** The affiliation of this name, or undefined. */
export function affiliationNamed(text: string | undefined): Affiliation | undefined {
  return affiliations.find((name) => name === text)
}

/** The role of this name, or undefined. */
export function roleNamed(text: string | undefined): Role | undefined {
  return roles.find((name) => name === text)
}

/** Whether the one affiliation is at least the other. */
export function isAtLeast(affiliation: Affiliation, least: Affiliation): boolean {
  return affiliations.indexOf(affiliation) >= affiliations.indexOf(least)
}

/** What a room says about those whom nobody has given a role (XEP-0045 §5.1.2). */
export interface RoleDefaults {
  readonly isModerated: boolean
  readonly membersByDefault: boolean
}

/** The role that an affiliation gives on entering. */
export function initialRole(affiliation: Affiliation, { membersByDefault }: RoleDefaults): Role {
  if (affiliation === 'outcast') return 'none'
  if (isAtLeast(affiliation, 'admin')) return 'moderator'
  return affiliation === 'member' || membersByDefault ? 'participant' : 'visitor'
}

/**
 * Why somebody may not give an occupant this role, or undefined (XEP-0045 §8, §9.6 to §9.8). Changing nothing is always
 * allowed, and so is leaving.
 */
export function roleRefusal(actor: Standing, target: Standing, role: Role): ErrorCondition | undefined {
  if (role === target.role) return undefined
  if (actor.role !== 'moderator' && !isAtLeast(actor.affiliation, 'admin')) return 'not-allowed'
  const lowers = roles.indexOf(role) < roles.indexOf(target.role)
  if (lowers && !isAtLeast(actor.affiliation, target.affiliation)) return 'not-allowed'
  // §8.4, §9.7: nobody takes the voice or the moderation of an admin or owner; they can be kicked by an equal.
  if (lowers && role !== 'none' && isAtLeast(target.affiliation, 'admin')) return 'not-allowed'
  const touchesModerator = role === 'moderator' || target.role === 'moderator'
  return touchesModerator && !isAtLeast(actor.affiliation, 'admin') ? 'not-allowed' : undefined
}

/** A change of affiliation as it is judged. */
export interface AffiliationChange {
  readonly from: Affiliation
  readonly to: Affiliation
  /** The actor's own. */
  readonly isOwn: boolean
  /** Nobody else is an owner. */
  readonly isLastOwner: boolean
}

/** Why somebody of this affiliation may not make such a change, or undefined (XEP-0045 §9, §10.5). */
export function affiliationRefusal(actor: Affiliation, change: AffiliationChange): ErrorCondition | undefined {
  const { from, to, isOwn, isLastOwner } = change
  if (!isAtLeast(actor, 'admin')) return 'forbidden'
  if (from === to) return undefined
  // §9.1: whoever bans himself, §10.5: whoever leaves the room without an owner.
  if (isOwn && to === 'outcast') return 'conflict'
  if (actor !== 'owner' && from === 'owner') return 'not-allowed'
  if (isLastOwner) return 'conflict'
  if (actor === 'owner') return undefined
  return isAtLeast(from, 'admin') || isAtLeast(to, 'admin') ? 'forbidden' : undefined
}
