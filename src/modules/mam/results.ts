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
import { parseElement } from '../../xml/parse.ts'
import { asWire, fromWire, toWire, type Wire, wireBytes } from '../../xml/wire.ts'
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
  envelope: Envelope,
  present?: (stored: Stanza, message: ArchivedMessage) => Stanza,
): Stanza {
  try {
    if (present === undefined) return enclosed(asWire(message.bytes.toString('latin1')), message.id, envelope)
    const shown = present(Stanza.fromBytes(message.bytes, Jid.parse), message)
    return enclosed(shown.toWire('framed'), message.id, envelope)
  } catch {
    return enclosed(brokenMessage().toWire('framed'), message.id, envelope)
  }
}

/** The stored text stands in the answer as it is; reading the whole makes sure that it is good. */
function enclosed(stored: Wire, id: number, { from, to, ns, queryId }: Envelope): Stanza {
  const head = `<message xmlns='${NS.client}' from='${from.bare.wire}' to='${to.wire}' id='${randomUUID()}'>`
  return Stanza.fromBytes(wireBytes(asWire(`${head}${resultText(stored, id, ns, queryId)}</message>`)), Jid.parse)
}

/** `<result/>` with a stored message. */
function resultText(stored: Wire, id: number, ns: string, queryId?: string): Wire {
  const query = queryId === undefined ? '' : ` queryid='${toWire(escapeXml(queryId))}'`
  if (!stored.startsWith('<message ')) throw new RangeError('not a stored message')
  const sender = senderPattern.exec(stored)?.[1]
  const delay = `<delay xmlns='${NS.delay}' stamp='${formatMicros(id)}'${sender === undefined ? '' : ` from='${sender}'`}/>`
  const forwarded = `<forwarded xmlns='${forwardNs}'>${delay}${stored}</forwarded>`
  return asWire(`<result xmlns='${ns}'${query} id='${formatStanzaId(id)}'>${forwarded}</result>`)
}

/** A message of an archive as an element of its own. Throws where it cannot be read any more. */
export function resultElement({ id, bytes }: ArchivedMessage, ns: string): Element {
  return parseElement(fromWire(resultText(asWire(bytes.toString('latin1')), id, ns)))
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
