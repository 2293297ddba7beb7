import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { program } from './services.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** Makes a self-signed certificate for these domains in a folder. */
export async function selfSignedCertificate(folder: string, domains: readonly string[]): Promise<CertificateFiles> {
  const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const names = domains.flatMap((domain) => [`DNS:${domain}`, `DNS:*.${domain}`]).join(',')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const subject = ['-subj', `/CN=${domains[0]}`, '-addext', `subjectAltName=${names}`]
  const output = ['-keyout', files.key, '-out', files.certificate]
  await promisify(execFile)(program('openssl'), [
    'req',
    '-x509',
    '-nodes',
    '-days',
    '30',
    ...curve,
    ...subject,
    ...output,
  ])
  return files
}

/** An authority that vouches for servers; what it has issued lies beside its own certificate `ca.pem`. */
export interface Authority {
  readonly certificate: string
  /** Makes `cert.pem`, `key.pem` and a copy of `ca.pem` in a folder. `extensions`: more lines of what the certificate says. */
  issue(folder: string, domains: readonly string[], extensions?: readonly string[]): Promise<CertificateFiles>
  remove(): Promise<void>
}

const run = promisify(execFile)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export async function makeAuthority(): Promise<Authority> {
  const home = await mkdtemp(join(tmpdir(), 'meerkat-ca-'))
  const certificate = join(home, 'ca.pem')
  const key = join(home, 'ca.key')
  await run(program('openssl'), [
    ...['req', '-x509', '-days', '30', ...newKey, '-subj', '/CN=Test authority'],
    ...['-keyout', key, '-out', certificate],
  ])
  return {
    certificate,
    async issue(folder, domains, more = []) {
      const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
      const request = join(folder, 'request.pem')
      const names = `subjectAltName=${domains.map((domain) => `DNS:${domain}`).join(',')}`
      const [extensions, subject] = [join(folder, 'names.cnf'), `/CN=${domains[0] ?? ''}`]
      await writeFile(extensions, [names, ...more].join('\n'))
      await run(program('openssl'), ['req', '-new', ...newKey, '-subj', subject, '-keyout', files.key, '-out', request])
      await run(program('openssl'), [
        ...['x509', '-req', '-days', '30', '-in', request, '-CA', certificate, '-CAkey', key, '-CAcreateserial'],
        ...['-extfile', extensions, '-out', files.certificate],
      ])
      await copyFile(certificate, join(folder, 'ca.pem'))
      return files
    },
    remove: () => rm(home, { recursive: true, force: true }),
  }
}
