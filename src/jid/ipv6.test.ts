import { describe, expect, it } from 'vitest'
import { isIpv4, isIpv6 } from './ipv6.ts'

describe('IP addresses', () => {
  it.each([
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
    'FE80::A',
  ])('takes %s', (text) => {
    expect(isIpv6(text)).toBe(true)
  })

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    ':1',
    '1:',
    '::1%eth0',
    '192.0.2.1',
    '::192.0.2.256',
    '::192.0.2.1:1',
    '1:2:3:4:5:6:7:8::',
    '192.0.2.1::',
    '1:2:3:4:5:6:7:192.0.2.1',
  ])('refuses %j', (text) => {
    expect(isIpv6(text)).toBe(false)
  })

  it('knows the dotted form', () => {
    expect(isIpv4('192.0.2.1')).toBe(true)
    for (const text of ['192.0.2', '192.0.2.1.1', '192.0.2.256', '192.0.2.01', '1.2.3.', 'a.b.c.d'])
      expect(isIpv4(text)).toBe(false)
  })
})
