import type { ResponseHeader } from '../../protocol/c2s/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { escapeXml } from '../../xml/escape.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, toWire, type Wire } from '../../xml/wire.ts'

/** The opening of a client's stream (RFC 6120 §4.7). */
export function openingText({ from, to, id, lang }: ResponseHeader): Wire {
  const addressed = to === undefined ? '' : ` to='${escapeXml(to)}'`
  return toWire(
    `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}'` +
      ` id='${escapeXml(id)}' from='${escapeXml(from)}'${addressed} version='1.0' xml:lang='${escapeXml(lang)}'>`,
  )
}

export const closingText: Wire = asWire('</stream:stream>')

/** A first-level element of a client's stream. Those of the stream itself go by its prefix, which some clients insist on. */
export function elementText(element: Element): Wire {
  if (element.ns !== NS.streams) return serialise(element, NS.client)
  const content = element.elements().map((child) => serialise(child, NS.client))
  return asWire(`<stream:${element.name}>${content.join('')}</stream:${element.name}>`)
}
