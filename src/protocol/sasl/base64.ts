// The last character before padding may only carry the bits that count: one text for one string of bytes.
const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/

/**
 * Decodes base64 (RFC 4648 §4) strictly: padded, no white space, no foreign characters, no stray bits.
 * Undefined when it is not that.
 */
export function decodeBase64(text: string): Buffer | undefined {
  return canonical.test(text) ? Buffer.from(text, 'base64') : undefined
}
