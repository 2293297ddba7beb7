import type { Jid } from '../../../jid/jid.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import type { AffiliationEntry, VersionStep } from './affiliations.ts'
import { maySeeAffiliations } from './lists.ts'
import { MUC } from './namespaces.ts'
import type { Seat } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Entry, Room } from './room.ts'
import { seesAddresses, userElement } from './shown-presence.ts'

type Change = Pick<AffiliationEntry, 'jid' | 'affiliation'>

/** Most entries of one message. */
const portion = 500

/** `<mav/>`: from which version of the affiliations to which. */
export function versionElement({ since, until }: Partial<VersionStep>): Element {
  return el('mav', MUC.affiliationVersions, { since, until })
}

/**
 * Tells a newcomer who asks for it what has become of the affiliations since the version that it has (XEP-0463 §5.2.1). What its
 * own presence is to say of the version; undefined where nothing was asked or may be known.
 */
export function tellAffiliations(room: Room, seat: Seat, { x, stanza }: Entry, out: Outbox): Element | undefined {
  const asked = x.child('mav', MUC.affiliationVersions)
  seat.isFollowing = asked !== undefined && maySee(room, seat.jid)
  if (asked === undefined) return undefined
  if (!seat.isFollowing) {
    const error = new StanzaError('forbidden').toElement().withAttrs({ by: room.jid.full })
    out.send(Stanza.make('message', { type: 'error', from: room.jid, id: stanza.id }, error), seat.jid)
    return undefined
  }
  const { version } = room.affiliations
  const since = asked.attr('since')
  const changes = since === undefined ? undefined : room.affiliations.changesSince(since)
  if (changes === undefined) tellAll(room, seat.jid, out)
  else if (changes.length > 0) out.send(listMessage(room, changes, { since, until: version }, seat.jid), seat.jid)
  return versionElement({ until: version })
}

/** Everybody, in several messages where there are many; a version in between is none that the room would know again. */
function tellAll(room: Room, to: Jid, out: Outbox): void {
  const { version } = room.affiliations
  const all = room.affiliations.list().filter((entry) => maySee(room, to, entry))
  const count = Math.max(1, Math.ceil(all.length / portion))
  for (let i = 0; i < count; i++) {
    const since = i === 0 ? undefined : `${version}.${i}`
    const until = i === count - 1 ? version : `${version}.${i + 1}`
    out.send(listMessage(room, all.slice(i * portion, (i + 1) * portion), { since, until }, to), to)
  }
}

/**
 * Tells those who follow the affiliations of a change of which no presence has told them whose it is. `isTold`: those who see
 * addresses have had one.
 */
export function tellFollowers(
  room: Room,
  { change, step, isTold }: { change: Change; step: VersionStep; isTold: boolean },
  out: Outbox,
): void {
  for (const viewer of room.occupants.all()) {
    if (isTold && seesAddresses(room, viewer)) continue
    for (const { jid, isFollowing } of viewer.seats) {
      if (isFollowing && maySee(room, jid)) out.send(listMessage(room, [change], step, jid), jid)
    }
  }
}

function listMessage(room: Room, changes: readonly Change[], step: Partial<VersionStep>, to: Jid): Stanza {
  const items = changes.map((change) => {
    // Who may not read the list of outcasts hears that somebody is none of the others.
    const affiliation = maySee(room, to, change) ? change.affiliation : 'none'
    return el('item', MUC.user, { jid: change.jid.full, affiliation })
  })
  return Stanza.make('message', { from: room.jid }, userElement([], versionElement(step), ...items))
}

function maySee(
  room: Room,
  who: Jid,
  { affiliation }: Pick<Change, 'affiliation'> = { affiliation: 'member' },
): boolean {
  return maySeeAffiliations(room, who, affiliation)
}
