import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { JidError } from '../../src/jid/jid-error.ts'
import {
  prepareDomain,
  prepareLocal,
  prepareLocalLegacy,
  prepareOpaque,
  preparePasswordLegacy,
  prepareResource,
  prepareResourceLegacy,
} from '../../src/jid/prepare.ts'
import { decodePunycode, encodePunycode } from '../../src/jid/punycode.ts'
import { anyAddress, anyText } from './jid-text.ts'

const runs = { numRuns: 5000 }

/** What a preparation gives, undefined for a JidError; any other error goes through. */
function attempt(prepare: (text: string) => string, text: string): string | undefined {
  try {
    return prepare(text)
  } catch (error) {
    if (error instanceof JidError) return undefined
    throw error
  }
}

describe('preparation', () => {
  it.each([
    ['prepareLocal', prepareLocal],
    ['prepareResource', prepareResource],
    ['prepareDomain', prepareDomain],
    ['prepareOpaque', prepareOpaque],
  ] as const)('%s is idempotent, bounded and throws nothing but JidError', (_name, prepare) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = attempt(prepare, text)
        if (once === undefined) return
        expect(prepare(once)).toBe(once)
        expect(once).not.toBe('')
        expect(once).not.toMatch(/\p{Surrogate}/u)
        expect(once.normalize('NFC')).toBe(once)
      }),
      runs,
    )
  })

  it.each([
    ['prepareLocalLegacy', prepareLocalLegacy],
    ['prepareResourceLegacy', prepareResourceLegacy],
    ['preparePasswordLegacy', preparePasswordLegacy],
  ] as const)('%s throws nothing but JidError', (_name, prepare) => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(attempt(prepare, text)).not.toBe('')
      }),
      runs,
    )
  })

  it('a local part has none of the eight characters, nor any space', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const prepared = attempt(prepareLocal, text)
        if (prepared !== undefined) expect(prepared).not.toMatch(/["&'/:<>@\s]/)
      }),
      runs,
    )
  })
})

describe('Punycode', () => {
  it('comes back as it went', () => {
    const points = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 40 })
    fc.assert(
      fc.property(points, (label) => {
        expect(decodePunycode(encodePunycode(label))).toEqual(label)
      }),
      runs,
    )
  })

  it('throws nothing but JidError on any text', () => {
    const code = fc.string({ unit: fc.constantFrom(...'abcxyz0189-A!'), maxLength: 20 })
    fc.assert(
      fc.property(code, (text) => {
        attempt((t) => String(decodePunycode(t).length), text)
      }),
      runs,
    )
  })
})

describe('Jid', () => {
  it('parses its own canonical form to itself, and only ever throws JidError', () => {
    fc.assert(
      fc.property(anyAddress, (text) => {
        const jid = Jid.tryParse(text)
        if (jid === undefined) return
        const again = Jid.parse(jid.full)
        expect(again).toBe(jid)
        expect(Jid.of(jid.local, jid.domain, jid.resource)).toBe(jid)
        expect(jid.bare.full).toBe(jid.local === '' ? jid.domain : `${jid.local}@${jid.domain}`)
        expect(Jid.parse(jid.bareString).full).toBe(jid.bareString)
      }),
      runs,
    )
  })

  it('gives the same answer whatever was parsed before', () => {
    const seen = new Map<string, string | undefined>()
    const check = (text: string): void => {
      const full = Jid.tryParse(text)?.full
      if (seen.has(text)) expect(full).toBe(seen.get(text))
      seen.set(text, full)
    }
    // What only the old profiles take must not teach parse to take it.
    const readAsStored = (text: string): void => {
      const [local = '', domain = ''] = text.split(/[@/]/)
      attempt((t) => Jid.ofStored(t, domain).full, local)
      attempt((t) => Jid.ofStored(t, 'example.com').bare.full, local)
    }
    fc.assert(
      fc.property(fc.array(anyAddress, { maxLength: 8 }), fc.nat(), (texts, turn) => {
        texts.forEach(check)
        for (let i = 0; i < 3000; i++) Jid.parse(`n${turn}-${i}@flood.example`)
        texts.toReversed().forEach(check)
        texts.forEach(readAsStored)
        texts.forEach(check)
      }),
      { numRuns: 100 },
    )
  })
})
