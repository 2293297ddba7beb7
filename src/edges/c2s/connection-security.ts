import type { ChannelBindingType, Connection } from '../../net/connection.ts'
import type { ChannelSecurity } from '../../protocol/sasl/mechanism.ts'

// Best first: the certificate's hash is known to whoever has stolen its key.
const types: readonly ChannelBindingType[] = ['tls-exporter', 'tls-server-end-point']

/** What a connection offers to authentication, found out when first asked. */
export class ConnectionSecurity implements ChannelSecurity {
  readonly #connection: Connection
  #bindingTypes: readonly string[] | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get isSecure(): boolean {
    return this.#connection.isSecure
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
