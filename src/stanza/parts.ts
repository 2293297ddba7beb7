import type { Element } from '../xml/element.ts'
import type { RawElement } from '../xml/raw-element.ts'

/** A child of a stanza: its place in the inner text, and itself once somebody has asked for it. */
export interface Part {
  readonly name: string
  readonly ns: string
  readonly start: number
  readonly end: number
  /** Set for a child that was built here; a received one is built by the scanned element. */
  readonly element: Element | undefined
  /** Position among the children received, -1 for one that was built here. */
  readonly received: number
}

/** A child that was built here. */
export function builtPart(element: Element, start: number, end: number): Part {
  return { name: element.name, ns: element.ns, start, end, element, received: -1 }
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
