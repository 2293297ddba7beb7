import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatStanzaId } from '../../stanza/stanza-id.ts'
import { noLaterId, parseMessageId } from './message-id.ts'

describe('ids of messages', () => {
  it('are read as they are written, in small letters too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }), (id) => {
        expect(parseMessageId(formatStanzaId(id))).toBe(id)
        expect(parseMessageId(formatStanzaId(id).toLowerCase())).toBe(id)
      }),
    )
  })

  it('that no message can have come after all others', () => {
    expect(parseMessageId('7VVVVVVVVVVVV')).toBe(noLaterId)
    expect(parseMessageId('D1OK7T21QG81')).toBe(noLaterId)
    expect(parseMessageId(formatStanzaId(noLaterId))).toBe(noLaterId)
  })

  it('are refused when they are none', () => {
    for (const text of ['not-an-id!', '', 'W', '8000000000000', 'V'.repeat(21), ' 1', '1.5']) {
      expect(() => parseMessageId(text)).toThrow('Invalid stanza ID provided')
    }
  })
})
