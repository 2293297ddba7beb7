import { Jid } from '../../../jid/jid.ts'
import { type ErrorCondition, StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import { tellFollowers, versionElement } from './affiliation-versions.ts'
import type { AffiliationEntry } from './affiliations.ts'
import { actorOf } from './entry.ts'
import { invitationTo } from './invitation.ts'
import { expel } from './leaving.ts'
import { MUC } from './namespaces.ts'
import type { Occupant } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Room } from './room.ts'
import { announce, announceGone, isShown } from './shown-presence.ts'
import {
  type Affiliation,
  affiliationNamed,
  affiliationRefusal,
  initialRole,
  isAtLeast,
  type Role,
  roleNamed,
  roleRefusal,
} from './standing.ts'

/** One change that was asked for and is allowed. */
export type Change =
  | { readonly kind: 'role'; readonly occupant: Occupant; readonly role: Role; readonly reason: string }
  | {
      readonly kind: 'affiliation'
      readonly entry: AffiliationEntry
      readonly before: Affiliation
      /** Follows from an invitation, so that none needs to be sent. */
      readonly isInvited?: boolean
    }

/** Most changes in one request. */
const maxItems = 1000

/** Reads what is to be changed and judges all of it before anything is done; throws StanzaError (XEP-0045 §8, §9, §10). */
export function readChanges(room: Room, who: Jid, query: Element): Change[] {
  const items = query.elements()
  if (items.length === 0 || items.length > maxItems || items.some((item) => !item.is('item', MUC.admin))) {
    throw new StanzaError('bad-request')
  }
  const changes = items.flatMap((item) => readChange(room, who, item))
  // Each alone may leave an owner, all together none.
  if (leavesNoOwner(room, changes)) throw new StanzaError('conflict', { text: 'A room needs an owner' })
  return changes
}

function leavesNoOwner(room: Room, changes: readonly Change[]): boolean {
  const owners = new Set(room.affiliations.list('owner').map(({ jid }) => jid.full))
  if (owners.size === 0) return false
  for (const change of changes) {
    if (change.kind !== 'affiliation') continue
    if (change.entry.affiliation === 'owner') owners.add(change.entry.jid.full)
    else owners.delete(change.entry.jid.full)
  }
  return owners.size === 0
}

function readChange(room: Room, who: Jid, item: Element): Change[] {
  const [role, affiliation] = [item.attr('role'), item.attr('affiliation')]
  if (affiliation !== undefined) {
    const named = affiliationNamed(affiliation)
    if (named === undefined) throw new StanzaError('not-acceptable', { type: 'modify', text: 'No such affiliation' })
    return affiliationChange(room, who, { item, affiliation: named })
  }
  const named = roleNamed(role)
  if (named === undefined) throw new StanzaError('bad-request', { text: 'No such role' })
  return roleChange(room, who, { item, role: named })
}

function roleChange(room: Room, who: Jid, { item, role }: { item: Element; role: Role }): Change[] {
  const actor = room.standingOf(who)
  const reason = item.childText('reason') ?? ''
  return occupantsMeant(room, item).flatMap((occupant): Change[] => {
    const refusal = roleRefusal(actor, occupant, role)
    const isOwn = occupant.real.full === who.bareString
    if (refusal !== undefined) throw refused(refusal, item)
    if (occupant.role === role) return []
    if (!isOwn && room.surroundings.isAdmin(occupant.real)) throw refused('not-allowed', item)
    return [{ kind: 'role', occupant, role, reason }]
  })
}

function affiliationChange(
  room: Room,
  who: Jid,
  { item, affiliation }: { item: Element; affiliation: Affiliation },
): Change[] {
  const jid = addressMeant(room, item)
  const before = room.affiliations.entry(jid)
  const from = before?.affiliation ?? 'none'
  const refusal = affiliationRefusal(room.affiliationOf(who), {
    from,
    to: affiliation,
    isOwn: jid.full === who.bareString,
    isLastOwner: affiliation !== 'owner' && room.affiliations.isLastOwner(jid),
  })
  if (refusal !== undefined) throw refused(refusal, item)
  if (room.surroundings.isAdmin(jid) && from !== affiliation) throw refused('not-allowed', item)
  const nick = nickFor(room, jid, { item, before: before?.nick ?? '', affiliation })
  const reason = item.childText('reason') ?? ''
  if (from === affiliation && nick === (before?.nick ?? '')) return []
  return [{ kind: 'affiliation', entry: { jid, affiliation, reason, nick }, before: from }]
}

/** The nick that stays or becomes reserved (XEP-0045 §9.5): an address that is named with a nick reserves it. */
function nickFor(
  room: Room,
  jid: Jid,
  { item, before, affiliation }: { item: Element; before: string; affiliation: Affiliation },
): string {
  if (!isAtLeast(affiliation, 'member')) return ''
  const given = item.attr('jid') === undefined ? undefined : item.attr('nick')
  if (given === undefined || given === before) return before
  if (given === '') return ''
  const nick = preparedNick(room, given)
  const holder = room.affiliations.reservedFor(nick) ?? room.surroundings.registeredFor(nick)
  if (holder !== undefined && holder.full !== jid.full) throw refused('conflict', item)
  return nick
}

