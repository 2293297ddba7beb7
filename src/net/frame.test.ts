import { describe, expect, it } from 'vitest'
import { asWire, toWire } from '../xml/wire.ts'
import { textFrame } from './frame.ts'

describe('a text frame', () => {
  it.each([
    [0, '8100'],
    [1, '8101'],
    [125, '817d'],
    [126, '817e007e'],
    [65_535, '817effff'],
    [65_536, '817f0000000000010000'],
    [200_000, '817f0000000000030d40'],
  ])('of %d bytes begins with %s', (size, header) => {
    const payload = 'x'.repeat(size)
    const frame = textFrame(asWire(payload))
    expect(Buffer.from(frame.slice(0, frame.length - size), 'latin1').toString('hex')).toBe(header)
    expect(frame.endsWith(payload)).toBe(true)
  })

  it('counts bytes, not characters', () => {
    expect(textFrame(toWire('é€')).slice(0, 2)).toBe('\x81\x05')
  })
})
