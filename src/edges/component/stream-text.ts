import type { ComponentHeader } from '../../protocol/component/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { escapeXml } from '../../xml/escape.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, toWire, type Wire } from '../../xml/wire.ts'

/** The opening of a stream with a component (XEP-0114 §3). */
export function openingText({ from, id }: ComponentHeader): Wire {
  return toWire(
    `<?xml version='1.0'?><stream:stream xmlns='${NS.component}' xmlns:stream='${NS.streams}' ` +
      `from='${escapeXml(from)}' id='${escapeXml(id)}'>`,
  )
}

export const welcomeText: Wire = asWire('<handshake/>')

/** A stream error, or an error that answers what is no stanza. */
export function elementText(element: Element): Wire {
  if (element.ns !== NS.streams) return serialise(element, NS.component)
  const content = element.elements().map((child) => serialise(child, NS.component))
  return asWire(`<stream:${element.name}>${content.join('')}</stream:${element.name}>`)
}
