import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** The first message of an exchange. */
export interface ClientFirst {
  /** In base64, as it is sent. */
  message: string
  bare: string
}

const salted = new Map<string, Buffer>()

/** Salted passwords are kept for as long as the salt stays the same, as RFC 5802 §5.1 advises, so that the client costs little. */
function saltedPassword(password: string, salt: string, iterations: number): Buffer {
  const key = `${salt} ${iterations}`
  const known = salted.get(key)
  if (known !== undefined) return known
  const made = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, 20, 'sha1')
  salted.set(key, made)
  return made
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha1', key).update(text).digest()
}

export function clientFirst(user: string): ClientFirst {
  const bare = `n=${user},r=${randomBytes(18).toString('base64url')}`
  return { message: Buffer.from(`n,,${bare}`).toString('base64'), bare }
}

/** The answer to the server's challenge, and what the server must answer to it (both base64). */
export function finish(first: ClientFirst, challenge: string, password: string): { message: string; verifier: string } {
  const serverFirst = Buffer.from(challenge, 'base64').toString()
  const field = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(serverFirst)?.[1] ?? ''
  const key = saltedPassword(password, field('s'), Number(field('i')))
  const withoutProof = `c=biws,r=${field('r')}`
  const authMessage = `${first.bare},${serverFirst},${withoutProof}`
  const clientKey = hmac(key, 'Client Key')
  const signature = hmac(createHash('sha1').update(clientKey).digest(), authMessage)
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64')
  const serverSignature = hmac(hmac(key, 'Server Key'), authMessage).toString('base64')
  return {
    message: Buffer.from(`${withoutProof},p=${proof}`).toString('base64'),
    verifier: Buffer.from(`v=${serverSignature}`).toString('base64'),
  }
}
