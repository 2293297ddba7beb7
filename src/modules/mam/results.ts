import { randomUUID } from 'node:crypto'
import { Jid } from '../../jid/jid.ts'
import { formatMicros } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { rsmElement } from '../../stanza/rsm.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { formatStanzaId } from '../../stanza/stanza-id.ts'
import { type Element, el } from '../../xml/element.ts'
import { escapeXml } from '../../xml/escape.ts'
import { scanFrame } from '../../xml/frame.ts'
import { ownLimits } from '../../xml/limits.ts'
import { parseElement } from '../../xml/parse.ts'
import { asWire, fromWire, toWire, type Wire } from '../../xml/wire.ts'
import type { ArchivePage } from './lookup.ts'
import { forwardNs } from './names.ts'
import type { ArchivedMessage } from './reader.ts'

/** Where the messages that answer a question go. */
export interface Envelope {
  /** Address of the archive. */
  readonly from: Jid
  readonly to: Jid
  /** Namespace of the question. */
  readonly ns: string
  readonly queryId: string | undefined
}

/** How a stored message begins. */
const senderPattern = /^<message xmlns='jabber:client' from='([^']*)'/

/** A message of an archive as it is sent to who has asked (XEP-0313 §4.2). `present`: what the asker may see of it. */
export function resultMessage(
  message: ArchivedMessage,
  { from, to, ns, queryId }: Envelope,
  present?: (stored: Stanza, message: ArchivedMessage) => Stanza,
): Stanza {
  const text = resultText(shownText(message, present), message.id, ns, queryId)
  return Stanza.make('message', { from: from.bare, to, id: randomUUID() }, { name: 'result', ns, text })
}

/** The stored text as it stands, where it is good. */
function shownText(message: ArchivedMessage, present?: (stored: Stanza, message: ArchivedMessage) => Stanza): Wire {
  try {
    if (present !== undefined) return present(Stanza.fromBytes(message.bytes, Jid.parse), message).toWire('framed')
    return storedText(message)
  } catch {
    return brokenMessage().toWire('framed')
  }
}

/** The text of a message as it is stored; read once, to make sure that it is good. Throws where it is not. */
function storedText({ bytes }: ArchivedMessage): Wire {
  if (scanFrame(bytes, ownLimits).name !== 'message') throw new RangeError('not a stored message')
  return asWire(bytes.toString('latin1'))
}

/** `<result/>` with a stored message. */
function resultText(stored: Wire, id: number, ns: string, queryId?: string): Wire {
  const query = queryId === undefined ? '' : ` queryid='${toWire(escapeXml(queryId))}'`
  const sender = senderPattern.exec(stored)?.[1]
  const delay = `<delay xmlns='${NS.delay}' stamp='${formatMicros(id)}'${sender === undefined ? '' : ` from='${sender}'`}/>`
  const forwarded = `<forwarded xmlns='${forwardNs}'>${delay}${stored}</forwarded>`
  return asWire(`<result xmlns='${ns}'${query} id='${formatStanzaId(id)}'>${forwarded}</result>`)
}

/** A message of an archive as an element of its own. Throws where it cannot be read any more. */
export function resultElement(message: ArchivedMessage, ns: string): Element {
  return parseElement(fromWire(resultText(storedText(message), message.id, ns)))
}

/** Stands for what cannot be read any more. */
function brokenMessage(): Stanza {
  const text = 'Failed to decode message in database'
  const error = new StanzaError('internal-server-error').toElement()
  return Stanza.make('message', { type: 'error' }, el('body', NS.client, text), error)
}

/** What ends the answer (XEP-0313 §4.3). */
export function finElement(page: ArchivePage, ns: string, isFlipped: boolean): Element {
  const ids = page.messages.map(({ id }) => formatStanzaId(id))
  if (isFlipped) ids.reverse()
  const set = rsmElement({ first: ids[0], last: ids.at(-1), index: page.index, count: page.count })
  return el('fin', ns, { complete: page.isComplete ? 'true' : undefined }, set)
}

/** The ends of an archive (XEP-0313 §5). */
export function metadataElement(ends: { first: number; last: number } | undefined, ns: string): Element {
  if (ends === undefined) return el('metadata', ns)
  const end = (name: string, id: number) => el(name, ns, { id: formatStanzaId(id), timestamp: formatMicros(id) })
  return el('metadata', ns, end('start', ends.first), end('end', ends.last))
}
