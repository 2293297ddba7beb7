import fc from 'fast-check'
import { toASCII, toUnicode } from 'tr46'
import { describe, expect, it } from 'vitest'
import { codePointsOf } from '../../src/jid/code-points.ts'
import { enforceDomain } from '../../src/jid/domain.ts'
import { JidError } from '../../src/jid/jid-error.ts'
import { idnaProperty } from '../../src/jid/unicode.ts'
import { anyText } from './jid-text.ts'

const strict = {
  checkBidi: true,
  checkHyphens: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
  ignoreInvalidPunycode: false,
}

function ours(text: string): string | undefined {
  try {
    return enforceDomain(text)
  } catch (error) {
    if (error instanceof JidError) return undefined
    throw error
  }
}

// UTS 46 lets through what IDNA 2008 does not: symbols, code points whose place IDNA rules on (CONTEXTO), and the marks that
// our tables withhold. In this domain they differ by intent.
function isWithinIdna(domain: string): boolean {
  return codePointsOf(domain).every((point) => point === 0x2e || 'PMJ'.includes(idnaProperty.of(point)))
}

// fast-check's domains are names of ASCII; labels of anything come from anyText.
const anyDomain = fc.oneof(
  fc.array(anyText, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
  fc.domain(),
)

describe('domains beside UTS 46', () => {
  it('what we take, it takes unchanged', () => {
    fc.assert(
      fc.property(anyDomain, (text) => {
        const prepared = ours(text)
        if (prepared === undefined || prepared.startsWith('[')) return
        const ascii = toASCII(prepared, { ...strict, verifyDNSLength: true })
        expect(ascii).not.toBeNull()
        expect(toUnicode(ascii as string, strict)).toEqual({ domain: prepared, error: false })
        expect(enforceDomain(ascii as string)).toBe(prepared)
      }),
      { numRuns: 10_000 },
    )
  })

  it('what it takes and IDNA knows, we take unchanged', () => {
    fc.assert(
      fc.property(anyDomain, (text) => {
        const { domain, error } = toUnicode(text, strict)
        if (error || !isWithinIdna(domain) || toASCII(domain, { ...strict, verifyDNSLength: true }) === null) return
        expect(enforceDomain(domain)).toBe(domain)
      }),
      { numRuns: 10_000 },
    )
  })

  it('each code point alone', () => {
    const different: string[] = []
    for (let point = 0x80; point <= 0x10ffff; point++) {
      if (isOneOfMany(point)) continue
      const text = `a${String.fromCodePoint(point)}b`
      const prepared = ours(text)
      if (prepared !== undefined && toUnicode(text, strict).domain !== prepared) different.push(text)
    }
    expect(different).toEqual([])
  })
})

/** Ideographs and syllables are alike by the hundreds: one in thirty-two is looked at. Surrogates are none. */
function isOneOfMany(point: number): boolean {
  if (point >= 0xd800 && point <= 0xdfff) return true
  return point % 32 !== 0 && ((point >= 0x3400 && point < 0xd7a0) || point >= 0x20000)
}
