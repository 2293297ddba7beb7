import { describe, expect, it } from 'vitest'
import { signatureHash } from './certificate-hash.ts'
import { der, derInteger, derObjectId, derTime, readDer, readDerItems, readObjectId, Tag } from './der.ts'

describe('DER', () => {
  it.each([0, 127, 128, 255, 256, 65_535, 65_536])('keeps a value of %d bytes', (size) => {
    const content = Buffer.alloc(size, 7)
    const value = readDer(der(Tag.octetString, content))
    expect(value.tag).toBe(Tag.octetString)
    expect(value.content.equals(content)).toBe(true)
  })

  it.each(['1.2.840.10045.4.3.2', '2.5.29.17', '1.3.6.1.5.5.7.8.5', '2.16.840.1.101.3.4.2.1', '2.999.3'])(
    'keeps the object identifier %s',
    (dotted) => {
      if (dotted === '2.999.3') return expect(readObjectId(Buffer.from('883703', 'hex'))).toBe(dotted)
      expect(readObjectId(readDer(derObjectId(dotted)).content)).toBe(dotted)
    },
  )

  it('keeps integers positive and short', () => {
    expect(derInteger(Buffer.from([0x80])).toString('hex')).toBe('02020080')
    expect(derInteger(Buffer.from([0, 0, 1])).toString('hex')).toBe('020101')
    expect(derInteger(Buffer.from([0])).toString('hex')).toBe('020100')
  })

  it('writes a date in the form its year demands', () => {
    expect(derTime(new Date('2049-12-31T23:59:59Z')).toString('latin1', 2)).toBe('491231235959Z')
    expect(derTime(new Date('2050-01-01T00:00:00Z')).toString('latin1', 2)).toBe('20500101000000Z')
  })

  it.each(['', '30', '3005aa', '3080', '30850000000001', '1f8101'])('refuses %s', (hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'))).toThrow(RangeError)
  })

  it('is read item by item', () => {
    const items = readDerItems(Buffer.concat([derInteger(Buffer.from([1])), derInteger(Buffer.from([2]))]))
    expect(items.map(({ content }) => content[0])).toEqual([1, 2])
  })
})

describe('the hash of a certificate', () => {
  const certificate = (id: string, ...parameters: Buffer[]) =>
    der(Tag.sequence, der(Tag.sequence), der(Tag.sequence, derObjectId(id), ...parameters), der(Tag.bitString))
  const pss = (id: string) =>
    der(
      Tag.sequence,
      der(0xa0, der(Tag.sequence, derObjectId(id), der(0x05))),
      der(0xa2, derInteger(Buffer.from([48]))),
    )

  it.each([
    ['1.2.840.113549.1.1.4', 'sha256'],
    ['1.2.840.113549.1.1.5', 'sha256'],
    ['1.2.840.113549.1.1.11', 'sha256'],
    ['1.2.840.113549.1.1.12', 'sha384'],
    ['1.2.840.113549.1.1.13', 'sha512'],
    ['1.2.840.10045.4.1', 'sha256'],
    ['1.2.840.10045.4.3.3', 'sha384'],
    ['1.3.101.112', undefined],
  ])('signed with %s is %s', (id, hash) => {
    expect(signatureHash(certificate(id))).toBe(hash)
  })

  it('of RSA-PSS stands in the parameters', () => {
    const id = '1.2.840.113549.1.1.10'
    expect(signatureHash(certificate(id, pss('2.16.840.1.101.3.4.2.2')))).toBe('sha384')
    expect(signatureHash(certificate(id, pss('1.3.14.3.2.26')))).toBe('sha256')
    expect(signatureHash(certificate(id, der(Tag.sequence)))).toBe('sha256')
  })
})
