import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeSelfSigned } from './certificate.ts'
import { readClientCertificate, readPemCertificates } from './client-certificate.ts'

const { certificate: pem } = makeSelfSigned({
  domains: ['lena.example.org'],
  addresses: ['lena@example.org', 'żółw@example.org'],
  now: 1_700_000_000_000,
})
const raw = new X509Certificate(pem).raw

describe('a client certificate', () => {
  it('tells its XMPP addresses and its common name', () => {
    const read = readClientCertificate({ raw, isTrusted: true, problem: undefined })
    expect(read.addresses).toEqual(['lena.example.org', 'lena@example.org', 'żółw@example.org'])
    expect(read.commonName).toBe('lena.example.org')
    expect(read.isVerified).toBe(true)
  })

  it('that is damaged tells nothing, and does not throw', () => {
    for (let length = 0; length < raw.length; length += 7) {
      const read = readClientCertificate({ raw: raw.subarray(0, length), isTrusted: false, problem: 'x' })
      expect(read.addresses.every((address) => address.includes('example.org'))).toBe(true)
    }
    for (let at = 0; at < raw.length; at++) {
      const spoilt = Buffer.from(raw)
      spoilt[at] = 0xff
      expect(() => readClientCertificate({ raw: spoilt, isTrusted: false, problem: 'x' })).not.toThrow()
    }
  })

  it('is found in a PEM text', () => {
    expect(readPemCertificates(`some words\n${pem}${pem}`).map((one) => one.equals(raw))).toEqual([true, true])
    expect(readPemCertificates('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toEqual([])
    expect(readPemCertificates('')).toEqual([])
  })
})
