import type { Host } from '../../router/host.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'
import { roomRetracts } from './api.ts'
import type { Speech } from './core/groupchat.ts'
import { MUC } from './core/namespaces.ts'
import type { Room, RoomFeature } from './core/room.ts'

/** Announces that messages can be taken back by those who wrote them and by moderators (XEP-0424, XEP-0425). */
export const retractions: RoomFeature = {
  infoFeatures: () => [MUC.retract, MUC.moderate],
}

/**
 * Somebody takes back an own message (XEP-0424 §5): newcomers are not shown it any more. The message that says so goes out
 * like any other. Whose message it was is told by the occupant id.
 */
export function retractOwn(host: Host, room: Room, { occupant, stanza }: Speech): Eventually<void> {
  const retract = occupant === undefined ? undefined : stanza.child('retract', MUC.retract)
  const stanzaId = retract?.attr('id')
  if (stanzaId === undefined || occupant === undefined) return undefined
  const author = room.history.authorOf(stanzaId)
  if (author === occupant.id) room.history.remove(stanzaId)
  if (!host.hooks.has(roomRetracts)) return undefined
  const tombstone = retracted(room.surroundings.now(), { id: stanza.id })
  return host.hooks.run(roomRetracts, { host, room, stanzaId, tombstone, author: occupant.id }) as Eventually<void>
}

/**
 * A moderator takes back anybody's message (XEP-0425 §4). Gives the element that goes to everybody. Throws `forbidden` for who
 * is none, `item-not-found` for a message that nobody has.
 */
export async function moderate(
  host: Host,
  room: Room,
  { stanzaId, reason, moderator }: { stanzaId: string; reason: string | undefined; moderator: Moderator },
): Promise<Element> {
  const moderated = el(
    'moderated',
    MUC.moderate,
    { by: moderator.by },
    moderator.id === undefined ? undefined : el('occupant-id', MUC.occupantId, { id: moderator.id }),
  )
  const why = reason === undefined || reason === '' ? undefined : el('reason', MUC.retract, reason)
  const tombstone = retracted(room.surroundings.now(), {}, moderated, why)
  const wasInArchive = await host.hooks.run(roomRetracts, { host, room, stanzaId, tombstone })
  const wasInHistory = room.history.remove(stanzaId)
  if (wasInArchive === undefined && !wasInHistory) throw new StanzaError('item-not-found')
  return el('retract', MUC.retract, { id: stanzaId }, moderated, why)
}

/** Who moderates, as the others may see. */
export interface Moderator {
  /** The address in the room, or of the room. */
  readonly by: string
  readonly id: string | undefined
}

function retracted(
  now: number,
  attributes: { readonly id?: string | undefined },
  ...children: readonly (Element | undefined)[]
): Element {
  return el('retracted', MUC.retract, { stamp: formatTimestamp(now), ...attributes }, children)
}
