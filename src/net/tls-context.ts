import { constants, X509Certificate } from 'node:crypto'
import { appendFile, readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock, Timer } from '../util/clock.ts'
import type { PeerCertificate, Report } from './connection.ts'
import { judgingContext, problemAsServer } from './server-judgement.ts'

/** A server's TLS table as the configuration has it. Paths are absolute or relative to the working directory. */
export interface TlsTable {
  /** PEM chain, the server's own certificate first; may hold the key too. */
  readonly certfile?: string | undefined
  /** PEM key; without it the key is looked for in `certfile`. */
  readonly keyfile?: string | undefined
  /** PEM bundle of the authorities that client certificates are checked against; Node's own without it. */
  readonly cacertfile?: string | undefined
  readonly dhfile?: string | undefined
  /** OpenSSL cipher string. */
  readonly ciphers?: string | undefined
  /** Of the key. */
  readonly password?: string | undefined
  readonly versions?: readonly string[] | undefined
  /**
   * Not written: a client certificate is asked for and checked, but nobody needs one. `peer`: required and checked.
   * `selfsigned_peer`: required, the chain is not checked. `none`: not asked for.
   */
  readonly verify_mode?: 'peer' | 'selfsigned_peer' | 'none' | undefined
  /** False keeps a connection whose certificate is not trusted. Without a `verify_mode` that is the default. */
  readonly disconnect_on_failure?: boolean | undefined
  readonly crl_files?: readonly string[] | undefined
  readonly session_tickets?: 'stateless' | undefined
  /** File that gets the session keys in NSS format, to read captured traffic with. */
  readonly key_log_file?: string | undefined
}

/** A certificate for one name (SNI). `*.example.org` covers one label. */
export type NamedCertificate = Pick<TlsTable, 'certfile' | 'keyfile' | 'password'>

/** What a TLS context is made from. */
export interface TlsContextOptions {
  readonly table: TlsTable
  /** Certificates for particular host names; other names get the table's. */
  readonly names?: Readonly<Record<string, NamedCertificate>> | undefined
  /** Protocols accepted by ALPN. A client that offers none is served, one that offers only others is refused. */
  readonly alpn?: readonly string[] | undefined
  /** Whether who connects may show the certificate of a server: one that is not for clients (RFC 6120 §13.7.2.2). */
  readonly isForServers?: boolean | undefined
  readonly clock: Clock
  readonly report?: Report | undefined
  /** How often the files are looked at, in milliseconds; 0 for never. */
  readonly rereadEvery?: number | undefined
}

/** TLS material that cannot be used; the message names the file. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}

/** From when to when a certificate is good, in milliseconds since the epoch; NaN where that cannot be read. */
export interface Validity {
  readonly from: number
  readonly to: number
}

interface Loaded {
  readonly validity: Validity
  readonly main: SecureContext
  /** For certificates of servers, where those are taken. */
  readonly judging: SecureContext | undefined
  readonly byName: ReadonlyMap<string, SecureContext>
  readonly stamps: string
}

const secureOptions =
  constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE

/** Certificates and rules of a server. Connections made after a reread use the new files; running ones keep theirs. */
export class TlsContext {
  readonly alpn: readonly string[] | undefined
  readonly #options: TlsContextOptions
  #loaded: Loaded
  #timer: Timer | undefined

  private constructor(options: TlsContextOptions, loaded: Loaded) {
    this.alpn = options.alpn
    this.#options = options
    this.#loaded = loaded
    this.#schedule()
  }

  /** Reads everything; throws TlsError when a file is missing, unreadable or does not fit its key. */
  static async load(options: TlsContextOptions): Promise<TlsContext> {
    return new TlsContext(options, await load(options))
  }

  /** The certificate for names that have none of their own. */
  get main(): SecureContext {
    return this.#loaded.main
  }

  /** From when to when the main certificate is good. */
  get validity(): Validity {
    return this.#loaded.validity
  }

  get hasNames(): boolean {
    return this.#loaded.byName.size > 0
  }

  /** The certificate for a host name. */
  forName(name: string): SecureContext {
    const { byName, main } = this.#loaded
    const lower = name.toLowerCase()
    return byName.get(lower) ?? byName.get(`*${lower.slice(Math.max(lower.indexOf('.'), 0))}`) ?? main
  }

  /** Whether clients are asked for a certificate. */
  get asksForCertificate(): boolean {
    return this.#options.table.verify_mode !== 'none'
  }

  /** Decides about a client by its certificate. Returns the reason to refuse it, or undefined. */
  refusal(certificate: { isTrusted: boolean; problem: string | undefined } | undefined): string | undefined {
    const { verify_mode: mode, disconnect_on_failure: disconnect } = this.#options.table
    if (mode === 'none') return undefined
    if (certificate === undefined) return mode === undefined ? undefined : 'no certificate'
    if (certificate.isTrusted || mode === 'selfsigned_peer') return undefined
    return (disconnect ?? mode !== undefined) ? certificate.problem : undefined
  }

  /**
   * Where servers connect, a certificate that is not for clients is looked at again as one of a server. Undefined where there is
   * nothing to look at again.
   */
  reconsider(certificate: PeerCertificate, chain: () => readonly Buffer[]): Promise<PeerCertificate> | undefined {
    const { judging } = this.#loaded
    if (judging === undefined || certificate.problem !== 'INVALID_PURPOSE') return undefined
    const { raw } = certificate
    return problemAsServer(chain(), judging).then(
      (problem) => ({ raw, isTrusted: problem === undefined, problem }),
      () => certificate,
    )
  }

