import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PeerCertificate } from '../../src/net/connection.ts'
import { namesDomain } from '../../src/net/server-certificate.ts'
import { program } from '../support/services.ts'
import { temporaryFolder } from './support.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

/** A certificate with these names, as OpenSSL writes them. */
async function certificate(names: string, subject = '/CN=nobody'): Promise<PeerCertificate> {
  const files = { key: join(folder.path, 'key.pem'), certificate: join(folder.path, 'cert.pem') }
  await promisify(execFile)(program('openssl'), [
    ...['req', '-x509', '-nodes', '-days', '30', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-subj', subject, ...(names === '' ? [] : ['-addext', `subjectAltName=${names}`])],
    ...['-keyout', files.key, '-out', files.certificate],
  ])
  const { raw } = new X509Certificate(await readFile(files.certificate, 'utf8'))
  return { raw, isTrusted: true, problem: undefined }
}

describe('the certificate of another server (RFC 6120 §13.7.1.2)', () => {
  it('names a domain by DNS name, with a wildcard for the leftmost label only', async () => {
    const shown = await certificate('DNS:a.example,DNS:*.b.example,DNS:r*.c.example')
    expect(namesDomain(shown, 'a.example')).toBe(true)
    expect(namesDomain(shown, 'rooms.b.example')).toBe(true)
    expect(namesDomain(shown, 'x.rooms.b.example')).toBe(false)
    expect(namesDomain(shown, 'b.example')).toBe(false)
    expect(namesDomain(shown, 'rooms.c.example')).toBe(false)
    expect(namesDomain(shown, 'nobody')).toBe(false)
  })

  it('names an international domain by its ASCII form', async () => {
    const shown = await certificate('DNS:xn--bcher-kva.example')
    expect(namesDomain(shown, 'bücher.example')).toBe(true)
    expect(namesDomain(shown, 'bucher.example')).toBe(false)
  })

  it('names a domain by SRV name and by XMPP address', async () => {
    const shown = await certificate(
      'otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.a.example,otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.c.example,otherName:1.3.6.1.5.5.7.8.5;UTF8:b.example,otherName:1.3.6.1.5.5.7.8.5;UTF8:user@d.example',
    )
    expect(namesDomain(shown, 'a.example')).toBe(true)
    expect(namesDomain(shown, 'b.example')).toBe(true)
    expect(namesDomain(shown, 'c.example')).toBe(false)
    expect(namesDomain(shown, 'd.example')).toBe(false)
  })
})
