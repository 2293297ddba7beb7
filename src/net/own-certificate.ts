import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { domainToASCII } from 'node:url'
import { makeSelfSigned, writeCertificate } from './certificate.ts'

/** Certificate and key of the server's own making. */
export interface OwnCertificate {
  readonly certfile: string
  readonly keyfile: string
}

/** A certificate that ends sooner than this is made anew, in milliseconds. */
const renewBefore = 30 * 86_400_000

/** The self-signed certificate of a data folder: made when there is none, when it ends soon, or when a domain is missing. */
export async function ownCertificate(dir: string, domains: readonly string[], now: number): Promise<OwnCertificate> {
  const files = { certfile: join(dir, 'certificate.pem'), keyfile: join(dir, 'certificate.key') }
  const known = await readFile(files.certfile, 'utf8').catch(() => undefined)
  if (known === undefined || !isGood(known, domains, now)) {
    await writeCertificate(makeSelfSigned({ domains, now }), files)
  }
  return files
}

function isGood(pem: string, domains: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(pem)
  if (Date.parse(certificate.validTo) - now < renewBefore) return false
  return domains.every((domain) => certificate.checkHost(domainToASCII(domain)) !== undefined)
}
