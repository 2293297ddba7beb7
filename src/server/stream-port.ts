import type { C2sListener } from '../config/schema.ts'
import type { Report } from '../net/connection.ts'
import { type Accept, type Listener, listenTcp, type TcpSettings } from '../net/tcp.ts'
import type { TlsContext } from '../net/tls-context.ts'
import type { Wire } from '../xml/wire.ts'
import { ListeningPort, type PortSettings } from './listening-port.ts'
import type { ListenerParts } from './port.ts'

/** What the tables of all ports for streams say. */
export type StreamTable = Pick<
  C2sListener,
  | 'port'
  | 'ip_address'
  | 'backlog'
  | 'max_handshakes'
  | 'max_connections'
  | 'max_connections_per_address'
  | 'proxy_protocol'
>

/** What such a port goes by. */
export interface StreamSettings<Table> extends PortSettings<Table> {
  readonly tcp: TcpSettings
  readonly accept: Accept
}

/** A port for streams of XMPP over TCP, whoever opens them. */
export abstract class StreamPort<Table extends StreamTable> extends ListeningPort<
  Table,
  StreamSettings<Table>,
  Listener
> {
  get connections(): number {
    return this.listener.connections
  }

  get streams(): number {
    return this.listener.connections
  }

  protected apply(): void {
    this.listener.update(this.settings.tcp, this.settings.accept)
  }
}

/** Opens the socket of a port. Rejects when the address cannot be bound; its TLS is given back then. */
export async function openStreams<Table extends StreamTable>(
  { table, tls, tcp, accept }: StreamSettings<Table>,
  { clock }: ListenerParts,
  report: Report,
): Promise<Listener> {
  const { port, ip_address: host, backlog, max_handshakes: maxHandshakes } = table
  try {
    return await listenTcp({ port, host, backlog, maxHandshakes, clock, report, ...tcp }, accept)
  } catch (error) {
    tls?.close()
    throw error
  }
}

/** What connections are accepted by. `refusal`: what those beyond the limits are told; `tls`: from the first byte. */
export function tcpSettings(table: StreamTable, refusal: () => Wire, tls: TlsContext | undefined): TcpSettings {
  const { max_connections: maxConnections, max_connections_per_address: maxPerAddress } = table
  return { maxConnections, maxPerAddress, refusal, proxyProtocol: table.proxy_protocol, tls }
}

/** How a port is protected, in the words that people are shown. */
export const protection = {
  none: 'no TLS',
  tls: 'direct TLS',
  starttls: 'STARTTLS offered',
  starttls_required: 'STARTTLS',
} as const
