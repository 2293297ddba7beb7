import type { ResponseHeader } from '../../protocol/c2s/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { el } from '../../xml/element.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, type Wire } from '../../xml/wire.ts'

/** `<open/>`: what a stream header is over WebSocket (RFC 7395 §3.4). */
export function openingFrame({ from, to, id, lang }: ResponseHeader): Wire {
  return serialise(el('open', NS.framing, { id, from, to, version: '1.0', 'xml:lang': lang }))
}

/** `<close/>` (RFC 7395 §3.6). */
export const closingFrame: Wire = serialise(el('close', NS.framing))

/** An element that is a message by itself: it declares what it uses (RFC 7395 §3.3.1). */
export function elementFrame(element: Element): Wire {
  if (element.ns !== NS.streams) return serialise(element)
  const content = element.elements().map((child) => serialise(child))
  return asWire(`<stream:${element.name} xmlns:stream='${NS.streams}'>${content.join('')}</stream:${element.name}>`)
}
