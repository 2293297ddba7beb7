import { describe, expect, it } from 'vitest'
import { codePointsOf } from './code-points.ts'
import { ContextRules } from './context.ts'
import { precisProperty } from './unicode.ts'

function isContextual(point: number): boolean {
  return 'JO'.includes(precisProperty.of(point))
}

function allowsAll(text: string): boolean {
  const points = codePointsOf(text)
  const rules = new ContextRules(points)
  return points.every((point, i) => !isContextual(point) || rules.allows(i))
}

describe('contextual rules (RFC 5892 appendix A)', () => {
  it.each([
    ['\u0915\u094d\u200c\u0937', true, 'A.1 non-joiner after a virama'],
    ['\u0628\u200c\u0628', true, 'A.1 between letters that join'],
    ['\u0628\u064b\u200c\u064b\u0628', true, 'A.1 transparent marks on both sides'],
    ['\u0627\u200c\u0628', false, 'A.1 alef joins to the right only'],
    ['\u0628\u200c', false, 'A.1 at the end'],
    ['\u200c\u0628', false, 'A.1 at the beginning'],
    ['a\u200cb', false, 'A.1 Latin'],
    ['\u0628\u200c\u200c\u0628', false, 'A.1 twice'],
    ['\u0915\u094d\u200d\u0937', true, 'A.2 joiner after a virama'],
    ['\u0628\u200d\u0628', false, 'A.2 without a virama'],
    ['\u200d', false, 'A.2 alone'],
    ['l\u00b7l', true, 'A.3 middle dot'],
    ['L\u00b7l', false, 'A.3 a capital'],
    ['l\u00b7', false, 'A.3 at the end'],
    ['\u00b7l', false, 'A.3 at the beginning'],
    ['\u0375\u03b1', true, 'A.4 keraia before Greek'],
    ['\u0375a', false, 'A.4 keraia before Latin'],
    ['\u0375', false, 'A.4 alone'],
    ['\u05d0\u05f3', true, 'A.5 geresh after Hebrew'],
    ['a\u05f3', false, 'A.5 geresh after Latin'],
    ['\u05d0\u05f4', true, 'A.6 gershayim after Hebrew'],
    ['\u05f4', false, 'A.6 alone'],
    ['\u30fb\u3042', true, 'A.7 middle dot with Hiragana'],
    ['\u30a2\u30fb\u30a2', true, 'A.7 with Katakana'],
    ['\u4e00\u30fb', true, 'A.7 with Han'],
    ['a\u30fbb', false, 'A.7 Latin'],
    ['\u0660\u0669', true, 'A.8 Arabic-Indic digits'],
    ['\u06f0\u06f9', true, 'A.9 extended digits'],
    ['\u0660\u06f0', false, 'A.8 and A.9 mixed'],
  ])('%j -> %j: %s', (text, allowed) => {
    expect(allowsAll(text)).toBe(allowed)
  })
})
