import type { C2sListener, Config } from '../config/schema.ts'
import type { Report } from '../net/connection.ts'
import { type Accept, type Listener, listenTcp, type TcpSettings } from '../net/tcp.ts'
import type { TlsContext, Validity } from '../net/tls-context.ts'
import { ClientPort, type Negotiating } from './client-port.ts'
import type { ListenerParts, OpenPort, PreparedSettings, RunningPort } from './port.ts'
import { tlsContext } from './tls.ts'

interface Settings {
  readonly table: C2sListener
  readonly tls: TlsContext | undefined
  readonly tcp: TcpSettings
  readonly accept: Accept
}

/** A port for XMPP clients over TCP. */
export class C2sPort implements RunningPort<C2sListener> {
  readonly #parts: ListenerParts
  readonly #negotiating: Negotiating
  readonly #listener: Listener
  #settings: Settings

  private constructor(parts: ListenerParts, negotiating: Negotiating, listener: Listener, settings: Settings) {
    this.#parts = parts
    this.#negotiating = negotiating
    this.#listener = listener
    this.#settings = settings
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: C2sListener, config: Config, parts: ListenerParts): Promise<C2sPort> {
    const negotiating: Negotiating = new Set()
    const settings = await settingsOf(table, config, parts, negotiating)
    const { port, ip_address: host, backlog } = table
    const report = reporter(parts)
    try {
      const maxHandshakes = table.max_handshakes
      const options = { port, host, backlog, maxHandshakes, clock: parts.clock, report, ...settings.tcp }
      return new C2sPort(parts, negotiating, await listenTcp(options, settings.accept), settings)
    } catch (error) {
      settings.tls?.close()
      throw error
    }
  }

  get table(): C2sListener {
    return this.#settings.table
  }

  get connections(): number {
    return this.#listener.connections
  }

  get validity(): Validity | undefined {
    return this.#settings.tls?.validity
  }

  get openPort(): OpenPort {
    const { address, port } = this.#listener
    const mode = this.table.tls?.mode
    return {
      address,
      port,
      speaks: `XMPP clients, ${protection[mode ?? 'none']}`,
      kind: mode === 'tls' ? 'c2s_tls' : 'c2s',
    }
  }

  async prepare(table: C2sListener, config: Config): Promise<PreparedSettings> {
    const next = await settingsOf(table, config, this.#parts, this.#negotiating)
    return {
      commit: () => {
        this.#settings.tls?.close()
        this.#settings = next
        this.#listener.update(next.tcp, next.accept)
      },
      discard: () => next.tls?.close(),
    }
  }

  stopAccepting(): Promise<void> {
    return this.#listener.stopAccepting()
  }

  stopNegotiating(): void {
    ClientPort.stopNegotiating(this.#negotiating)
  }

  close(): Promise<void> {
    this.#settings.tls?.close()
    return this.#listener.close()
  }
}

const protection = {
  none: 'no TLS',
  tls: 'direct TLS',
  starttls: 'STARTTLS offered',
  starttls_required: 'STARTTLS',
} as const

/** Logs what happens on a port, and counts the limits that are met. */
function reporter({ log, metrics }: ListenerParts): Report {
  const limits = metrics.counter('c2s_limit_reached_count', 'Clients that met a limit', ['limit'])
  return (event) => {
    const [, limit] = /^(.*)_limit_reached$/.exec(event.what) ?? []
    if (limit !== undefined) limits.with({ limit }).inc()
    log.info(event)
  }
}

async function settingsOf(
  table: C2sListener,
  config: Config,
  parts: ListenerParts,
  negotiating: Negotiating,
): Promise<Settings> {
  const { clock, log, folder } = parts
  const tls = await tlsContext(table.tls, 'xmpp', config, { clock, folder, report: (event) => log.warn(event) })
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
