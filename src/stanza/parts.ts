import { Element } from '../xml/element.ts'
import { scanFrame } from '../xml/frame.ts'
import { ownLimits } from '../xml/limits.ts'
import type { RawElement } from '../xml/raw-element.ts'
import { serialise } from '../xml/serialise.ts'
import { asWire, type Wire, wireBytes } from '../xml/wire.ts'
import { NS } from './namespaces.ts'

/** A child of a stanza: its place in the inner text, and itself once somebody has asked for it. */
export interface Part {
  readonly name: string
  readonly ns: string
  readonly start: number
  readonly end: number
  /** Set for a child that was built here; a received one is built by the scanned element, others from their text. */
  readonly element: Element | undefined
  /** Position among the children received, -1 for one that was not. */
  readonly received: number
}

/** A child that is text already, with its namespace declared. */
export interface TextPart {
  readonly name: string
  readonly ns: string
  readonly text: Wire
}

/** The text with these children at its end, and the places of all. */
export function appended(
  before: Wire,
  places: readonly Part[],
  children: readonly (Element | TextPart)[],
): { inner: Wire; parts: Part[] } {
  const parts = [...places]
  let inner: string = before
  for (const child of children) {
    const start = inner.length
    const isBuilt = child instanceof Element
    inner += isBuilt ? serialise(child, NS.client) : child.text
    const { name, ns } = child
    parts.push({ name, ns, start, end: inner.length, element: isBuilt ? child : undefined, received: -1 })
  }
  return { inner: asWire(inner), parts }
}

/** Builds a child from its text. */
export function elementOf(inner: Wire, { start, end }: Part): Element {
  return scanFrame(wireBytes(asWire(inner.slice(start, end))), ownLimits).toElement()
}

/** The children as they were received. */
export function receivedParts(raw: RawElement | undefined): Part[] {
  return (raw?.kids ?? []).map(({ name, ns, start, end }, received) => ({
    name,
    ns,
    start,
    end,
    element: undefined,
    received,
  }))
}

/** The same child after so many characters have come before it. */
export function shifted(part: Part, by: number): Part {
  return by === 0 ? part : { ...part, start: part.start + by, end: part.end + by }
}

/** The inner text without the parts that the test picks, and the places of those that stay; undefined when it picks none. */
export function cutOut(
  inner: string,
  parts: readonly Part[],
  test: (part: Part, index: number) => boolean,
): { inner: string; parts: Part[] } | undefined {
  const kept: Part[] = []
  let text = ''
  let copied = 0
  let removed = 0
  parts.forEach((part, index) => {
    if (!test(part, index)) {
      kept.push(shifted(part, -removed))
      return
    }
    text += inner.slice(copied, part.start)
    copied = part.end
    removed += part.end - part.start
  })
  return removed === 0 ? undefined : { inner: text + inner.slice(copied), parts: kept }
}
