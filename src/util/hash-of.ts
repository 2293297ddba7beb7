import { createHash } from 'node:crypto'

/** A short name for a list of texts, as a key where they are too long for one: 43 characters, the same for equal lists only. */
export function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
