import { createHash } from 'node:crypto'

/** Hash functions by the names of XEP-0300 §3 and of the IANA registry, with OpenSSL's names. */
const algorithms = new Map([
  ['sha-1', 'sha1'],
  ['sha-224', 'sha224'],
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
  ['sha3-256', 'sha3-256'],
  ['sha3-512', 'sha3-512'],
  ['id-blake2b512', 'blake2b512'],
  ['blake2b-512', 'blake2b512'],
])

/** The names that the server announces (XEP-0300 §5). */
export const announcedAlgorithms = [...algorithms.keys()].filter((name) => name !== 'blake2b-512')

export function isSupported(algorithm: string): boolean {
  return algorithms.has(algorithm)
}

/** The hash of some bytes in Base64; undefined for a hash function that is not supported. */
export function hashOf(algorithm: string, input: Uint8Array): string | undefined {
  const name = algorithms.get(algorithm)
  return name === undefined ? undefined : createHash(name).update(input).digest('base64')
}
