import { createHash, createHmac, pbkdf2 } from 'node:crypto'

/** The hash functions of SCRAM (RFC 5802, RFC 7677 and the registry's others), weakest first. */
export const scramHashes = ['SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'] as const

export type ScramHash = (typeof scramHashes)[number]

/** What a server keeps of a password for one hash (RFC 5802 §3): enough to check it, not enough to log in with it. */
export interface ScramKeys {
  readonly hash: ScramHash
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

interface Digest {
  readonly node: string
  readonly bytes: number
}

const digests: Record<ScramHash, Digest> = {
  'SHA-1': { node: 'sha1', bytes: 20 },
  'SHA-224': { node: 'sha224', bytes: 28 },
  'SHA-256': { node: 'sha256', bytes: 32 },
  'SHA-384': { node: 'sha384', bytes: 48 },
  'SHA-512': { node: 'sha512', bytes: 64 },
}

/** How many bytes a digest of this hash has. */
export function hashBytes(hash: ScramHash): number {
  return digests[hash].bytes
}

/** H() of RFC 5802. */
export function digest(hash: ScramHash, data: string | Uint8Array): Buffer {
  return createHash(digests[hash].node).update(data).digest()
}

/** HMAC() of RFC 5802. */
export function hmac(hash: ScramHash, key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac(digests[hash].node, key).update(data).digest()
}

/** XOR of two strings of bytes of the same length. */
export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(a.length)
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) ^ (b[i] as number)
  return out
}

/**
 * Hi() of RFC 5802: the slow step. Runs in the thread pool; whoever calls it often limits how many run at once.
 * The password is taken as it is: preparing it is the caller's.
 */
export function saltPassword(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
  const { node, bytes } = digests[hash]
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, bytes, node, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** StoredKey and ServerKey of a salted password. */
export function keysOfSalted(hash: ScramHash, salted: Uint8Array): { storedKey: Buffer; serverKey: Buffer } {
  return { storedKey: digest(hash, hmac(hash, salted, 'Client Key')), serverKey: hmac(hash, salted, 'Server Key') }
}

/** Makes keys for names that have none, so that a stranger cannot tell which names exist. */
export interface Decoy {
  /** Known to the server alone; the same on every node and after a restart, or fake salts would change and so give themselves away. */
  readonly secret: Uint8Array
  /** The iteration count that new accounts get. */
  readonly iterations: number
}

/** Keys that no password fits: the same salt each time for the same name, as a real account has. */
export function decoyKeys(decoy: Decoy, name: string, hash: ScramHash): ScramKeys {
  const seed = hmac('SHA-512', decoy.secret, `${hash}\0${name}`)
  const keys = hmac(hash, decoy.secret, seed)
  return { hash, salt: seed.subarray(0, 16), iterations: decoy.iterations, storedKey: keys, serverKey: keys }
}
