import type { SentHeader } from '../../protocol/s2s/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import type { Element } from '../../xml/element.ts'
import { escapeXml } from '../../xml/escape.ts'
import { serialise } from '../../xml/serialise.ts'
import { asWire, toWire, type Wire } from '../../xml/wire.ts'

/** The opening of a stream between servers (RFC 6120 §4.7, XEP-0220 §2.1.1). */
export function openingText({ from, to, id, lang, isVersion1 }: SentHeader): Wire {
  const attribute = (name: string, value: string | undefined) =>
    value === undefined ? '' : ` ${name}='${escapeXml(value)}'`
  return toWire(
    `<?xml version='1.0'?><stream:stream xmlns='${NS.server}' xmlns:stream='${NS.streams}' xmlns:db='${NS.dialback}'` +
      attribute('id', id) +
      attribute('from', from) +
      attribute('to', to) +
      (isVersion1 ? " version='1.0'" : '') +
      `${attribute('xml:lang', lang)}>`,
  )
}

/** A first-level element that is no stanza. Those of the stream and of dialback go by their prefixes, which older servers insist on. */
export function elementText(element: Element): Wire {
  const prefix = element.ns === NS.streams ? 'stream:' : element.ns === NS.dialback ? 'db:' : undefined
  if (prefix === undefined) return serialise(element, NS.server)
  const attributes = Object.entries(element.attrs).map(([key, value]) => ` ${key}='${escapeXml(value)}'`)
  const head = `${prefix}${element.name}${toWire(attributes.join(''))}`
  if (element.children.length === 0) return asWire(`<${head}/>`)
  const content = element.children.map((child) =>
    typeof child === 'string' ? toWire(escapeXml(child)) : serialise(child, NS.server),
  )
  return asWire(`<${head}>${content.join('')}</${prefix}${element.name}>`)
}
