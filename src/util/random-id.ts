import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafe(4096)
let next = pool.length

/**
 * An unpredictable text of so many random bytes (at most 64), as base64url. The bytes come from the operating system in
 * blocks, since asking it for each identifier costs more than everything else about one; each is used once.
 */
export function randomId(bytes: number): string {
  if (next + bytes > pool.length) {
    randomFillSync(pool)
    next = 0
  }
  const text = pool.toString('base64url', next, next + bytes)
  pool.fill(0, next, next + bytes)
  next += bytes
  return text
}
