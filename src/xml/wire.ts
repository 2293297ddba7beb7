declare const wireBrand: unique symbol

/**
 * XML text as it travels: UTF-8 bytes kept one character a byte (latin1). It is written to a socket as 'latin1' and is
 * decoded only where somebody interprets it. The brand keeps it from being mixed with real strings.
 */
export type Wire = string & { readonly [wireBrand]: true }

// Any character that is not one byte in UTF-8.
const beyondAscii = /[^\x00-\x7f]/

/** Encodes a real string. A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD. */
export function toWire(text: string): Wire {
  return (beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text) as Wire
}

/** Decodes to a real string. The bytes were checked to be valid UTF-8 when they were received. */
export function fromWire(text: Wire): string {
  return beyondAscii.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text
}

/** Marks text that is known to be ASCII, or a concatenation of wire texts, as wire text. */
export function asWire(text: string): Wire {
  return text as Wire
}

/** A piece of received bytes as wire text. */
export function wireOf(bytes: Uint8Array, start: number, end: number): Wire {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1', start, end) as Wire
}

/** The bytes of wire text: one a character. */
export function wireBytes(text: Wire): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/**
 * The same text with memory of its own. A piece cut from a read keeps the whole read alive; what is stored for longer
 * than the turn (a queue, a history) stores this instead.
 */
export function ownWire(text: Wire): Wire {
  return Buffer.from(text, 'latin1').toString('latin1') as Wire
}

/**
 * The same text, put together from pieces, with memory of its own: V8 writes the pieces into one when a character is asked for, and
 * lets go of them. Half of what {@link ownWire} costs, for text that is a concatenation.
 */
export function flatWire(text: Wire): Wire {
  text.charCodeAt(0)
  return text
}
