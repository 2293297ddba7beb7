import { ELEMENT, ElementScan } from './element-scan.ts'
import { notWellFormed, tooMuch } from './errors.ts'
import type { StreamContext } from './index-builder.ts'
import { type ScannerLimits, usableLimits } from './limits.ts'
import type { RawElement } from './raw-element.ts'
import { checkCharacters, emptyContext, receivedElement } from './received.ts'
import { wireOf } from './wire.ts'

const trailingSpace = /^[ \t\r\n]*$/

/**
 * Reads one WebSocket message: one element that begins at its first byte (RFC 7395 §3.3) and declares its namespaces
 * itself; white space may follow. Throws XmlError.
 */
export function scanFrame(bytes: Uint8Array, limits: ScannerLimits): RawElement {
  return scanAlone(bytes, limits, emptyContext)
}

/** As {@link scanFrame}, with what is declared around the element. */
export function scanAlone(bytes: Uint8Array, limits: ScannerLimits, context: StreamContext): RawElement {
  const usable = usableLimits(limits)
  if (bytes[0] !== 0x3c) throw notWellFormed('not an element')
  const scan = new ElementScan(context, usable)
  scan.beginElement(context, usable)
  const end = Math.min(bytes.length, usable.maxElementBytes)
  if (scan.run(bytes, 0, 1, end) !== ELEMENT) {
    throw end < bytes.length ? tooMuch('element too big') : notWellFormed('an element that does not end')
  }
  if (!scan.index.isAscii) checkCharacters(bytes, 0, scan.index.byteLength)
  if (!trailingSpace.test(wireOf(bytes, scan.index.byteLength, bytes.length)))
    throw notWellFormed('more than one element')
  return receivedElement(wireOf(bytes, 0, scan.index.byteLength), 0, scan.index, context)
}
