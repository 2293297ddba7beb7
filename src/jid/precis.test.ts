import { describe, expect, it } from 'vitest'
import { JidError } from './jid-error.ts'
import { enforceOpaque, enforceUsername } from './precis.ts'

describe('UsernameCaseMapped', () => {
  it.each([
    ['juliet@example.com', 'juliet@example.com'],
    ['fussball', 'fussball'],
    ['fu\u00dfball', 'fu\u00dfball'],
    ['\u03c0', '\u03c0'],
    ['\u03a3', '\u03c3'],
    ['\u03c3', '\u03c3'],
    ['\u03c2', '\u03c2'],
  ])('RFC 8265 §3.5 takes %j', (text, prepared) => {
    expect(enforceUsername(text)).toBe(prepared)
  })

  it.each(['foo bar', '', 'henry\u2163', '\u265a'])('RFC 8265 §3.5 refuses %j', (text) => {
    expect(() => enforceUsername(text)).toThrow(JidError)
  })

  it.each([
    ['\uff2a\uff35\uff2c\uff29\uff25\uff34', 'juliet', 'fullwidth letters'],
    ['\uff76\uff9e', '\u30ac', 'halfwidth Katakana with its sound mark, composed'],
    ['e\u0301', '\u00e9', 'a letter and its accent'],
    ['\u0130', 'i\u0307', 'a capital whose small letter is two code points'],
    ['\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c3', 'capital sigma at the end'],
    ['\u13a0', '\uab70', 'Cherokee'],
    ['\u{10400}', '\u{10428}', 'Deseret, outside the first plane'],
    ['\u1e9e', '\u00df', 'capital sharp s'],
  ])('maps %j to %j: %s', (text, prepared) => {
    expect(enforceUsername(text)).toBe(prepared)
    expect(enforceUsername(prepared)).toBe(prepared)
  })

  it.each([
    ['\u01c5', 'a titlecase letter with a compatibility form'],
    ['\u1f88', 'a titlecase letter'],
    ['\u212a', 'the Kelvin sign'],
    ['\u2126', 'the Ohm sign'],
    ['\u00aa', 'a feminine ordinal'],
    ['\ufb01', 'a ligature'],
    ['a\u00ad', 'a soft hyphen'],
    ['a\u200b', 'a zero width space'],
    ['a\ufeff', 'a byte order mark'],
    ['a\u2060', 'a word joiner'],
    ['\u1100', 'an old Hangul letter'],
    ['\u0640', 'a tatweel, an exception'],
    ['a\ud800', 'a lone surrogate'],
    ['a\ufdd0', 'a noncharacter'],
    ['\u0378', 'an unassigned code point'],
    ['\ue000', 'a private use code point'],
    ['\u1acf', 'a mark that the oldest Node does not know'],
    ['\uff5f', 'a fullwidth bracket that becomes a symbol'],
  ])('refuses %j: %s', (text) => {
    expect(() => enforceUsername(text)).toThrow(JidError)
  })

  it('applies the bidi rule only where something is written from right to left', () => {
    expect(enforceUsername('\u05d0\u05d1\u05d2')).toBe('\u05d0\u05d1\u05d2')
    expect(enforceUsername('1a')).toBe('1a')
    expect(() => enforceUsername('1\u05d0')).toThrow(JidError)
    expect(() => enforceUsername('a\u05d0')).toThrow(JidError)
    expect(() => enforceUsername('\u05d0a')).toThrow(JidError)
  })
})

describe('OpaqueString', () => {
  it.each([
    ['correct horse battery staple', 'correct horse battery staple'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    ['\u03c0\u00df\u00e5', '\u03c0\u00df\u00e5'],
    ['Jack of \u2666s', 'Jack of \u2666s'],
    ['foo\u1680bar', 'foo bar'],
  ])('RFC 8265 §4.3 takes %j', (text, prepared) => {
    expect(enforceOpaque(text)).toBe(prepared)
  })

  it.each(['', 'my cat is a \tby'])('RFC 8265 §4.3 refuses %j', (text) => {
    expect(() => enforceOpaque(text)).toThrow(JidError)
  })

  it.each([
    ['\u00a0', ' ', 'no-break space'],
    ['\u3000', ' ', 'ideographic space'],
    ['\u2163', '\u2163', 'a Roman numeral stays'],
    ['\uff21', '\uff21', 'width stays'],
    ['A\u030a', '\u00c5', 'normalised'],
    ['\u212b', '\u00c5', 'a singleton'],
    ['1\u05d0a', '1\u05d0a', 'no bidi rule'],
  ])('maps %j to %j: %s', (text, prepared) => {
    expect(enforceOpaque(text)).toBe(prepared)
  })

  it.each(['\u0000', '\u007f', '\u0085', '\u2028', '\ud800', 'a\u200d', '\u{e0001}', '\u{10ffff}'])(
    'refuses %j',
    (text) => {
      expect(() => enforceOpaque(text)).toThrow(JidError)
    },
  )

  it('takes an emoji, but not joined to another by a zero width joiner (RFC 5892 appendix A.2)', () => {
    expect(enforceOpaque('\u{1f600}')).toBe('\u{1f600}')
    expect(() => enforceOpaque('\u{1f468}\u200d\u{1f469}')).toThrow(JidError)
  })

  it('RFC 8266 §3: the nicknames are resources as they are written', () => {
    for (const nick of ['Foo', 'foo', 'Foo Bar', '\u03a3', '\u03c3', '\u03c2', '\u265a', 'Richard \u2163']) {
      expect(enforceOpaque(nick)).toBe(nick)
    }
  })
})
