import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { domainToASCII } from 'node:url'
import type { Clock } from '../util/clock.ts'
import { type ClientTlsTable, clientTls } from './client-tls.ts'
import type { ClientHandshake } from './tls-handshake.ts'

/** Files are read again after so many milliseconds. */
const rereadAfter = 120_000

interface Loaded {
  readonly context: Promise<SecureContext>
  readonly at: number
}

/** A certificate of our own that is shown. */
export interface OwnCertificate {
  readonly certfile: string
  readonly keyfile: string
}

/** Who is connected to, and what is shown to it. */
export interface PeerTls {
  /** Domain of the other server. */
  readonly remote: string
  readonly table: ClientTlsTable
  /** In place of the certificate of the table. */
  readonly own: OwnCertificate | undefined
}

/** What TLS towards other servers goes by, read from files and kept for a while. */
export class PeerContexts {
  readonly #clock: Clock
  readonly #loaded = new WeakMap<ClientTlsTable, Map<string, Loaded>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A handshake with a server. Rejects where a file cannot be used. */
  async handshakeWith({ remote, table, own }: PeerTls): Promise<ClientHandshake> {
    const name = domainToASCII(remote)
    const isNamed = table.server_name_indication?.enabled !== false && name !== '' && !name.startsWith('[')
    return {
      context: await this.#get(table, own),
      serverName: isNamed && isIP(name) === 0 ? name : undefined,
      alpn: ['xmpp-server'],
    }
  }

  #get(table: ClientTlsTable, own: OwnCertificate | undefined): Promise<SecureContext> {
    const byFile = this.#loaded.get(table) ?? new Map<string, Loaded>()
    this.#loaded.set(table, byFile)
    const key = own?.certfile ?? ''
    const now = this.#clock.now()
    const known = byFile.get(key)
    if (known !== undefined && now - known.at < rereadAfter) return known.context
    const context = load({ ...table, ...own })
    byFile.set(key, { context, at: now })
    // What cannot be read now may be there the next time.
    context.catch(() => byFile.delete(key))
    return context
  }
}

async function load(table: ClientTlsTable): Promise<SecureContext> {
  const { cert, key, ca, crl, ciphers, passphrase, minVersion, maxVersion } = await clientTls({
    ...table,
    server_name_indication: undefined,
  })
  return createSecureContext({ cert, key, ca, crl, ciphers, passphrase, minVersion, maxVersion })
}
