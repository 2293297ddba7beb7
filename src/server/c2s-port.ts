import type { C2sListener, Config } from '../config/schema.ts'
import { type Accept, type Listener, listenTcp, type TcpSettings } from '../net/tcp.ts'
import { ClientPort, type Negotiating } from './client-port.ts'
import { limitWatch } from './limit-watch.ts'
import { ListeningPort, type PortSettings } from './listening-port.ts'
import type { ListenerParts, OpenPort } from './port.ts'
import { tlsContext } from './tls.ts'

interface Settings extends PortSettings<C2sListener> {
  readonly tcp: TcpSettings
  readonly accept: Accept
}

/** A port for XMPP clients over TCP. */
export class C2sPort extends ListeningPort<C2sListener, Settings, Listener> {
  readonly #parts: ListenerParts

  private constructor(parts: ListenerParts, listener: Listener, settings: Settings, negotiating: Negotiating) {
    super(listener, settings, negotiating)
    this.#parts = parts
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: C2sListener, config: Config, parts: ListenerParts): Promise<C2sPort> {
    const negotiating: Negotiating = new Set()
    const settings = await settingsOf(table, config, parts, negotiating)
    const { port, ip_address: host, backlog } = table
    const report = limitWatch(parts, 'c2s_limit_reached_count', 'Clients that met a limit')
    try {
      const maxHandshakes = table.max_handshakes
      const options = { port, host, backlog, maxHandshakes, clock: parts.clock, report, ...settings.tcp }
      return new C2sPort(parts, await listenTcp(options, settings.accept), settings, negotiating)
    } catch (error) {
      settings.tls?.close()
      throw error
    }
  }

  get connections(): number {
    return this.listener.connections
  }

  get streams(): number {
    return this.listener.connections
  }

  get openPort(): OpenPort {
    const { address, port } = this.listener
    const mode = this.table.tls?.mode
    return {
      address,
      port,
      speaks: `XMPP clients, ${protection[mode ?? 'none']}`,
      kind: mode === 'tls' ? 'c2s_tls' : 'c2s',
    }
  }

  protected settingsOf(table: C2sListener, config: Config, negotiating: Negotiating): Promise<Settings> {
    return settingsOf(table, config, this.#parts, negotiating)
  }

  protected apply(): void {
    this.listener.update(this.settings.tcp, this.settings.accept)
  }
}

const protection = {
  none: 'no TLS',
  tls: 'direct TLS',
  starttls: 'STARTTLS offered',
  starttls_required: 'STARTTLS',
} as const

async function settingsOf(
  table: C2sListener,
  config: Config,
  parts: ListenerParts,
  negotiating: Negotiating,
): Promise<Settings> {
  const { clock, log, folder, domains } = parts
  const tls = await tlsContext(table.tls, 'xmpp', config, {
    clock,
    folder,
    domains,
    report: (event) => log.warn(event),
  })
  const isDirect = table.tls?.mode === 'tls'
  const clients = new ClientPort(parts, {
    isTlsPossible: tls !== undefined,
    negotiating,
    authMethods: table.allowed_auth_methods,
  })
  return {
    table,
    tls,
    tcp: {
      maxConnections: table.max_connections,
      maxPerAddress: table.max_connections_per_address,
      refusal: () => clients.refusal(),
      proxyProtocol: table.proxy_protocol,
      tls: isDirect ? tls : undefined,
    },
    accept: clients.streams(table, isDirect ? undefined : tls),
  }
}
