import type { Jid } from '../../../jid/jid.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import type { Affiliation, Occupant, Occupants } from './room.ts'

/** What somebody is to be from now on. */
export interface AffiliationChange {
  /** A bare address. */
  readonly jid: Jid
  readonly affiliation: Affiliation | 'none'
}

export interface AffiliationRules {
  readonly allowsSeveralOwners: boolean
  /** Somebody else becomes owner when the last one goes. */
  readonly promotes: boolean
  readonly maxOccupants: number
}

/** What a change has come to. */
export interface AffiliationsChanged {
  readonly occupants: Occupants
  /** All that has changed, what follows from the request included. */
  readonly changes: readonly AffiliationChange[]
  readonly joined: readonly Jid[]
  readonly left: readonly Jid[]
}

/** Throws `bad-request` where somebody is named twice, or is already what he is to be. */
export function checkRequest(before: Occupants, requested: readonly AffiliationChange[]): void {
  const named = new Set(requested.map(({ jid }) => jid.bareString))
  if (named.size === 0) throw refusal('Nobody is named')
  if (named.size < requested.length) throw refusal('Somebody is named twice')
  for (const { jid, affiliation } of requested) {
    const current = before.get(jid.bareString)?.affiliation ?? 'none'
    if (current === affiliation) throw refusal(`${jid.full} is that already`)
  }
}

/** Throws `not-allowed` where somebody may not do this: owners may do anything, members leave, and invite where all can. */
export function checkRights(
  before: Occupants,
  requested: readonly AffiliationChange[],
  { actor, allCanInvite }: { readonly actor: Jid; readonly allCanInvite: boolean },
): void {
  if (before.get(actor.bareString)?.affiliation === 'owner') return
  for (const { jid, affiliation } of requested) {
    if (affiliation === 'none' && jid.bareString === actor.bareString) continue
    const isOwner = before.get(jid.bareString)?.affiliation === 'owner'
    if (!allCanInvite || affiliation !== 'member' || isOwner) throw new StanzaError('not-allowed')
  }
}

/** Changes who belongs to a room. Throws `bad-request` for what cannot be. The request has been checked. */
export function changeAffiliations(
  before: Occupants,
  requested: readonly AffiliationChange[],
  rules: AffiliationRules,
): AffiliationsChanged {
  const hadOwner = hasOwner(before)
  const changes = [...demotions(before, requested, rules, hadOwner), ...requested]
  const occupants = new Map(before)
  for (const { jid, affiliation } of changes) {
    if (affiliation === 'none') occupants.delete(jid.bareString)
    else occupants.set(jid.bareString, { jid, affiliation })
  }
  const isBereft = hadOwner && occupants.size > 0 && !hasOwner(occupants)
  const final = isBereft ? promoted(before, occupants, changes, rules) : changes
  if (final.length === 0) throw refusal('A room with an owner cannot be left without one')
  const joined = final.filter(({ jid, affiliation }) => affiliation !== 'none' && !before.has(jid.bareString))
  if (joined.length > 0 && occupants.size > rules.maxOccupants) throw refusal('The room has no place for so many')
  const left = final.filter(({ affiliation }) => affiliation === 'none')
  return { occupants, changes: final, joined: joined.map(({ jid }) => jid), left: left.map(({ jid }) => jid) }
}

/** Where there is one owner, a new one takes the place of the old. */
function demotions(
  before: Occupants,
  requested: readonly AffiliationChange[],
  { allowsSeveralOwners }: AffiliationRules,
  hadOwner: boolean,
): AffiliationChange[] {
  const named = requested.filter(({ affiliation }) => affiliation === 'owner')
  if (named.length === 0) return []
  if (!hadOwner) throw refusal('This room has no owner')
  if (allowsSeveralOwners) return []
  if (named.length > 1) throw refusal('A room has one owner')
  const touched = keysOf(requested)
  return [...before.values()]
    .filter(({ jid, affiliation }) => affiliation === 'owner' && !touched.has(jid.bareString))
    .map(({ jid }) => ({ jid, affiliation: 'member' }))
}

/**
 * Makes somebody owner of a room that would have none: one who was there and is not named, else who joins, else the owner who
 * wanted to be one no more. Gives the list of changes as it is then.
 */
function promoted(
  before: Occupants,
  occupants: Map<string, Occupant>,
  changes: readonly AffiliationChange[],
  { promotes }: AffiliationRules,
): AffiliationChange[] {
  if (!promotes) throw refusal('The room needs an owner')
  const touched = keysOf(changes)
  const left = [...occupants.values()]
  const successor =
    left.find(({ jid }) => !touched.has(jid.bareString)) ??
    left.find(({ jid }) => !before.has(jid.bareString)) ??
    (left[0] as Occupant)
  const key = successor.jid.bareString
  const owner = { jid: successor.jid, affiliation: 'owner' } as const
  occupants.set(key, owner)
  if (!touched.has(key)) return [...changes, owner]
  // He is what he was.
  if (before.has(key)) return changes.filter(({ jid }) => jid.bareString !== key)
  return changes.map((change) => (change.jid.bareString === key ? owner : change))
}

function keysOf(changes: readonly AffiliationChange[]): Set<string> {
  return new Set(changes.map(({ jid }) => jid.bareString))
}

function hasOwner(occupants: Occupants): boolean {
  for (const { affiliation } of occupants.values()) if (affiliation === 'owner') return true
  return false
}

function refusal(text: string): StanzaError {
  return new StanzaError('bad-request', { text })
}
