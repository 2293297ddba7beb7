import { asWire, type Wire } from '../xml/wire.ts'

/**
 * A text frame as a server sends it (RFC 6455 §5.2): final, not masked. As wire text, so that the frames of a turn are
 * joined like anything else that is written.
 */
export function textFrame(payload: Wire): Wire {
  return asWire(frameHeader(payload.length) + payload)
}

const firstByte = '\x81'

function frameHeader(length: number): string {
  if (length < 126) return firstByte + String.fromCharCode(length)
  if (length < 65_536) return `${firstByte}\x7e${bigEndian(length, 2)}`
  return `${firstByte}\x7f${bigEndian(length, 8)}`
}

function bigEndian(value: number, size: number): string {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, Math.max(size - 6, 0), Math.min(size, 6))
  return bytes.toString('latin1')
}
