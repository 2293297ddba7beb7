import type { Element } from '../../src/xml/element.ts'
import { XmlError } from '../../src/xml/errors.ts'
import { defaultLimits, type ScannerLimits } from '../../src/xml/limits.ts'
import { XmlScanner } from '../../src/xml/scanner.ts'

/** What a document came to, in a form that can be compared. */
export interface Outcome {
  /** The header and the elements before the end or the error. */
  readonly events: readonly string[]
  /** 'closed', 'open', or the condition of the error. */
  readonly end: string
}

/** An element with everything that has meaning, in one order. */
export function canonical(element: Element): string {
  const attrs = Object.entries(element.attrs)
    .map(([name, value]) => [name.replace(/^xml:/, '{http://www.w3.org/XML/1998/namespace}'), value])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
  return JSON.stringify([
    element.ns,
    element.name,
    attrs,
    element.children.map((c) => (typeof c === 'string' ? c : canonical(c))),
  ])
}

/** Cuts bytes into pieces of this size. */
export function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Feeds these pieces to a scanner. */
export function scan(pieces: Iterable<Uint8Array>, limits: ScannerLimits = defaultLimits): Outcome {
  const events: string[] = []
  let end = 'open'
  const scanner = new XmlScanner(
    {
      opened: (header) =>
        events.push(JSON.stringify([header.ns, header.name, header.defaultNs, header.attr('to') ?? ''])),
      element: (raw) => {
        // The whole, and the same put together from its parts.
        const whole = raw.toElement()
        events.push(canonical(whole))
        const kids = raw.kids.map((kid, i) => [
          kid.name,
          kid.ns,
          raw.innerWire().slice(kid.start, kid.end),
          canonical(raw.kid(i)),
        ])
        events.push(JSON.stringify([raw.name, raw.ns, raw.byteLength, raw.attributesWire([]), kids]))
      },
      closed: () => (end = 'closed'),
    },
    limits,
  )
  const buffer = new Uint8Array(70_000)
  try {
    for (const piece of pieces) {
      // As from a shared read buffer: the bytes do not survive the call.
      buffer.set(piece)
      scanner.push(buffer, piece.length)
      buffer.fill(0x21, 0, piece.length)
    }
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    end = error.condition
  }
  return { events, end }
}
