import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedWords, indexedCharacters, isPlain, wordsOf } from './search-text.ts'

describe('words of a text', () => {
  it('are small letters and digits, each once', () => {
    expect(wordsOf(`Romeo, Romeo! wherefore-art "thou"? It's 3 o'clock.`)).toEqual([
      'romeo',
      'wherefore',
      'art',
      'thou',
      'it',
      's',
      '3',
      'o',
      'clock',
    ])
    expect(wordsOf('ŻÓŁW ｆｕｌｌ')).toEqual(['żółw', 'full'])
    expect(wordsOf('_a1_ 🐢 …')).toEqual(['a1'])
  })

  it('are single characters where nothing stands between words', () => {
    expect(wordsOf('東京tower')).toEqual(['東', '京', 'tower'])
  })

  it('are neither too long nor too many', () => {
    expect(wordsOf('x'.repeat(1000))).toEqual(['x'.repeat(60)])
    const text = Array.from({ length: 5000 }, (_, at) => `w${at}`).join(' ')
    expect(wordsOf(text)).toHaveLength(2000)
    expect(askedWords(text)).toHaveLength(10)
  })

  it('are the same when a plain text is put into the index character by character', () => {
    const indexed = (text: string) =>
      String.fromCharCode(...Array.from(Buffer.from(text), (code) => indexedCharacters[code] ?? 0))
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
        expect(
          new Set(
            indexed(text)
              .split(' ')
              .filter(Boolean)
              .map((word) => word.slice(0, 60)),
          ),
        ).toEqual(new Set(wordsOf(text)))
      }),
    )
    expect(isPlain('It is I')).toBe(true)
    expect(['żółw', 'y '.repeat(2001)].map(isPlain)).toEqual([false, false])
  })
})
