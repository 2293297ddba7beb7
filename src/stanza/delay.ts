import { type Element, el } from '../xml/element.ts'
import { NS } from './namespaces.ts'

/** XEP-0082 date and time in UTC with milliseconds. */
export function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}

/** The time of an XEP-0082 date and time, or undefined when it is not one. */
export function parseTimestamp(text: string): number | undefined {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (match === null) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** The same with microseconds. */
export function formatMicros(micros: number): string {
  const rest = String(micros % 1000).padStart(3, '0')
  return formatTimestamp(Math.floor(micros / 1000)).replace('Z', `${rest}Z`)
}

/** The time of an XEP-0082 date and time in microseconds, or undefined when it is not one. */
export function parseMicros(text: string): number | undefined {
  const ms = parseTimestamp(text)
  if (ms === undefined) return undefined
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  return Math.floor(ms) * 1000 + Number(fraction.padEnd(6, '0').slice(3, 6))
}

/** XEP-0203: says that a stanza was held back, since when and by whom. */
export function delayElement(from: string, ms: number, text?: string): Element {
  return el('delay', NS.delay, { from, stamp: formatTimestamp(ms) }, text)
}
