import { describe, expect, it } from 'vitest'
import { isLdapFilter } from './ldap-option.ts'

describe('an LDAP filter', () => {
  it.each(['(uid=%u)', '(&(a=b)(|(c=*d*)(!(e>=1)))(f:dn:2.4.6:=x))', String.raw`(cn=a\28b\29)`, '(a=)', '(&)'])(
    'is %s',
    (text) => {
      expect(isLdapFilter(text)).toBe(true)
    },
  )
  it.each([
    '',
    'uid=%u',
    '(uid=%u',
    '(uid=%u))',
    '(&(a=b)',
    '(!(a=b)(c=d))',
    '(a=(b))',
    '()',
    '(=a)',
    String.raw`(a=\2)`,
  ])('is not %s', (text) => {
    expect(isLdapFilter(text)).toBe(false)
  })
})
