import { readClientCertificate } from '../../net/client-certificate.ts'
import type { ChannelBindingType, Connection } from '../../net/connection.ts'
import type { ChannelSecurity, ClientCertificate } from '../../protocol/sasl/mechanism.ts'

// Best first: the certificate's hash is known to whoever has stolen its key.
const types: readonly ChannelBindingType[] = ['tls-exporter', 'tls-server-end-point']

/** What a connection offers to authentication, found out when first asked. */
export class ConnectionSecurity implements ChannelSecurity {
  readonly #connection: Connection
  #bindingTypes: readonly string[] | undefined
  #certificate: ClientCertificate | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get isSecure(): boolean {
    return this.#connection.isSecure
  }

  get clientCertificate(): ClientCertificate | undefined {
    const shown = this.#connection.tls?.peerCertificate
    if (shown !== undefined) this.#certificate ??= readClientCertificate(shown)
    return this.#certificate
  }

  get bindingTypes(): readonly string[] {
    this.#bindingTypes ??= this.isSecure ? types.filter((type) => this.channelBinding(type) !== undefined) : []
    return this.#bindingTypes
  }

  channelBinding(type: string): Uint8Array | undefined {
    const known = types.find((each) => each === type)
    return known === undefined ? undefined : this.#connection.channelBinding(known)
  }
}
