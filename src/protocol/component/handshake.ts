import { createHash, timingSafeEqual } from 'node:crypto'

/** What a component proves with that it knows the password (XEP-0114 §3): SHA-1 in lower-case hexadecimal. */
export function handshakeOf(streamId: string, password: string): string {
  return createHash('sha1').update(`${streamId}${password}`).digest('hex')
}

/** Compares in a time that does not tell how much of it is right. */
export function isHandshakeOf(given: string, streamId: string, password: string): boolean {
  const [right, other] = [Buffer.from(handshakeOf(streamId, password)), Buffer.from(given)]
  return right.length === other.length && timingSafeEqual(right, other)
}
