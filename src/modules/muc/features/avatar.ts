import { createHash } from 'node:crypto'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import { parseElement } from '../../../xml/parse.ts'
import { serialise } from '../../../xml/serialise.ts'
import { fromWire } from '../../../xml/wire.ts'
import { MUC } from '../core/namespaces.ts'
import type { Room, RoomExtras, RoomFeature } from '../core/room.ts'

/** Largest card of a room, in characters. */
const maxCard = 60_000

/** The picture of a room and the rest of its card (XEP-0486). */
export const avatar: RoomFeature = {
  infoFeatures: () => [MUC.vcard],
  infoFields: ({ extras }) =>
    extras.avatarHash === undefined
      ? []
      : [{ var: 'muc#roominfo_avatarhash', type: 'text-multi', label: 'Avatar hash', values: [extras.avatarHash] }],
}

/** The card of a room; empty when it has none. */
export function cardOf(room: Room): Element {
  return room.extras.vcard === undefined ? el('vCard', MUC.vcard) : parseElement(room.extras.vcard)
}

/** What is kept of a room that has been given a card; an empty one takes the old one away. Throws `policy-violation`. */
export function withCard(extras: RoomExtras, card: Element): RoomExtras {
  const { vcard, avatarHash, ...others } = extras
  if (card.elements().length === 0) return others
  const text = fromWire(serialise(card))
  if (text.length > maxCard) throw new StanzaError('policy-violation', { text: 'The card is too large' })
  const photo = card.child('PHOTO')?.childText('BINVAL')
  return photo === undefined ? { ...others, vcard: text } : { ...others, vcard: text, avatarHash: hashOf(photo) }
}

/** As XEP-0153 has it: SHA-1 of the picture itself. */
function hashOf(base64: string): string {
  return createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex')
}
