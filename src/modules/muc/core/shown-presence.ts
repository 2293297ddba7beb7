import type { Jid } from '../../../jid/jid.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { type Element, el } from '../../../xml/element.ts'
import { MUC } from './namespaces.ts'
import type { Occupant, Seat } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Room } from './room.ts'

/** What goes with a presence that tells of a change (XEP-0045 §8, §9). */
export interface ChangeNote {
  readonly codes?: readonly number[]
  readonly reason?: string | undefined
  /** Nick of who has done it. */
  readonly actor?: string | undefined
  /** Nick from now on, where it is the nick that changes. */
  readonly newNick?: string
  readonly destroy?: Element | undefined
  /** The room has nobody any more: nobody is anything in it. */
  readonly isOver?: boolean
  /** What a client said when it left. */
  readonly farewell?: Stanza | undefined
  /** The client that is told otherwise. */
  readonly except?: Jid | undefined
  /** The step to another version of the affiliations, for those who see whom it is about (XEP-0463). */
  readonly version?: Element | undefined
}

/** `<x xmlns='…muc#user'/>` with status codes. */
export function userElement(codes: readonly number[], ...children: readonly (Element | undefined)[]): Element {
  return el(
    'x',
    MUC.user,
    children,
    codes.map((code) => el('status', MUC.user, { code: String(code) })),
  )
}

function itemOf(occupant: Occupant, withJid: boolean, note: ChangeNote & { readonly isGone?: boolean }): Element {
  const { reason, actor, newNick, isGone = false } = note
  return el(
    'item',
    MUC.user,
    {
      affiliation: note.isOver === true ? 'none' : occupant.affiliation,
      // Who changes the nick does not leave (XEP-0045 §7.6).
      role: isGone && newNick === undefined ? 'none' : occupant.role,
      jid: withJid && note.isOver !== true ? (occupant.seats.at(-1)?.jid ?? occupant.real).full : undefined,
      nick: newNick,
    },
    actor === undefined ? undefined : el('actor', MUC.user, { nick: actor }),
    reason === undefined || reason === '' ? undefined : el('reason', MUC.user, reason),
  )
}

/** An occupant as those see it who do or do not see real addresses. */
export function shownPresence(room: Room, occupant: Occupant, withJid: boolean): Stanza {
  occupant.shown ??= {}
  const kind = withJid ? 'open' : 'veiled'
  occupant.shown[kind] ??= presenceWith(room, occupant, userElement([], itemOf(occupant, withJid, {})))
  return occupant.shown[kind]
}

function presenceWith(room: Room, occupant: Occupant, x: Element): Stanza {
  const extras = room.surroundings.features.flatMap((feature) => feature.presenceExtras?.(room, occupant) ?? [])
  return occupant.presence.append(...extras, x)
}

/** Whether an occupant sees real addresses. */
export function seesAddresses(room: Room, viewer: Occupant): boolean {
  return !room.config.isAnonymous || viewer.role === 'moderator'
}

/** The clients of all others, by whether they see real addresses. */
function audienceOf(room: Room, occupant: Occupant): { open: Jid[]; veiled: Jid[] } {
  const open: Jid[] = []
  const veiled: Jid[] = []
  for (const other of room.occupants.all()) {
    if (other === occupant) continue
    const list = seesAddresses(room, other) ? open : veiled
    for (const seat of other.seats) list.push(seat.jid)
  }
  return { open, veiled }
}

/** Whether the others are told of this occupant at all (`muc#roomconfig_presencebroadcast`). */
export function isShown(room: Room, occupant: Occupant): boolean {
  return room.config.presenceBroadcast.includes(occupant.role)
}

/** Shows everybody who is inside to one client, which is not told of itself. */
export function showOthers(room: Room, viewer: Occupant, to: Jid, out: Outbox): void {
  const withJid = seesAddresses(room, viewer)
  for (const other of room.occupants.all()) {
    if (other !== viewer && isShown(room, other)) out.send(shownPresence(room, other, withJid), to)
  }
}

/** Tells an occupant's client of itself: 110 and what else there is to know. */
export function showSelf(room: Room, { occupant, jid }: Seat, out: Outbox, note: ChangeNote = {}): void {
  const item = itemOf(occupant, seesAddresses(room, occupant), note)
  const x = userElement([...(note.codes ?? []), 110], note.version, item)
  out.send(presenceWith(room, occupant, x), jid)
}

/** Tells everybody what an occupant is from now on; its own clients but `except` as well. */
export function announce(room: Room, occupant: Occupant, out: Outbox, note: ChangeNote = {}): void {
  occupant.shown = undefined
  if (isShown(room, occupant)) {
    const { open, veiled } = audienceOf(room, occupant)
    if (open.length > 0) out.broadcast(changedPresence(room, occupant, true, note), open)
    if (veiled.length > 0) out.broadcast(changedPresence(room, occupant, false, note), veiled)
  }
  for (const seat of occupant.seats) if (seat.jid !== note.except) showSelf(room, seat, out, note)
}

/** What others see of a change; without anything to say about it, it is what newcomers see. */
function changedPresence(room: Room, occupant: Occupant, withJid: boolean, note: ChangeNote): Stanza {
  const { codes, reason, actor } = note
  const version = withJid ? note.version : undefined
  const isPlain = codes === undefined && reason === undefined && actor === undefined && version === undefined
  if (isPlain) return shownPresence(room, occupant, withJid)
  return presenceWith(room, occupant, userElement(codes ?? [], version, itemOf(occupant, withJid, note)))
}

/** An occupant as it is shown when it is gone. */
function farewellOf(occupant: Occupant, note: ChangeNote, own: readonly number[], withJid: boolean): Stanza {
  const codes = [...(note.codes ?? []), ...own]
  const version = withJid ? note.version : undefined
  const x = userElement(codes, version, itemOf(occupant, withJid, { ...note, isGone: true }), note.destroy)
  const base = note.farewell ?? Stanza.make('presence', { type: 'unavailable', from: occupant.jid })
  return base.readdressed(occupant.jid, undefined).append(x)
}

/** Tells the others that an occupant is gone from its address; those whom nobody saw come are not seen to go. */
export function announceGone(room: Room, occupant: Occupant, out: Outbox, note: ChangeNote = {}): void {
  if (!isShown(room, occupant)) return
  const { open, veiled } = audienceOf(room, occupant)
  out.broadcast(farewellOf(occupant, note, [], true), open)
  out.broadcast(farewellOf(occupant, note, [], false), veiled)
}

/** Tells clients of one occupant that they are gone. */
export function showOwnGone(room: Room, seats: readonly Seat[], out: Outbox, note: ChangeNote = {}): void {
  const occupant = seats[0]?.occupant
  if (occupant === undefined) return
  const to = seats.map(({ jid }) => jid)
  out.broadcast(farewellOf(occupant, note, [110], seesAddresses(room, occupant)), to)
}
