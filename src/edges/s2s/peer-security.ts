import type { Connection } from '../../net/connection.ts'
import { namesDomain } from '../../net/server-certificate.ts'
import type { PeerSecurity } from '../../protocol/s2s/events.ts'

/** What TLS says of the server at the other end of a connection. */
export class ConnectionPeer implements PeerSecurity {
  readonly #connection: Connection
  readonly #known = new Map<string, boolean>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get isSecure(): boolean {
    return this.#connection.isSecure
  }

  vouchesFor(domain: string): boolean {
    const certificate = this.#connection.tls?.peerCertificate
    if (certificate?.isTrusted !== true) return false
    const known = this.#known.get(domain)
    if (known !== undefined) return known
    const isNamed = namesDomain(certificate, domain)
    // One stream speaks for few domains; what a stranger asks for beyond is not kept.
    if (this.#known.size < 100) this.#known.set(domain, isNamed)
    return isNamed
  }
}
