import type { Jid } from '../../../jid/jid.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import { MUC } from './namespaces.ts'
import { nickOf } from './occupants.ts'
import type { Room } from './room.ts'
import { type Affiliation, affiliationNamed, isAtLeast, type Role, roleNamed } from './standing.ts'

/** A list that was asked for, as the items of an answer; throws StanzaError where it may not be seen (XEP-0045 §9.5). */
export function readList(room: Room, who: Jid, query: Element): Element {
  const item = query.child('item', MUC.admin)
  const role = roleNamed(item?.attr('role'))
  const affiliation = affiliationNamed(item?.attr('affiliation'))
  if (affiliation !== undefined && affiliation !== 'none') {
    if (!maySeeAffiliations(room, who, affiliation)) throw new StanzaError('forbidden')
    return el('query', MUC.admin, affiliationItems(room, affiliation))
  }
  if (role === undefined || role === 'none') throw new StanzaError('bad-request', { text: 'No such list' })
  if (!maySeeRoles(room, who)) throw new StanzaError('forbidden')
  const occupants = [...room.occupants.all()].filter((occupant) => occupant.role === role)
  return el(
    'query',
    MUC.admin,
    occupants.map((occupant) =>
      el('item', MUC.admin, {
        affiliation: occupant.affiliation,
        role,
        nick: nickOf(occupant),
        jid: room.seesAddresses(who) ? (occupant.seats.at(-1)?.jid ?? occupant.real).full : undefined,
      }),
    ),
  )
}

/** The items of a list of affiliations. */
export function affiliationItems(room: Room, affiliation: Affiliation): Element[] {
  return room.affiliations
    .list(affiliation)
    .map(({ jid, reason, nick }) =>
      el(
        'item',
        MUC.admin,
        { affiliation, jid: jid.full, nick: nick === '' ? undefined : nick },
        reason === '' ? undefined : el('reason', MUC.admin, reason),
      ),
    )
}

/** Whether somebody may read a list of affiliations (XEP-0045 §9.5). */
export function maySeeAffiliations(room: Room, who: Jid, affiliation: Affiliation): boolean {
  const own = room.affiliationOf(who)
  if (isAtLeast(own, 'admin') || room.config.mayGetMemberList.includes(roleFor(room, who))) return true
  // §9.5: where everybody sees who is there, members see who else is a member.
  return affiliation !== 'outcast' && room.config.membersOnly && !room.config.isAnonymous && isAtLeast(own, 'member')
}

function maySeeRoles(room: Room, who: Jid): boolean {
  const standing = room.standingOf(who)
  if (standing.role === 'moderator' || isAtLeast(standing.affiliation, 'admin')) return true
  return room.config.mayGetMemberList.includes(roleFor(room, who))
}

/** For lists, who is not inside counts as a visitor. */
function roleFor(room: Room, who: Jid): Role {
  const { role, affiliation } = room.standingOf(who)
  if (affiliation === 'outcast') return 'none'
  return role === 'none' ? 'visitor' : role
}
