import { describe, expect, it } from 'vitest'
import { DialbackKeys } from './dialback-key.ts'

// The example of XEP-0185 §3.
const claim = { receiving: 'xmpp.example.com', originating: 'example.org', streamId: 'D60000229F' }
const keys = new DialbackKeys('s3cr3tf0rd14lb4ck')

describe('a dialback key', () => {
  it('is made as XEP-0185 §3 has it', () => {
    expect(keys.keyFor(claim)).toBe('37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643')
  })

  it('is known again for what it was made for, and for nothing else', () => {
    const key = keys.keyFor(claim)
    expect(keys.isKeyOf(claim, key)).toBe(true)
    expect(keys.isKeyOf({ ...claim, streamId: 'D60000229E' }, key)).toBe(false)
    expect(keys.isKeyOf({ ...claim, receiving: 'example.net' }, key)).toBe(false)
    expect(keys.isKeyOf({ ...claim, originating: 'example.net' }, key)).toBe(false)
    expect(keys.isKeyOf(claim, '')).toBe(false)
    expect(keys.isKeyOf(claim, key.toUpperCase())).toBe(false)
    expect(new DialbackKeys('another').isKeyOf(claim, key)).toBe(false)
  })
})
