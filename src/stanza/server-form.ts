import { Element } from '../xml/element.ts'
import { scanFrame } from '../xml/frame.ts'
import { ownLimits } from '../xml/limits.ts'
import type { RawElement } from '../xml/raw-element.ts'
import { serialise } from '../xml/serialise.ts'
import { asWire, type Wire, wireBytes } from '../xml/wire.ts'
import { NS } from './namespaces.ts'

// Stanzas are the same in jabber:client and jabber:server (RFC 6120 §4.8.3): the server has them in the former, and a stream to
// another server declares the latter. Text that names neither can go as it is.

/** What a stanza contains, as it is written on a stream between servers. */
export function serverContent(inner: Wire, elements: () => readonly Element[]): Wire {
  if (!inner.includes(NS.client)) return inner
  const moved = elements().map((element) => serialise(moveTo(NS.server, NS.client, element), NS.server))
  return asWire(moved.join(''))
}

/** A stanza from another server whose text names the namespace of its stream, in ours. */
export function fromServerForm(raw: RawElement): RawElement {
  if (raw.ns !== NS.server && !raw.kids.some(({ ns }) => ns === NS.server)) return raw
  return scanFrame(wireBytes(serialise(moveTo(NS.client, NS.server, raw.toElement()))), ownLimits)
}

/** An element with all below it that are in its namespace, but for what stands inside of others. */
function moveTo(ns: string, from: string, element: Element): Element {
  if (element.ns !== from && element.ns !== ns) return element
  const children = element.children.map((child) => (typeof child === 'string' ? child : moveTo(ns, from, child)))
  return new Element(element.name, ns, element.attrs, children)
}
