import type { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { MUC } from './core/namespaces.ts'
import type { Occupant } from './core/occupants.ts'
import type { Outbox } from './core/outbox.ts'
import { requireOccupant } from './core/private-message.ts'
import type { Room } from './core/room.ts'

/** What a forwarded request is called, so that its answer finds the client that asked. */
interface Address {
  readonly id: string
  /** Resource of the client that asked. */
  readonly resource: string
}

/** A request to somebody inside, or an answer to one, on its way through the room (XEP-0045 §17.4). */
export function forwardIq(room: Room, stanza: Stanza, out: Outbox): void {
  if (stanza.type === 'result' || stanza.type === 'error') forwardAnswer(room, stanza, out)
  else forwardRequest(room, stanza, out)
}

function forwardRequest(room: Room, stanza: Stanza, out: Outbox): void {
  const [from, to] = [stanza.from as Jid, stanza.to as Jid]
  const isDisco = stanza.index[0]?.ns.startsWith('http://jabber.org/protocol/disco') === true
  // §6.6: whoever is not inside learns nothing of who is.
  if (isDisco && room.occupants.seat(from) === undefined) throw new StanzaError('bad-request')
  const sender = requireOccupant(room, from)
  const target = room.occupants.named(to.resource)
  if (target === undefined) throw new StanzaError('item-not-found', { text: 'Recipient is not in the conference room' })
  const isPing = stanza.type === 'get' && stanza.has('ping', MUC.ping)
  // XEP-0410 §3.3: the room knows without asking.
  if (isPing && target === sender) {
    out.send(stanza.result(), from)
    return
  }
  if (!room.config.allowQueryUsers) throw new StanzaError('not-allowed', { text: 'Requests are not allowed here' })
  // A card belongs to the account, not to one of its clients.
  const isCard = stanza.type === 'get' && stanza.has('vCard', MUC.vcard)
  const address = isCard ? target.real : target.seats.at(-1)?.jid
  if (address === undefined) return
  const id = packed({ id: stanza.id ?? '', resource: from.resource })
  out.send(withId(stanza, id, sender.jid), address)
}

function forwardAnswer(room: Room, stanza: Stanza, out: Outbox): void {
  const [from, to] = [stanza.from as Jid, stanza.to as Jid]
  const asked = unpacked(stanza.id ?? '')
  const asker = room.occupants.named(to.resource)
  const seat = asker?.seats.find(({ jid }) => jid.resource === asked?.resource)
  const sender = senderOf(room, from)
  // Whoever has left meanwhile, or never asked, gets nothing.
  if (asked === undefined || seat === undefined || sender === undefined) return
  out.send(withId(stanza, asked.id, sender.jid), seat.jid)
}

/** Who answers: a client, or an account for one of its clients. */
function senderOf(room: Room, from: Jid): Occupant | undefined {
  return from.isFull ? room.occupants.seat(from)?.occupant : room.occupants.of(from)[0]
}

function withId(stanza: Stanza, id: string, from: Jid): Stanza {
  const { type, lang } = stanza
  return Stanza.make('iq', { type, id, from, lang }, ...stanza.elements()).onBehalfOf(stanza)
}

function packed({ id, resource }: Address): string {
  return Buffer.from(JSON.stringify([id, resource])).toString('base64url')
}

function unpacked(text: string): Address | undefined {
  try {
    const [id, resource] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[]
    return typeof id === 'string' && typeof resource === 'string' ? { id, resource } : undefined
  } catch {
    return undefined
  }
}
