import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { systemClock } from '../util/clock.ts'
import type { KeyPath } from './key-path.ts'
import type { Report } from './problem.ts'
import type { Config, TlsOptions } from './schema.ts'

/** Loads the certificates of all listeners and tells what is wrong with them. */
export function checkCertificates(config: Config, report: Report, now = systemClock.now()): void {
  const named = config.general.domain_certfile
  named.forEach(({ domain, ...tls }, index) => {
    new CertificateCheck(['general', 'domain_certfile', index], tls, report).run(tls.certfile, [domain], now)
  })
  checkOutgoing(config, report, now)
  const others = config.general.hosts.filter((host) => !named.some(({ domain }) => domain === host))
  // Components and HTTP may go by names of their own.
  const wanted = { c2s: others, s2s: others, component: [], http: [] }
  for (const kind of ['c2s', 's2s', 'component', 'http'] as const) {
    config.listen[kind].forEach((listener, index) => {
      const tls: TlsOptions | undefined = listener.tls
      if (tls === undefined) return
      if (tls.keep_secrets === true) warnOfKeys(['listen', kind, index, 'tls', 'keep_secrets'], report)
      if (tls.certfile === undefined) return
      const check = new CertificateCheck(['listen', kind, index, 'tls'], tls, report)
      check.run(tls.certfile, wanted[kind], now)
    })
  }
}

/** Those that other servers are shown, in general and of single hosts. */
function checkOutgoing(config: Config, report: Report, now: number): void {
  const own = config.host_config.map(({ s2s }, index) => ({ s2s, place: ['host_config', index] as KeyPath }))
  for (const { s2s, place } of [{ s2s: config.s2s, place: [] as KeyPath }, ...own]) {
    const tls = s2s?.outgoing.tls
    if (tls?.certfile === undefined) continue
    new CertificateCheck([...place, 's2s', 'outgoing', 'tls'], tls, report).run(tls.certfile, [], now)
  }
}

function warnOfKeys(path: KeyPath, report: Report): void {
  report.warning('tls_keys_logged', path, {
    message: 'The keys of TLS sessions are written to a file: whoever has it can read what was captured.',
    hint: 'for debugging only',
  })
}

type KeyedCertificate = Pick<TlsOptions, 'certfile' | 'keyfile'> & { readonly password?: string | undefined }

class CertificateCheck {
  readonly #path: KeyPath
  readonly #tls: KeyedCertificate
  readonly #report: Report

  constructor(path: KeyPath, tls: KeyedCertificate, report: Report) {
    this.#path = path
    this.#tls = tls
    this.#report = report
  }

  run(certfile: string, hosts: readonly string[], now: number): void {
    const chain = this.#read(certfile)
    if (chain === undefined) return
    let certificate: X509Certificate
    try {
      certificate = new X509Certificate(chain)
    } catch {
      this.#unusable('certfile', 'The file holds no certificate in PEM.', certfile)
      return
    }
    this.#checkKey(certificate, chain)
    if (Date.parse(certificate.validTo) < now) {
      this.#report.warning('tls_certificate_expired', [...this.#path, 'certfile'], {
        message: `The certificate is valid until ${new Date(certificate.validTo).toISOString()} only.`,
        value: certfile,
      })
    }
    const uncovered = hosts.filter((host) => certificate.checkHost(host) === undefined)
    if (uncovered.length > 0) {
      this.#report.warning('tls_certificate_does_not_cover', [...this.#path, 'certfile'], {
        message: `The certificate does not name ${uncovered.join(', ')}.`,
        value: certfile,
      })
    }
  }

  #checkKey(certificate: X509Certificate, chain: string): void {
    const { keyfile, certfile, password } = this.#tls
    const pem = keyfile === undefined ? chain : this.#read(keyfile)
    if (pem === undefined) return
    if (keyfile === undefined && !pem.includes('PRIVATE KEY-----')) {
      this.#report.error('tls_certfile_without_keyfile', [...this.#path, 'certfile'], {
        message: 'There is no private key: neither keyfile is set nor does certfile hold one.',
        value: certfile,
      })
      return
    }
    const option = keyfile === undefined ? 'certfile' : 'keyfile'
    let key: KeyObject
    try {
      key = createPrivateKey({ key: pem, format: 'pem', ...(password === undefined ? {} : { passphrase: password }) })
    } catch {
      const reason = password === undefined ? 'is it protected by a password?' : 'is the password right?'
      this.#unusable(option, `The private key cannot be loaded: ${reason}`, keyfile ?? certfile)
      return
    }
    if (!certificate.checkPrivateKey(key)) {
      this.#unusable(option, 'The private key does not belong to the certificate.', keyfile ?? certfile)
    }
  }

  /** Unreadable files have been reported when their paths were resolved. */
  #read(file: string): string | undefined {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
  }

  #unusable(option: string, message: string, value: string | undefined): void {
    this.#report.error('tls_certificate_unusable', [...this.#path, option], { message, value })
  }
}
