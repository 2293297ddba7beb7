import { describe, expect, it } from 'vitest'
import { bidiClasses, hasRightToLeft, satisfiesBidiRule } from './bidi.ts'
import { codePointsOf } from './code-points.ts'

const classesOf = (text: string): string => bidiClasses(codePointsOf(text))

describe('the Bidi Rule (RFC 5893 §2)', () => {
  it.each([
    ['abc', 'LLL'],
    ['\u05d0\u0627\u06611', 'RANE'],
    ['-+,.', 'SSCC'],
    ['$!\u0300', 'TOM'],
    ['\u00ad', 'B'],
    ['\u202a ', 'XX'],
  ])('knows the classes of %j', (text, classes) => {
    expect(classesOf(text)).toBe(classes)
  })

  it.each([
    ['abc', true, 'left to right'],
    ['a1', true, 'ends with a number'],
    ['a\u0300', true, 'ends with a mark'],
    ['a-', false, 'condition 6: ends with a separator'],
    ['1a', false, 'condition 1: begins with a number'],
    ['\u0300a', false, 'condition 1: begins with a mark'],
    ['a\u05d0', false, 'condition 5: a Hebrew letter among Latin'],
    ['\u05d0', true, 'right to left'],
    ['\u05d0\u05b0', true, 'condition 3: ends with a mark after a letter'],
    ['\u05d01', true, 'condition 3: ends with a number'],
    ['\u0627\u0661', true, 'condition 3: ends with an Arabic number'],
    ['\u05d0-', false, 'condition 3: ends with a separator'],
    ['\u05d0-1', true, 'a separator inside'],
    ['\u05d0a', false, 'condition 2: a Latin letter among Hebrew'],
    ['\u05d0\u06611', false, 'condition 4: both kinds of numbers'],
    ['\u0661\u05d0', false, 'condition 1: begins with an Arabic number'],
    ['', false, 'nothing'],
  ])('%j -> %j: %s', (text, satisfied) => {
    expect(satisfiesBidiRule(classesOf(text))).toBe(satisfied)
  })

  // Dhivehi and Yiddish words with marks at the end or inside; the rule before RFC 5893 forbade such words.
  it.each([
    '\u0786\u07ae\u0789\u07b0\u0795\u07a9\u0793\u07a6\u0783\u07aa',
    '\u05d9\u05b4\u05d5\u05d0',
    '\u05d9\u05d9\u05b4\u05d3\u05d9\u05e9',
  ])('takes %j, which ends or goes on with marks', (text) => {
    expect(satisfiesBidiRule(classesOf(text))).toBe(true)
  })

  it('knows when it is needed', () => {
    expect(hasRightToLeft(classesOf('abc1'))).toBe(false)
    expect(hasRightToLeft(classesOf('abc\u0661'))).toBe(true)
    expect(hasRightToLeft(classesOf('\u0627'))).toBe(true)
  })
})
