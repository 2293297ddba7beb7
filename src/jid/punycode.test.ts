import { describe, expect, it } from 'vitest'
import { codePointsOf, textOf } from './code-points.ts'
import { JidError } from './jid-error.ts'
import { decodePunycode, encodePunycode } from './punycode.ts'

describe('Punycode (RFC 3492 §7.1)', () => {
  it.each([
    [
      '\u0644\u064a\u0647\u0645\u0627\u0628\u062a\u0643\u0644\u0645\u0648\u0634\u0639\u0631\u0628\u064a\u061f',
      'egbpdaj6bu4bxfgehfvwxn',
    ],
    ['\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['\u4ed6\u5011\u7232\u4ec0\u9ebd\u4e0d\u8aaa\u4e2d\u6587', 'ihqwctvzc91f659drss3x8bo0yb'],
    [
      '\u306a\u305c\u307f\u3093\u306a\u65e5\u672c\u8a9e\u3092\u8a71\u3057\u3066\u304f\u308c\u306a\u3044\u306e\u304b',
      'n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa',
    ],
    [
      '\u043f\u043e\u0447\u0435\u043c\u0443\u0436\u0435\u043e\u043d\u0438\u043d\u0435\u0433\u043e\u0432\u043e\u0440\u044f\u0442\u043f\u043e\u0440\u0443\u0441\u0441\u043a\u0438',
      'b1abfaaepdrnnbgefbadotcwatmq2g4l',
    ],
    ['3\u5e74b\u7d44\u91d1\u516b\u5148\u751f', '3b-ww4c5e180e575a65lsy2b'],
    ['m\u00fcnchen', 'mnchen-3ya'],
    ['-> $1.00 <-', '-> $1.00 <--'],
  ])('%j <-> %s', (text, code) => {
    const points = codePointsOf(text)
    expect(encodePunycode(points)).toBe(code)
    expect(textOf(decodePunycode(code))).toBe(text)
  })

  it.each(['!', 'a\u00e9', '99999999', 'zzzzzzzzzzzzzzzzzz', 'A'])('refuses %j', (code) => {
    expect(() => decodePunycode(code)).toThrow(JidError)
  })
})
