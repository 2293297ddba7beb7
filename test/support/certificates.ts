import { execFile } from 'node:child_process'
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
