/** Compares texts by their UTF-8 bytes: the collation `i;octet` (RFC 4790 §9.3). */
export function compareOctets(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

/** Whether nothing stands twice in a list. */
export function areDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length
}
