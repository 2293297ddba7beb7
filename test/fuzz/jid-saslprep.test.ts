import saslprep from '@mongodb-js/saslprep'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { preparePasswordLegacy } from '../../src/jid/prepare.ts'
import { anyText } from './jid-text.ts'

function outcome(prepare: (text: string) => string, text: string): string | undefined {
  try {
    return prepare(text)
  } catch {
    return undefined
  }
}

// SASLprep (RFC 4013) turns these spaces into U+0020, resourceprep forbids them.
const wideSpace = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/

describe('passwords beside SASLprep', () => {
  it('are the same but for spaces', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        // Its check of unassigned code points is Unicode 3.2's: what it refuses says nothing.
        const theirs = outcome((t) => saslprep(t), text)
        if (theirs === undefined || theirs === '' || wideSpace.test(text)) return
        expect(preparePasswordLegacy(text)).toBe(theirs)
      }),
      { numRuns: 10_000 },
    )
  })

  it('are refused where it refuses, as far as Unicode 3.2 knew the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const ours = outcome(preparePasswordLegacy, text)
        if (ours === undefined || wideSpace.test(text)) return
        expect(outcome((t) => saslprep(t, { allowUnassigned: true }), text)).toBe(ours)
      }),
      { numRuns: 10_000 },
    )
  })
})
