import { isUtf8 } from 'node:buffer'
import { buildElement } from './build.ts'
import { ElementScan } from './element-scan.ts'
import { notWellFormed } from './errors.ts'
import type { IndexBuilder, StreamContext } from './index-builder.ts'
import { defaultLimits, usableLimits } from './limits.ts'
import { RawElement } from './raw-element.ts'
import { serialise } from './serialise.ts'
import { type Wire, wireBytes } from './wire.ts'

/** The context of text that stands alone. */
export const emptyContext: StreamContext = { defaultNs: '', prefixes: new Map(), rootName: new Uint8Array(0) }

/**
 * Checks what a scan of single bytes leaves open: that the characters beyond ASCII are valid UTF-8 (RFC 6120 §11.6) and
 * neither U+FFFE nor U+FFFF (XML 1.0 §2.2). Throws XmlError.
 */
export function checkCharacters(bytes: Uint8Array, start: number, end: number): void {
  const piece = bytes.subarray(start, end)
  if (!isUtf8(piece)) throw notWellFormed('not valid UTF-8')
  for (let at = piece.indexOf(0xef); at >= 0; at = piece.indexOf(0xef, at + 3)) {
    if (piece[at + 1] === 0xbf && (piece[at + 2] as number) >= 0xbe) throw notWellFormed('not a character of XML')
  }
}

/** The element that a scan has just found at `source[start]`, its text made to stand on its own. */
export function receivedElement(source: Wire, start: number, index: IndexBuilder, context: StreamContext): RawElement {
  return index.isOdd ? rewritten(source, start, index, context) : new RawElement(source, start, index)
}

const noLimits = usableLimits({
  ...defaultLimits,
  maxElementBytes: 2 ** 30,
  maxAttributes: 1000,
  maxNameBytes: 2 ** 30,
  maxDepth: 1000,
})

// Prefixes on the root, or declared by the stream's header, are rare: such an element is built and written anew with
// nothing but its own declarations. The limits were kept by the text received.
function rewritten(source: Wire, start: number, received: IndexBuilder, context: StreamContext): RawElement {
  const text = serialise(buildElement(source, start, context.defaultNs, context.prefixes))
  const bytes = wireBytes(text)
  const scan = new ElementScan(emptyContext, noLimits)
  scan.beginElement(emptyContext, noLimits)
  scan.run(bytes, 0, 1, bytes.length)
  return new RawElement(text, 0, scan.index, received.byteLength)
}