  /** Where session keys are to be logged, for debugging. */
  logKeys(line: Buffer): void {
    const file = this.#options.table.key_log_file
    if (file === undefined) return
    appendFile(file, line, { mode: 0o600 }).catch((error: unknown) => this.#report('tls_key_log_failed', error))
  }

  get logsKeys(): boolean {
    return this.#options.table.key_log_file !== undefined
  }

  /**
   * Reads the files again when one has changed. True when they were taken over. Files that cannot be used are reported
   * and change nothing.
   */
  async reload(): Promise<boolean> {
    try {
      if ((await stampsOf(this.#options)) === this.#loaded.stamps) return false
      this.#loaded = await load(this.#options)
      this.#options.report?.({ what: 'tls_files_reloaded', certfile: this.#options.table.certfile })
      return true
    } catch (error) {
      this.#report('tls_reload_failed', error)
      return false
    }
  }

  /** Ends the looking for changed files. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    const every = this.#options.rereadEvery ?? 120_000
    if (every === 0) return
    this.#timer = this.#options.clock.after(every, () => {
      this.#schedule()
      void this.reload()
    })
  }

  #report(what: string, error: unknown): void {
    this.#options.report?.({ what, error })
  }
}

function filesOf({ table, names }: TlsContextOptions): string[] {
  const files = [table.certfile, table.keyfile, table.cacertfile, table.dhfile, ...(table.crl_files ?? [])]
  for (const named of Object.values(names ?? {})) files.push(named.certfile, named.keyfile)
  return files.filter((file) => file !== undefined)
}

async function stampsOf(options: TlsContextOptions): Promise<string> {
  const stamps = await Promise.all(
    filesOf(options).map(async (file) => {
      const { mtimeMs, size, ino } = await stat(file)
      return `${mtimeMs} ${size} ${ino}`
    }),
  )
  return stamps.join('\n')
}

async function load(options: TlsContextOptions): Promise<Loaded> {
  const { table, names = {} } = options
  const missing = filesOf(options)
  const stamps = await stampsOf(options).catch((error: Error) => {
    throw new TlsError(`TLS file cannot be read: ${error.message} (of ${missing.join(', ')})`)
  })
  const main = await secureContext(table)
  const byName = new Map<string, SecureContext>()
  for (const [name, named] of Object.entries(names)) {
    const { keyfile, password, ...rest } = table
    const own = named.certfile === undefined ? { keyfile, password } : {}
    byName.set(name.toLowerCase(), await secureContext({ ...rest, ...own, ...named }))
  }
  const judging = options.isForServers === true ? await judgingContextOf(table) : undefined
  return { main, judging, byName, stamps, validity: await validityOf(table.certfile ?? '') }
}

async function validityOf(certfile: string): Promise<Validity> {
  try {
    const { validFrom, validTo } = new X509Certificate(await readText(certfile))
    return { from: Date.parse(validFrom), to: Date.parse(validTo) }
  } catch {
    return { from: Number.NaN, to: Number.NaN }
  }
}

async function secureContext(table: TlsTable): Promise<SecureContext> {
  const { certfile, keyfile = certfile, cacertfile, dhfile, crl_files: crls = [] } = table
  if (certfile === undefined) throw new TlsError('A TLS server needs certfile')
  const options: SecureContextOptions = {
    ...versionRange(table.versions),
    cert: await readText(certfile),
    key: await readText(keyfile ?? certfile),
    ...(cacertfile !== undefined && { ca: await readText(cacertfile) }),
    ...(crls.length > 0 && { crl: await Promise.all(crls.map(readText)) }),
    ...(dhfile !== undefined && { dhparam: await readText(dhfile) }),
    ...(table.ciphers !== undefined && { ciphers: table.ciphers }),
    ...(table.password !== undefined && { passphrase: table.password }),
    secureOptions: table.session_tickets === 'stateless' ? secureOptions : secureOptions | constants.SSL_OP_NO_TICKET,
    sessionIdContext: 'meerkat',
  }
  try {
    return createSecureContext(options)
  } catch (error) {
    throw new TlsError(`TLS material of ${certfile} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

/** Of files that have been read before. */
async function judgingContextOf({ cacertfile, crl_files: crls = [], ciphers }: TlsTable): Promise<SecureContext> {
  const ca = cacertfile === undefined ? undefined : await readText(cacertfile)
  return judgingContext({ ca, crl: await Promise.all(crls.map(readText)), ciphers })
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    throw new TlsError(`TLS file cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Versions older than 1.2 are never offered, whatever the table says. */
function versionRange(
  versions: readonly string[] | undefined,
): Pick<SecureContextOptions, 'minVersion' | 'maxVersion'> {
  const has12 = versions?.includes('tlsv1.2') ?? true
  const has13 = versions?.includes('tlsv1.3') ?? true
  if (!has12 && !has13) throw new TlsError('TLS versions must include tlsv1.2 or tlsv1.3')
  return { minVersion: has12 ? 'TLSv1.2' : 'TLSv1.3', maxVersion: has13 ? 'TLSv1.3' : 'TLSv1.2' }
}
