import { describe, expect, it } from 'vitest'
import { anyJid, domainName, flag, integer, jidList, localPart, oneOfWords, text, userJid, word } from './argument.ts'

const cases = [
  [text('x'), ['', 'a'], [1, true, [], {}]],
  [word('x'), ['a'], ['', 1]],
  [oneOfWords('x', 'on', 'off'), ['on', 'off'], ['', 'ON', 'toString', 1]],
  [anyJid('x'), ['a.example', 'kim@a.example', 'kim@a.example/r'], ['', '@', 'kim@', '@a.example', 1]],
  [userJid('x'), ['kim@a.example', 'kim@a.example/r'], ['a.example', 'kim', 1]],
  [domainName(), ['a.example'], ['', 'kim@a.example', 'a.example/r', 1]],
  [localPart('x'), ['kim', 'Kim'], ['', 'a@b', 'a/b', 'a b', 'x@other.example/y', 1]],
  [jidList('x'), [[], ['kim@a.example', 'a.example']], ['a.example', ['@'], [1], {}]],
] as const

describe('arguments', () => {
  for (const [{ read, type }, good, bad] of cases) {
    it(`of type ${type} take ${JSON.stringify(good)} and not ${JSON.stringify(bad)}`, () => {
      for (const value of good) expect(read(value), JSON.stringify(value)).toEqual(value)
      for (const value of [...bad, null]) expect(read(value), JSON.stringify(value)).toBeUndefined()
    })
  }

  it('that are domains and addresses are prepared', () => {
    expect(domainName().read('A.Example')).toBe('a.example')
    expect(userJid('x').read('KIM@A.example/R')).toBe('kim@a.example/R')
  })

  it('that are numbers may be written in digits', () => {
    const { read } = integer('x', 1, 500)
    for (const good of [1, '1', 500, '500', '007']) expect(read(good)).toBe(Number(good))
    for (const bad of [0, '0', 501, '', ' 1', '1.5', 1.5, '-1', '1e2', '0x1', true, null, 'NaN', '9'.repeat(40)]) {
      expect(read(bad), String(bad)).toBeUndefined()
    }
  })

  it('that are true or false may be written', () => {
    const { read } = flag('x')
    for (const [given, value] of [
      [true, true],
      ['true', true],
      [false, false],
      ['false', false],
    ] as const) {
      expect(read(given)).toBe(value)
    }
    for (const bad of ['', 'yes', 1, 0, null]) expect(read(bad)).toBeUndefined()
  })
})
