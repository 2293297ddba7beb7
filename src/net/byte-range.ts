import type { ByteRange } from '../storage/blob-folder.ts'

/**
 * The part of `size` bytes that a `range` header asks for (RFC 9110 §14): undefined for all of them, also where several parts or
 * other units are asked for; `unsatisfiable` where there is nothing.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const found = /^bytes=(\d*)-(\d*)$/i.exec(header?.replaceAll(/\s/g, '') ?? '')
  if (found === null) return undefined
  const [, from = '', to = ''] = found
  if (from === '') return to === '' ? undefined : lastBytes(Number(to), size)
  const start = Number(from)
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < start) return undefined
  return start < size ? { start, end } : 'unsatisfiable'
}

function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  return count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 }
}
