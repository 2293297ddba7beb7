import { describe, expect, it } from 'vitest'
import { readProxyHeader } from './proxy-protocol.ts'

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

function v2(command: number, family: number, block: Buffer): Buffer {
  const head = Buffer.from([0x20 | command, family, block.length >> 8, block.length & 0xff])
  return Buffer.concat([signature, head, block])
}

const ipv4 = Buffer.from([192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x14, 0x66])
const ipv6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.alloc(16),
  Buffer.from([0x12, 0x34, 0x14, 0x66]),
])

describe('a PROXY header', () => {
  it('of version 1 names IPv4 and IPv6 peers', () => {
    expect(readProxyHeader(Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nmore'))).toEqual({
      kind: 'done',
      remote: { address: '1.2.3.4', port: 9 },
      length: 33,
    })
    expect(readProxyHeader(Buffer.from('PROXY TCP6 fe80::1 ::1 65535 1\r\n'))).toMatchObject({
      remote: { address: 'fe80::1', port: 65_535 },
    })
    expect(readProxyHeader(Buffer.from('PROXY UNKNOWN whatever\r\n'))).toEqual({
      kind: 'done',
      remote: undefined,
      length: 24,
    })
  })

  it('of version 2 names IPv4 and IPv6 peers and skips what follows the addresses', () => {
    expect(readProxyHeader(v2(1, 0x11, ipv4))).toEqual({
      kind: 'done',
      remote: { address: '192.0.2.1', port: 0xdc04 },
      length: 28,
    })
    expect(readProxyHeader(v2(1, 0x21, Buffer.concat([ipv6, Buffer.from([3, 0, 1, 7])])))).toEqual({
      kind: 'done',
      remote: { address: '2001:db8::1', port: 0x1234 },
      length: 56,
    })
    expect(readProxyHeader(v2(0, 0x11, ipv4))).toMatchObject({ kind: 'done', remote: undefined })
    expect(readProxyHeader(v2(1, 0x00, Buffer.alloc(0)))).toMatchObject({ kind: 'done', remote: undefined })
  })

  it.each([
    ['', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010000000000000000000000000000', '2001::'],
    ['00010000000000020000000000000003', '1:0:0:2::3'],
    ['00000000000000000000ffffc0000207', '192.0.2.7'],
  ])('writes the IPv6 address %s as %s', (hex, text) => {
    const block = Buffer.concat([Buffer.from(hex.padEnd(32, '0'), 'hex'), ipv6.subarray(16)])
    expect(readProxyHeader(v2(1, 0x21, block))).toMatchObject({ remote: { address: text } })
  })

  it('is waited for at every length', () => {
    for (const whole of [Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n'), v2(1, 0x11, ipv4)]) {
      for (let length = 0; length < whole.length; length++) {
        expect(readProxyHeader(whole.subarray(0, length)).kind).toBe('more')
      }
      expect(readProxyHeader(whole).kind).toBe('done')
    }
  })

  it.each([
    'GET / HTTP/1.1\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 9\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 9 65536\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 09 1\r\n',
    'PROXY TCP4 ::1 ::1 9 1\r\n',
    'PROXY TCP6 1.2.3.4 5.6.7.8 9 1\r\n',
    'PROXY UDP4 1.2.3.4 5.6.7.8 9 1\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 9 1 2\r\n',
    `PROXY TCP4 ${'1'.repeat(200)}`,
  ])('is refused when it reads %s', (text) => {
    expect(readProxyHeader(Buffer.from(text)).kind).toBe('bad')
  })

  it('of version 2 is refused when version, command, length or family are wrong', () => {
    const wrongVersion = v2(1, 0x11, ipv4)
    wrongVersion[12] = 0x31
    expect(readProxyHeader(wrongVersion).kind).toBe('bad')
    expect(readProxyHeader(v2(2, 0x11, ipv4)).kind).toBe('bad')
    expect(readProxyHeader(v2(1, 0x11, ipv4.subarray(0, 11))).kind).toBe('bad')
    expect(readProxyHeader(v2(1, 0x31, Buffer.alloc(216))).kind).toBe('bad')
    expect(readProxyHeader(v2(1, 0x11, Buffer.alloc(5_000)).subarray(0, 16)).kind).toBe('bad')
  })
})
