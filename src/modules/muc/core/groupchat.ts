import { Jid } from '../../../jid/jid.ts'
import { archiveId } from '../../../router/notes.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { actorOf } from './entry.ts'
import { MUC } from './namespaces.ts'
import type { Occupant } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import type { Room, Subject } from './room.ts'

/** Something said to everybody, as it goes out: from the occupant's address. */
export interface Speech {
  /** Undefined for an admin of the service who is not inside. */
  readonly occupant: Occupant | undefined
  readonly stanza: Stanza
  /** Set when it changes the subject. */
  readonly subject: string | undefined
}

/** Looks at what somebody wants to say to everybody; throws StanzaError where that cannot be (XEP-0045 §7.4, §8.1). */
export function speechOf(room: Room, stanza: Stanza): Speech {
  const from = stanza.from as Jid
  const occupant = room.occupants.seat(from)?.occupant
  if (occupant === undefined && !room.surroundings.isAdmin(from)) {
    throw new StanzaError('not-acceptable', {
      type: 'modify',
      text: 'Only occupants are allowed to send messages to the conference',
    })
  }
  for (const feature of room.surroundings.features) feature.guardMessage?.(room, occupant, stanza)
  const cleaned = withoutForeign(room, stanza)
  const shown = cleaned.readdressed(occupant?.jid ?? room.jid, undefined)
  return { occupant, stanza: withExtras(room, occupant, shown), subject: subjectOf(stanza) }
}

/** Gives a message to everybody who is inside, and keeps it for those who come later. */
export function deliverSpeech(room: Room, speech: Speech, said: Stanza, out: Outbox): void {
  const { occupant, subject } = speech
  const stanza = identified(room, said)
  const now = room.surroundings.now()
  room.activeAt = now
  out.broadcast(stanza, room.occupants.addresses)
  if (subject !== undefined && occupant !== undefined) {
    room.subject = { text: subject, author: occupant.jid.resource, at: now }
    out.tell({ kind: 'subject', who: actorOf(occupant), subject })
    return
  }
  if (isWorthKeeping(stanza)) {
    if (!isCorrection(stanza)) room.activity.count(now)
    room.history.add(stanza, { at: now, stanzaId: idGiven(room, stanza), authorId: occupant?.id })
  }
  out.tell({ kind: 'spoke', who: occupant === undefined ? undefined : actorOf(occupant), stanza })
}

/** The subject that a message sets: one without body or thread (XEP-0045 §8.1); undefined when it sets none. */
export function subjectOf(stanza: Stanza): string | undefined {
  if (!stanza.has('subject') || stanza.has('body') || stanza.has('thread')) return undefined
  return stanza.child('subject')?.text() ?? ''
}

/** The subject as it would be after this message; undefined when it changes none. */
export function nextSubject({ occupant, subject }: Speech, now: number): Subject | undefined {
  return subject === undefined || occupant === undefined
    ? undefined
    : { text: subject, author: occupant.jid.resource, at: now }
}

/** A message from the room itself, for everybody. */
export function announceToAll(room: Room, said: Stanza, out: Outbox): void {
  const stanza = identified(room, said)
  out.broadcast(stanza, room.occupants.addresses)
  room.history.add(stanza, { at: room.surroundings.now(), stanzaId: idGiven(room, stanza), authorId: undefined })
  out.tell({ kind: 'spoke', who: undefined, stanza })
}

/** With an id of this room, which an archive may have given it before (XEP-0359). */
function identified(room: Room, stanza: Stanza): Stanza {
  // An archive may be told not to show its ids: another one would be wrong.
  if (stanza.get(archiveId) !== undefined || idGiven(room, stanza) !== undefined) return stanza
  return stanza.prepend(el('stanza-id', MUC.stanzaId, { by: room.jid.full, id: room.surroundings.freshId() }))
}

/** The id that this room has given a message (XEP-0359). */
function idGiven(room: Room, stanza: Stanza): string | undefined {
  if (!stanza.has('stanza-id', MUC.stanzaId)) return stanza.get(archiveId)
  const given = stanza
    .elements()
    .find((child) => child.is('stanza-id', MUC.stanzaId) && child.attr('by') === room.jid.full)
  return given?.attr('id')
}

function isWorthKeeping(stanza: Stanza): boolean {
  return stanza.has('body') || stanza.has('encrypted', 'eu.siacs.conversations.axolotl')
}

/** Says again what was said before (XEP-0308). */
function isCorrection(stanza: Stanza): boolean {
  return stanza.has('replace', 'urn:xmpp:message-correct:0')
}

/** Takes away what a client says in the room's name: its own element, ids that only the room gives. */
function withoutForeign(room: Room, stanza: Stanza): Stanza {
  const isForeign = ({ name, ns }: { name: string; ns: string }): boolean =>
    ns === MUC.user || ns === MUC.occupantId || (name === 'stanza-id' && ns === MUC.stanzaId)
  if (!stanza.index.some(isForeign)) return stanza
  return stanza.without((child, element) => {
    if (!isForeign(child)) return false
    return child.ns !== MUC.stanzaId || Jid.tryParse(element().attr('by') ?? '')?.full === room.jid.full
  })
}

function withExtras(room: Room, occupant: Occupant | undefined, stanza: Stanza): Stanza {
  if (occupant === undefined) return stanza
  let extended = stanza
  for (const feature of room.surroundings.features) {
    const extras = feature.messageExtras?.(room, occupant)
    if (extras !== undefined && extras.length > 0) extended = extended.append(...extras)
  }
  return extended
}

/** A private message as its recipient sees it: from the sender's address in the room (XEP-0045 §7.5). */
export function privateMessage(room: Room, sender: Occupant, stanza: Stanza): Stanza {
  return withExtras(room, sender, withoutOccupantId(stanza).readdressed(sender.jid, undefined))
}

function withoutOccupantId(stanza: Stanza): Stanza {
  if (!stanza.index.some(({ ns }) => ns === MUC.occupantId)) return stanza
  return stanza.without(({ ns }) => ns === MUC.occupantId)
}
