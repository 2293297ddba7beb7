import { readFileSync } from 'node:fs'
import type { ConnectionOptions, SecureVersion } from 'node:tls'

/** TLS to a database server; files in PEM. */
export interface ServerTls {
  /** Do without the database rather than without TLS. */
  readonly required: boolean
  readonly verify_mode: 'peer' | 'selfsigned_peer' | 'none'
  readonly cacertfile?: string | undefined
  readonly certfile?: string | undefined
  readonly keyfile?: string | undefined
  readonly password?: string | undefined
  readonly ciphers?: string | undefined
  readonly versions: readonly string[]
  readonly crl_files?: readonly string[] | undefined
  readonly server_name_indication?: { readonly enabled: boolean; readonly host?: string | undefined } | undefined
}

const names: Readonly<Record<string, SecureVersion>> = {
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
}

/** What the runtime takes. The files are read at each connection, so that renewed ones are used. */
export function tlsOptions(tls: ServerTls): ConnectionOptions {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file))
  // Versions that are not safe are not used, whatever is written.
  const versions = tls.versions.flatMap((version) => names[version] ?? []).sort()
  const { crl_files: crls = [], server_name_indication: name } = tls
  const all = {
    ca: read(tls.cacertfile),
    cert: read(tls.certfile),
    key: read(tls.keyfile ?? tls.certfile),
    passphrase: tls.password,
    ciphers: tls.ciphers,
    minVersion: versions[0],
    maxVersion: versions.at(-1),
    servername: name?.enabled === false ? '' : name?.host,
    crl: crls.length > 0 ? crls.map((file) => readFileSync(file)) : undefined,
    checkServerIdentity: name?.enabled === false ? () => undefined : undefined,
  }
  const written = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return { ...written, rejectUnauthorized: tls.verify_mode === 'peer' }
}
