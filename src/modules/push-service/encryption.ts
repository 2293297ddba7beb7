import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'

/** The keys of a subscription (RFC 8291 §3.1, §3.2). */
export interface ReceiverKeys {
  /** 65 octets, uncompressed. */
  readonly publicKey: Buffer
  /** 16 octets. */
  readonly authSecret: Buffer
}

/** What is fresh for each message. */
export interface Freshness {
  readonly salt: Buffer
  readonly privateKey: Buffer
}

const recordSize = 4096
const tagLength = 16
/** Of salt, record size, length of the key and the key. */
const headerLength = 16 + 4 + 1 + 65

/** Octets of text that a message of one record has room for. */
export const maxText = recordSize - headerLength - tagLength - 1

/** Encrypts a message for a subscription: RFC 8291 with one record of RFC 8188. Throws where the key is no point of P-256. */
export function encrypt(text: Buffer, { publicKey, authSecret }: ReceiverKeys, fresh = freshness()): Buffer {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(fresh.privateKey)
  const ownKey = ecdh.getPublicKey()
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, ownKey])
  const keying = hkdf(ecdh.computeSecret(publicKey), authSecret, info, 32)
  const key = hkdf(keying, fresh.salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = hkdf(keying, fresh.salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  const size = Buffer.alloc(5)
  size.writeUInt32BE(recordSize)
  size.writeUInt8(ownKey.length, 4)
  // The delimiter of the last record (RFC 8188 §2).
  const sealed = Buffer.concat([cipher.update(Buffer.concat([text, Buffer.from([2])])), cipher.final()])
  return Buffer.concat([fresh.salt, size, ownKey, sealed, cipher.getAuthTag()])
}

function freshness(): Freshness {
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  return { salt: randomBytes(16), privateKey: ecdh.getPrivateKey() }
}

function hkdf(secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length))
}
