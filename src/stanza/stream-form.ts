import { Element } from '../xml/element.ts'
import { scanFrame } from '../xml/frame.ts'
import { ownLimits } from '../xml/limits.ts'
import type { RawElement } from '../xml/raw-element.ts'
import { serialise } from '../xml/serialise.ts'
import { asWire, type Wire, wireBytes } from '../xml/wire.ts'
import { NS } from './namespaces.ts'

// Stanzas are the same in jabber:client and jabber:server (RFC 6120 §4.8.3) and on the streams of components (XEP-0114): the server
// has them in the first, and other streams declare theirs. Text that names neither can go as it is.

/** The content namespace of a stream that is not one of clients. */
export type ContentNs = typeof NS.server | typeof NS.component

/** What a stanza contains, as it is written on a stream of another namespace than that of clients. */
export function contentIn(ns: ContentNs, inner: Wire, elements: () => readonly Element[]): Wire {
  if (!inner.includes(NS.client)) return inner
  const moved = elements().map((element) => serialise(inTheirs(ns, element), ns))
  return asWire(moved.join(''))
}

/** An element of ours, as it is on a stream of another namespace. */
export function inTheirs(ns: ContentNs, element: Element): Element {
  return moveTo(ns, NS.client, element)
}

/** An element whose text names the namespace of the stream that it came on, in ours. */
export function inOurs(ns: ContentNs, raw: RawElement): RawElement {
  if (raw.ns !== ns && !raw.kids.some((kid) => kid.ns === ns)) return raw
  return scanFrame(wireBytes(serialise(moveTo(NS.client, ns, raw.toElement()))), ownLimits)
}

/** An element with all below it that are in its namespace, but for what stands inside of others. */
function moveTo(ns: string, from: string, element: Element): Element {
  if (element.ns !== from && element.ns !== ns) return element
  const children = element.children.map((child) => (typeof child === 'string' ? child : moveTo(ns, from, child)))
  return new Element(element.name, ns, element.attrs, children)
}