/** A nick in the form in which nicks are compared. Throws `not-acceptable` for what cannot be one. */
export function preparedNick(room: Room, nick: string): string {
  try {
    return room.jid.withResource(nick).resource
  } catch (cause) {
    throw new StanzaError('not-acceptable', { type: 'modify', text: 'Not a usable nick', cause })
  }
}

function refused(condition: ErrorCondition, item: Element): StanzaError {
  return new StanzaError(condition, { app: el('item', MUC.admin, { ...item.attrs }) })
}

/** Affiliations belong to bare addresses: a client stands for its account (XEP-0045 §10.3). */
function addressMeant(room: Room, item: Element): Jid {
  const text = item.attr('jid')
  const jid = text === undefined ? undefined : Jid.tryParse(text)?.bare
  const byNick = text === undefined ? room.occupants.named(item.attr('nick') ?? '')?.real : undefined
  const meant = jid ?? byNick
  if (meant === undefined) throw new StanzaError('not-acceptable', { type: 'modify', text: 'Nobody is meant' })
  return meant
}

function occupantsMeant(room: Room, item: Element): readonly Occupant[] {
  const nick = item.attr('nick')
  if (nick !== undefined) {
    const occupant = room.occupants.named(nick)
    if (occupant !== undefined) return [occupant]
  } else {
    const jid = Jid.tryParse(item.attr('jid') ?? '')
    const found = jid === undefined ? [] : room.occupants.of(jid)
    if (found.length > 0) return found
  }
  throw new StanzaError('not-acceptable', { type: 'modify', text: 'Nobody of that name is here' })
}

/** Makes changes that were judged. `by`: the nick of who asked for them, where that is to be shown. */
export function applyChanges(room: Room, changes: readonly Change[], by: string | undefined, out: Outbox): void {
  for (const change of changes) {
    if (change.kind === 'role') applyRole(room, change, by, out)
    else applyAffiliation(room, change, by, out)
  }
}

function applyRole(
  room: Room,
  { occupant, role, reason }: Change & { kind: 'role' },
  actor: string | undefined,
  out: Outbox,
): void {
  const note = { reason, actor }
  if (role === 'none') {
    expel(room, occupant, { code: 307, ...note }, out)
    return
  }
  giveRole(room, occupant, { role, note }, out)
}

interface Note {
  readonly reason: string
  readonly actor: string | undefined
  readonly version?: Element | undefined
}

/** Gives an occupant a role and tells everybody, also where it is the affiliation that has changed. */
function giveRole(room: Room, occupant: Occupant, next: { role: Role; note: Note }, out: Outbox): void {
  const { role: before } = occupant
  const { role, note } = next
  // Whoever is not to be seen any more in this role goes, for the others.
  const vanishes = isShown(room, occupant) && !room.config.presenceBroadcast.includes(role)
  if (vanishes) announceGone(room, occupant, out, note)
  occupant.role = role
  announce(room, occupant, out, note)
  if (before !== role) out.tell({ kind: 'role', who: actorOf(occupant), before, after: role })
}

function applyAffiliation(
  room: Room,
  { entry, before, isInvited = false }: Change & { kind: 'affiliation' },
  actor: string | undefined,
  out: Outbox,
): void {
  const { jid, affiliation, reason } = entry
  const step = room.affiliations.set(entry)
  if (before !== affiliation) out.tell({ kind: 'affiliation', jid, before, after: affiliation })
  const concerned = jid.local === '' ? [...room.occupants.all()] : [...room.occupants.of(jid)]
  // Presences are of people, not of the domain that they are at.
  const version = step === undefined || jid.local === '' ? undefined : versionElement(step)
  const wasShown = concerned.some((occupant) => isShown(room, occupant))
  const settled = concerned.filter((occupant) => settleOccupant(room, occupant, { reason, actor, version }, out))
  const isTold = version !== undefined && (wasShown || settled.some((occupant) => isShown(room, occupant)))
  if (step !== undefined) tellFollowers(room, { change: entry, step, isTold: isTold && settled.length > 0 }, out)
  const isNewMember = affiliation === 'member' && before === 'none' && room.config.membersOnly && jid.local !== ''
  if (isNewMember && !isInvited && concerned.length === 0) out.send(invitationTo(room, { from: room.jid, reason }), jid)
}

/** What a changed list means for somebody who is inside; false where it means nothing, which nobody is told. */
function settleOccupant(room: Room, occupant: Occupant, note: Note, out: Outbox): boolean {
  const next = room.affiliationOf(occupant.real)
  if (next === occupant.affiliation) return false
  occupant.affiliation = next
  if (next === 'outcast') expel(room, occupant, { code: 301, ...note }, out)
  else if (next === 'none' && room.config.membersOnly) expel(room, occupant, { code: 321, ...note }, out)
  else giveRole(room, occupant, { role: initialRole(next, room.config), note }, out)
  return true
}
