import type { Element } from './element.ts'
import { notWellFormed } from './errors.ts'
import { scanAlone } from './frame.ts'
import { defaultLimits } from './limits.ts'
import { emptyContext } from './received.ts'
import { toWire, wireBytes } from './wire.ts'

const limits = { ...defaultLimits, maxElementBytes: Infinity }
const loneSurrogate = /\p{Surrogate}/u

/**
 * Reads one element, with white space around it at most, as strictly as a stream is read. `contextNs` is the default
 * namespace where the text stands. Throws XmlError.
 */
export function parseElement(xml: string, contextNs: string = ''): Element {
  if (loneSurrogate.test(xml)) throw notWellFormed('half a surrogate pair')
  const bytes = wireBytes(toWire(xml.replace(/^[ \t\r\n]+/, '')))
  return scanAlone(bytes, limits, { ...emptyContext, defaultNs: contextNs }).toElement()
}
