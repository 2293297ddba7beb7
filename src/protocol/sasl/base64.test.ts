import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from './base64.ts'

describe('strict base64', () => {
  it('reads back whatever was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const buffer = Buffer.from(bytes)
        expect(decodeBase64(buffer.toString('base64'))).toEqual(buffer)
      }),
    )
  })

  it('accepts one text only for one string of bytes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/]{0,7}={0,2}$/), (text) => {
        const bytes = decodeBase64(text)
        if (bytes !== undefined) expect(bytes.toString('base64')).toBe(text)
      }),
    )
  })

  it.each(['=', 'A', 'AB', 'ABC', 'AB=', 'AB==', 'ABB=', 'A===', 'AA==AA==', 'AAAA=', 'AAA ', 'AAA\n', '-_-_'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined()
    },
  )
})
