import { describe, expect, it } from 'vitest'
import { enforceDomain, isPlainDomain } from './domain.ts'
import { JidError } from './jid-error.ts'

describe('domains (RFC 7622 §3.2, RFC 5891)', () => {
  it.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com'],
    ['localhost', 'localhost'],
    ['a-b.c-1', 'a-b.c-1'],
    ['192.0.2.1', '192.0.2.1'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['M\u00dcNCHEN.de', 'm\u00fcnchen.de'],
    ['mu\u0308nchen.de', 'm\u00fcnchen.de'],
    ['xn--mnchen-3ya.de', 'm\u00fcnchen.de'],
    ['XN--MNCHEN-3YA.DE', 'm\u00fcnchen.de'],
    ['\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.com', 'example.com'],
    ['\u4f8b\u3048.\u30c6\u30b9\u30c8', '\u4f8b\u3048.\u30c6\u30b9\u30c8'],
    ['\u4f8b\u3048\u3002\u30c6\u30b9\u30c8\uff61', '\u4f8b\u3048.\u30c6\u30b9\u30c8'],
    ['fu\u00dfball.de', 'fu\u00dfball.de'],
    ['xn--fuball-cta.de', 'fu\u00dfball.de'],
    ['\u03c3\u03c2.gr', '\u03c3\u03c2.gr'],
    ['\u03a3\u03a3.gr', '\u03c3\u03c3.gr'],
    ['\u13a0\u13a1.example', '\u13a0\u13a1.example'],
    ['\uab70.example', '\u13a0.example'],
    ['\u05d0\u05d1.\u05d2', '\u05d0\u05d1.\u05d2'],
    ['a.\u05d0', 'a.\u05d0'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
    ['l\u00b7l.cat', 'l\u00b7l.cat'],
    ['\u0915\u094d\u200d\u0937.in', '\u0915\u094d\u200d\u0937.in'],
    ['\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com', '\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com'],
    ['xn--mgba3gch31f060k.com', '\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com'],
  ])('takes %j as %j', (text, prepared) => {
    expect(enforceDomain(text)).toBe(prepared)
    expect(enforceDomain(prepared)).toBe(prepared)
  })

  it.each([
    ['', 'nothing'],
    ['.', 'only a dot'],
    ['a..b', 'an empty label'],
    ['.a', 'an empty first label'],
    ['a..', 'two dots at the end'],
    ['-a', 'a hyphen first'],
    ['a-', 'a hyphen last'],
    ['ab--cd', 'hyphens third and fourth'],
    ['a_b', 'an underscore'],
    ['a b', 'a space'],
    ['a@b', 'an at sign'],
    ['a\uff20b', 'a fullwidth at sign'],
    ['a\uff0fb', 'a fullwidth slash'],
    ['a\uff0e\uff0eb', 'fullwidth dots'],
    ['a:5222', 'a port'],
    ['::1', 'an IPv6 address without brackets'],
    ['[::1', 'an open bracket'],
    ['[::1]x', 'text after a bracket'],
    ['[192.0.2.1]', 'IPv4 in brackets'],
    ['[]', 'empty brackets'],
    ['xn--', 'an A-label of nothing'],
    ['xn--a', 'bad Punycode'],
    ['xn--abc-', 'an A-label of ASCII'],
    ['xn--mnchen-3YA9', 'an A-label with more'],
    ['xn--ls8h.la', 'an A-label of an emoji'],
    ['\u2665.com', 'a symbol'],
    ['\u{1f600}.com', 'an emoji'],
    ['a\u00adb.com', 'a soft hyphen'],
    ['\u0301a.com', 'a mark first'],
    ['a\u00b7b.com', 'a middle dot'],
    ['\u00fc-.de', 'a hyphen last in a U-label'],
    ['\u00fcb--c.de', 'hyphens third and fourth in a U-label'],
    ['\u00bd.com', 'a fraction'],
    ['1.\u05d0', 'a number first beside Hebrew'],
    ['\u05d0a.com', 'Hebrew and Latin in a label'],
    ['\u0378.com', 'an unassigned code point'],
    ['\ud800.com', 'a lone surrogate'],
    [`${'a'.repeat(64)}.com`, 'a label of 64'],
    [`${'\u00fc'.repeat(60)}.com`, 'a label of more than 63 in its ASCII form'],
    [`${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(62)}`, 'a name of 254'],
  ])('refuses %j: %s', (text) => {
    expect(() => enforceDomain(text)).toThrow(JidError)
  })

  it('takes a name of 253 octets', () => {
    const name = `${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(61)}`
    expect(enforceDomain(name)).toBe(name)
    expect(enforceDomain(`${name}.`)).toBe(name)
  })

  it('knows what is plain', () => {
    for (const text of ['example.com', 'a', '1.2.3.4', 'a-b']) expect(isPlainDomain(text)).toBe(true)
    for (const text of ['', 'A', 'a.', '.a', 'a-.b', '-a', 'xn--a', 'ab--', 'a_b', '\u00fc'])
      expect(isPlainDomain(text)).toBe(false)
  })
})
