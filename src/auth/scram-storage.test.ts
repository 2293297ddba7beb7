import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveKeys } from '../../test/support/derive-keys.ts'
import { hashBytes, type ScramHash, type ScramKeys, scramHashes } from '../protocol/scram/keys.ts'
import { readScram, writeScram } from './scram-storage.ts'

const sha1 =
  '==MULTI_SCRAM==,10000,===SHA1===c2FsdA==|MDEyMzQ1Njc4OTAxMjM0NTY3ODk=|OTg3NjU0MzIxMDk4NzY1NDMyMTA=,' +
  '==SHA256==c2FsdDI=|MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=|MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI='

function hashesOf(text: string): ScramHash[] {
  return scramHashes.filter((hash) => readScram(text, hash) !== undefined)
}

describe('MULTI_SCRAM', () => {
  it('is read', () => {
    expect(readScram(sha1, 'SHA-1')).toEqual({
      hash: 'SHA-1',
      salt: Buffer.from('salt'),
      iterations: 10_000,
      storedKey: Buffer.from('01234567890123456789'),
      serverKey: Buffer.from('98765432109876543210'),
    })
    expect(readScram(sha1, 'SHA-256')?.salt).toEqual(Buffer.from('salt2'))
    expect(readScram(sha1, 'SHA-512')).toBeUndefined()
    expect(hashesOf(sha1)).toEqual(['SHA-1', 'SHA-256'])
  })

  it('is written as it was read, hashes in their order', () => {
    const keys = hashesOf(sha1).map((hash) => readScram(sha1, hash) as ScramKeys)
    expect(writeScram(keys)).toBe(sha1)
    expect(writeScram([...keys].reverse())).toBe(sha1)
  })

  it('keeps whatever keys there are', () => {
    const anyKeys = fc.subarray([...scramHashes], { minLength: 1 }).chain((hashes) =>
      fc.tuple(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.tuple(
          ...hashes.map((hash) => {
            const key = fc.uint8Array({ minLength: hashBytes(hash), maxLength: hashBytes(hash) })
            return fc.record({
              hash: fc.constant(hash),
              salt: fc.uint8Array({ minLength: 1, maxLength: 40 }),
              storedKey: key,
              serverKey: key,
            })
          }),
        ),
      ),
    )
    fc.assert(
      fc.property(anyKeys, ([iterations, drawn]) => {
        const keys = drawn.map(({ hash, ...fields }): ScramKeys => {
          const [salt, storedKey, serverKey] = [fields.salt, fields.storedKey, fields.serverKey].map((f) =>
            Buffer.from(f),
          )
          return { hash, iterations, salt, storedKey, serverKey } as ScramKeys
        })
        const text = writeScram(keys)
        for (const each of keys) expect(readScram(text, each.hash)).toEqual(each)
        expect(hashesOf(text)).toEqual(keys.map((each) => each.hash))
      }),
    )
  })
})

describe('the older format of one hash', () => {
  it('is read', async () => {
    const keys = await deriveKeys('SHA-1', 'pencil', Buffer.from('0123456789abcdef'), 32)
    const [stored, server, salt] = [keys.storedKey, keys.serverKey, keys.salt].map((key) => key.toString('base64'))
    const text = `==SCRAM==,${stored},${server},${salt},32`
    expect(readScram(text, 'SHA-1')).toEqual(keys)
    expect(readScram(text, 'SHA-256')).toBeUndefined()
    expect(hashesOf(text)).toEqual(['SHA-1'])
  })
})

describe('what is damaged or unknown', () => {
  it.each([
    '',
    'plain text',
    '==OTHER==,1,===SHA1===a|b|c',
    '==SCRAM==',
    '==SCRAM==,AAAA,AAAA,AAAA,32',
    '==MULTI_SCRAM==,10000,===SHA1===c2FsdA==|MDEy|OTg3',
    sha1.replace('10000', 'many'),
    sha1.replace('10000', '0'),
    sha1.replace('c2FsdA==', ''),
  ])('%j is an error, not an empty answer', (text) => {
    expect(() => readScram(text, 'SHA-1')).toThrow(/credentials/)
  })
})
