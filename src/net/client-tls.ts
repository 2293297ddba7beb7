import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'

/** A `tls` table of a connection that the server makes. Paths are absolute. */
export interface ClientTlsTable {
  readonly verify_mode: 'peer' | 'selfsigned_peer' | 'none'
  readonly certfile?: string | undefined
  readonly keyfile?: string | undefined
  readonly cacertfile?: string | undefined
  readonly ciphers?: string | undefined
  /** Of the key. */
  readonly password?: string | undefined
  readonly versions: readonly string[]
  readonly crl_files: readonly string[]
  readonly server_name_indication?: { readonly enabled: boolean; readonly host?: string | undefined } | undefined
}

/** Reads the files of a table. Rejects when one cannot be read; without a table, what Node does by itself. */
export async function clientTls(table: ClientTlsTable | undefined): Promise<ConnectionOptions> {
  if (table === undefined) return {}
  const { verify_mode: mode, certfile, keyfile = certfile, cacertfile, crl_files: crls } = table
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file, 'latin1'))
  return {
    rejectUnauthorized: mode === 'peer',
    cert: await read(certfile),
    key: await read(keyfile),
    ca: await read(cacertfile),
    crl: crls.length > 0 ? await Promise.all(crls.map((file) => readFile(file, 'latin1'))) : undefined,
    ciphers: table.ciphers,
    passphrase: table.password,
    minVersion: table.versions.includes('tlsv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: table.versions.includes('tlsv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    ...nameOptions(table),
  }
}

function nameOptions({ server_name_indication: name }: ClientTlsTable): ConnectionOptions {
  if (name === undefined) return {}
  if (!name.enabled) return { servername: '', checkServerIdentity: () => undefined }
  return name.host === undefined ? {} : { servername: name.host }
}
