import { createDecipheriv, createECDH, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { encrypt, maxText } from './encryption.ts'

const bytes = (text: string) => Buffer.from(text, 'base64url')

it('the example of RFC 8291, to the octet', () => {
  const receiver = {
    publicKey: bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
    authSecret: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
  }
  const fresh = {
    privateKey: bytes('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
    salt: bytes('DGv6ra1nlYgDCS1FRnbzlw'),
  }
  const body = encrypt(Buffer.from('When I grow up, I want to be a watermelon'), receiver, fresh)
  expect(body.toString('base64url')).toBe(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  )
})

it('the longest text fits into what every service takes, and no two messages are the same', () => {
  const ecdh = createECDH('prime256v1')
  const publicKey = ecdh.generateKeys()
  const authSecret = Buffer.alloc(16, 7)
  const text = Buffer.alloc(maxText, 'x')
  const [one, two] = [encrypt(text, { publicKey, authSecret }), encrypt(text, { publicKey, authSecret })]
  expect(one.length).toBe(4096)
  expect(one.equals(two)).toBe(false)
  for (const body of [one, two]) {
    // As a client does it, step by step (RFC 8291 §3.4).
    const [salt, key] = [body.subarray(0, 16), body.subarray(21, 86)]
    const hmac = (secret: Buffer, ...parts: Buffer[]) =>
      createHmac('sha256', secret).update(Buffer.concat(parts)).digest()
    const one = Buffer.from([1])
    const keying = hmac(
      hmac(authSecret, ecdh.computeSecret(key)),
      ...[Buffer.from('WebPush: info\0'), publicKey, key, one],
    )
    const secret = hmac(salt, keying)
    const expand = (name: string, length: number) => hmac(secret, Buffer.from(`${name}\0`), one).subarray(0, length)
    const sealed = body.subarray(86)
    const cipher = createDecipheriv(
      'aes-128-gcm',
      expand('Content-Encoding: aes128gcm', 16),
      expand('Content-Encoding: nonce', 12),
    )
    cipher.setAuthTag(sealed.subarray(-16))
    const opened = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
    expect(opened.subarray(0, -1).equals(text)).toBe(true)
    expect(opened.at(-1)).toBe(2)
  }
})

it('a key that is no point of the curve is refused', () => {
  expect(() => encrypt(Buffer.from('x'), { publicKey: Buffer.alloc(65, 4), authSecret: Buffer.alloc(16) })).toThrow()
})
