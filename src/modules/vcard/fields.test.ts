import { describe, expect, it } from 'vitest'
import { parseElement } from '../../xml/parse.ts'
import { type Column, searchKey, searchValues } from './fields.ts'

const valuesOf = (content: string) => searchValues(parseElement(`<vCard xmlns='vcard-temp'>${content}</vCard>`))
const keyOf = (content: string, column: Column) => valuesOf(content).get(column)?.key

describe('what is searched for in a card', () => {
  it('comes from these elements', () => {
    const values = valuesOf(
      `<FN>F N</FN><N><FAMILY>fa</FAMILY><GIVEN>gi</GIVEN><MIDDLE>mi</MIDDLE></N><NICKNAME>ni</NICKNAME><BDAY>1990-01-02</BDAY>` +
        `<ADR><CTRY>ct</CTRY><LOCALITY>lo</LOCALITY></ADR><ADR><CTRY>other</CTRY></ADR>` +
        `<EMAIL><USERID>e@x</USERID></EMAIL><ORG><ORGNAME>on</ORGNAME><ORGUNIT>ou</ORGUNIT></ORG>`,
    )
    const shown = Object.fromEntries([...values].map(([column, { value }]) => [column, value]))
    expect(shown).toEqual({
      fn: 'F N',
      family: 'fa',
      given: 'gi',
      middle: 'mi',
      nickname: 'ni',
      bday: '1990-01-02',
      ctry: 'ct',
      locality: 'lo',
      email: 'e@x',
      orgname: 'on',
      orgunit: 'ou',
    })
  })

  it('takes an e-mail address from the element itself where it has no USERID', () => {
    expect(keyOf('<EMAIL>A@x</EMAIL>', 'email')).toBe('a@x')
  })

  it('minds neither case nor white space', () => {
    expect(keyOf('<FN>\n  Lena\t BERG </FN>', 'fn')).toBe('lena berg')
    expect(searchKey(' Lena  berg')).toBe('lena berg')
  })

  it('names the field that cannot be prepared', () => {
    expect(() => valuesOf('<FN>a\ue000</FN>')).toThrow('Invalid input for vcard field FN')
    expect(() => valuesOf('<N><GIVEN>\u0378</GIVEN></N>')).toThrow('Invalid input for vcard field N/GIVEN')
  })

  it('lets nicknames play', () => {
    expect(keyOf('<NICKNAME>L\u{1f422}na \ue000X!</NICKNAME>', 'nickname')).toBe('lna x!')
    expect(valuesOf('<NICKNAME>\u{1f422}</NICKNAME>').get('nickname')).toEqual({ value: '\u{1f422}', key: '' })
  })

  it('compares the beginning of what is very long', () => {
    expect(keyOf(`<FN>${'x'.repeat(5000)}</FN>`, 'fn')).toHaveLength(190)
  })
})
