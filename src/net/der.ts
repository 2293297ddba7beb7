/** Universal tags of ASN.1 that X.509 needs (constructed bit included where DER demands it). */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** One ASN.1 value: its tag byte and what is inside. */
export interface DerValue {
  readonly tag: number
  readonly content: Buffer
  /** Offset behind the value in the buffer it was read from. */
  readonly end: number
}

/** Reads the value at `at`. Throws RangeError on anything cut off or beyond what certificates use. */
export function readDer(bytes: Buffer, at = 0): DerValue {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new RangeError('Bad DER header')
  let start = at + 2
  let length = first
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size === 0 || size > 4 || start + size > bytes.length) throw new RangeError('Bad DER length')
    length = bytes.readUIntBE(start, size)
    start += size
  }
  const end = start + length
  if (end > bytes.length) throw new RangeError('DER value is cut off')
  return { tag, content: bytes.subarray(start, end), end }
}

/** The values inside a constructed value. */
export function readDerItems(content: Buffer): DerValue[] {
  const items: DerValue[] = []
  for (let at = 0; at < content.length; ) {
    const item = readDer(content, at)
    items.push(item)
    at = item.end
  }
  return items
}

/** An object identifier in dotted form. */
export function readObjectId(content: Buffer): string {
  const parts: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      parts.push(value)
      value = 0
    }
  }
  const first = parts[0] ?? 0
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - top * 40, ...parts.slice(1)].join('.')
}

/** Writes one value: tag, length and the parts inside. */
export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content])
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const size = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3
  const bytes = Buffer.alloc(1 + size)
  bytes[0] = 0x80 | size
  bytes.writeUIntBE(length, 1, size)
  return bytes
}

/** An object identifier, from dotted form. */
export function derObjectId(dotted: string): Buffer {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(Tag.objectId, Buffer.from([top * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

/** A non-negative integer from its big-endian bytes. */
export function derInteger(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const trimmed = bytes.subarray(start)
  const isNegative = ((trimmed[0] ?? 0) & 0x80) !== 0
  return der(Tag.integer, isNegative ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed)
}

/** A bit string of whole bytes, or with `unused` bits at the end. */
export function derBitString(bytes: Buffer, unused = 0): Buffer {
  return der(Tag.bitString, Buffer.from([unused]), bytes)
}

/** A date: UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function derTime(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  const isShort = date.getUTCFullYear() < 2050
  return der(isShort ? Tag.utcTime : Tag.generalizedTime, Buffer.from(isShort ? digits.slice(2) : digits, 'latin1'))
}
