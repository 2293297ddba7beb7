// A direct-mapped cache: bounded whatever peers send, a newcomer simply takes the slot.
const slots = 2048
const longest = 128
const cachedBytes: Uint8Array[] = new Array<Uint8Array>(slots).fill(new Uint8Array(0))
const cachedText: string[] = new Array<string>(slots).fill('')

/**
 * The real string for a piece of UTF-8. Names and namespaces repeat endlessly; giving the same string for the same
 * bytes saves making it, makes comparing quick, and keeps nobody holding on to the read it came from.
 */
export function intern(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length === 0) return ''
  if (length > longest) return decode(bytes, start, end)
  const slot = slotOf(bytes, start, end)
  const known = cachedBytes[slot] as Uint8Array
  if (known.length === length) {
    let i = 0
    while (i < length && known[i] === bytes[start + i]) i++
    if (i === length) return cachedText[slot] as string
  }
  const text = decode(bytes, start, end)
  // A copy: slice() of a Buffer would be a view.
  cachedBytes[slot] = new Uint8Array(bytes.subarray(start, end))
  cachedText[slot] = text
  return text
}

// Seven samples are enough: what differs between namespaces is mostly near their end.
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  let hash = length
  hash = Math.imul(hash ^ (bytes[start] as number), 0x01000193)
  hash = Math.imul(hash ^ (bytes[start + (length >> 2)] as number), 0x01000193)
  hash = Math.imul(hash ^ (bytes[start + (length >> 1)] as number), 0x01000193)
  hash = Math.imul(hash ^ (bytes[end - 1 - (length >> 2)] as number), 0x01000193)
  hash = Math.imul(hash ^ (bytes[end - 1 - (length >> 3)] as number), 0x01000193)
  hash = Math.imul(hash ^ (bytes[length > 2 ? end - 3 : start] as number), 0x01000193)
  hash = Math.imul(hash ^ (bytes[end - 1] as number), 0x01000193)
  return (hash ^ (hash >>> 15)) & (slots - 1)
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
