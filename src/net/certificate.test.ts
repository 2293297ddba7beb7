import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeSelfSigned } from './certificate.ts'
import { signatureHash } from './certificate-hash.ts'

const now = Date.UTC(2030, 0, 15, 12)

describe('a self-signed certificate', () => {
  const pair = makeSelfSigned({ domains: ['example.org', '*.example.org', 'bücher.example'], now })
  const certificate = new X509Certificate(pair.certificate)

  it('verifies with its own key and is an authority for itself', () => {
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkIssued(certificate)).toBe(true)
    expect(certificate.ca).toBe(true)
    expect(certificate.subject).toBe('CN=example.org')
  })

  it('covers every domain, internationalised ones by their ASCII form', () => {
    expect(certificate.checkHost('example.org')).toBe('example.org')
    expect(certificate.checkHost('muc.example.org')).toBe('*.example.org')
    expect(certificate.checkHost('xn--bcher-kva.example')).toBeDefined()
    expect(certificate.checkHost('other.example')).toBeUndefined()
  })

  it('is valid from a day before for 825 days', () => {
    expect(Date.parse(certificate.validFrom)).toBe(now - 86_400_000)
    expect(Date.parse(certificate.validTo)).toBe(now + 825 * 86_400_000)
  })

  it('writes dates from 2050 on in the long form', () => {
    const long = new X509Certificate(makeSelfSigned({ domains: ['a.example'], now, days: 36_500 }).certificate)
    expect(Date.parse(long.validTo)).toBe(now + 36_500 * 86_400_000)
  })

  it('has a serial number of its own each time', () => {
    const other = new X509Certificate(makeSelfSigned({ domains: ['example.org'], now }).certificate)
    expect(other.serialNumber).not.toBe(certificate.serialNumber)
    expect(certificate.serialNumber).toHaveLength(32)
  })

  it('can be renewed with the same key', () => {
    const renewed = new X509Certificate(makeSelfSigned({ domains: ['example.org'], now, key: pair.key }).certificate)
    expect(renewed.publicKey.equals(certificate.publicKey)).toBe(true)
  })

  it('is accepted by TLS together with its key', () => {
    expect(() => createSecureContext({ cert: pair.certificate, key: pair.key })).not.toThrow()
  })

  it('names SHA-256 as its hash', () => {
    expect(signatureHash(certificate.raw)).toBe('sha256')
  })

  it('refuses what is no domain', () => {
    expect(() => makeSelfSigned({ domains: ['not a domain'], now })).toThrow('Not a domain name')
  })
})
