import type { RemoteAddress, TlsInfo } from '../../net/connection.ts'
import type { Wire } from '../../xml/wire.ts'

/** A request of a client, as far as it can be answered: once. */
export interface BoshPlace {
  readonly remote: RemoteAddress
  readonly tls: TlsInfo | undefined
  answer(text: Wire): void
}
