import { asWire, type Wire } from '../xml/wire.ts'
import type { Part } from './parts.ts'

/** The text of a child without attributes that has nothing but text, none of it escaped; undefined where it is not so. */
export function plainTextOf(inner: Wire, name: string, { start, end }: Pick<Part, 'start' | 'end'>): Wire | undefined {
  const [from, to] = [start + name.length + 2, end - name.length - 3]
  if (from > to || !inner.startsWith(`<${name}>`, start) || !inner.startsWith(`</${name}>`, to)) return undefined
  const text = inner.slice(from, to)
  return text.includes('<') || text.includes('&') ? undefined : asWire(text)
}
