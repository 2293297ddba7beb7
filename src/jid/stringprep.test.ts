import { describe, expect, it } from 'vitest'
import { JidError } from './jid-error.ts'
import { foldForSearch, nodeprep, resourceprep } from './stringprep.ts'

describe('nodeprep (RFC 3920 appendix A)', () => {
  it.each([
    ['Juliet', 'juliet'],
    ['fu\u00dfball', 'fussball'],
    ['henry\u2163', 'henryiv'],
    ['\u265a', '\u265a'],
    ['a\u00adb', 'ab'],
    ['\uff2a', 'j'],
    ['\u212a', 'k'],
    ['\u0345', '\u03b9'],
    ['\u03d2', '\u03c5'],
    ['\u{1d400}', 'a'],
    ['\u10a0', '\u10a0'],
    ['\u05d0\u05d1', '\u05d0\u05d1'],
  ])('takes %j as %j', (text, prepared) => {
    expect(nodeprep(text)).toBe(prepared)
  })

  it.each([
    '',
    '\u00ad',
    'a b',
    'a@b',
    '\uff20',
    'a\u00a0',
    '\u0000',
    '\ue000',
    '\ud800',
    '\ufffe',
    '\u{1fffe}',
    '\u2ff0',
    '\u{e0020}',
    '\u05d0a',
    '1\u05d0',
    '\u0378',
  ])('refuses %j', (text) => {
    expect(() => nodeprep(text)).toThrow(JidError)
  })
})

describe('resourceprep (RFC 3920 appendix B)', () => {
  it('keeps case and spaces, and normalises', () => {
    expect(resourceprep('Foo Bar@/\u2163')).toBe('Foo Bar@/IV')
    expect(resourceprep('I\u00adX')).toBe('IX')
  })

  it.each(['\u0007', '\u00a0\u0000', '\u2028', '\u05d0a'])('refuses %j', (text) => {
    expect(() => resourceprep(text)).toThrow(JidError)
  })
})

describe('folding for search', () => {
  it.each([
    ['', ''],
    ['Lena BERG', 'lena berg'],
    ['Москва', 'москва'],
    ['Straße', 'strasse'],
    ['\u2163', 'iv'],
    ['David דוד', 'david דוד'],
    ['👩\u200d💻\ufe0f', '👩💻'],
  ])('takes %j as %j', (text, folded) => {
    expect(foldForSearch(text)).toBe(folded)
  })

  it.each(['\u0007', '\ue000', '\u0378', '\ufdd0'])('refuses %j', (text) => {
    expect(() => foldForSearch(text)).toThrow(JidError)
  })

  it('refuses halves of a pair that only meet when what stands between them is mapped to nothing', () => {
    expect(() => resourceprep('\ud800\u200c\udc00')).toThrow(JidError)
  })
})
