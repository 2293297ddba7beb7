import { execFileSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { certificateFiles, temporaryFolder } from './support.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

it('a certificate we made is read by OpenSSL, and its key by nobody else', async ({ skip }) => {
  const files = await certificateFiles(folder.path, 'example.org')
  expect((await stat(files.keyfile)).mode & 0o777).toBe(0o600)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' })
  try {
    openssl('version')
  } catch (error) {
    if (process.env['CI']) throw new Error('openssl is missing', { cause: error })
    skip('needs the Debian package openssl')
  }
  const text = openssl('x509', '-in', files.certfile, '-noout', '-text')
  expect(text).toContain('Version: 3')
  expect(text).toContain('ecdsa-with-SHA256')
  expect(text).toContain('NIST CURVE: P-256')
  expect(text).toContain('DNS:example.org')
  expect(text).toContain('CA:TRUE')
  expect(text).toMatch(/Digital Signature, Certificate Sign/)
  expect(text).toContain('TLS Web Server Authentication')
  expect(text).toMatch(/othername:.*example\.org/)
  expect(openssl('verify', '-CAfile', files.certfile, '-purpose', 'sslserver', files.certfile)).toContain('OK')
})
