import type { Config, HttpListener as HttpTable } from '../config/schema.ts'
import { type HttpListener, type HttpSettings, listenHttp } from '../net/http.ts'
import { ClientPort, type Negotiating } from './client-port.ts'
import { httpRoutes } from './http-routes.ts'
import { ListeningPort, type PortSettings } from './listening-port.ts'
import type { ListenerParts, OpenPort } from './port.ts'
import { tlsContext } from './tls.ts'

interface Settings extends PortSettings<HttpTable> {
  readonly http: HttpSettings
  readonly serves: readonly string[]
}

/** A port for HTTP and what is carried over it. */
export class HttpPort extends ListeningPort<HttpTable, Settings, HttpListener> {
  readonly #parts: ListenerParts

  private constructor(parts: ListenerParts, listener: HttpListener, settings: Settings, negotiating: Negotiating) {
    super(listener, settings, negotiating)
    this.#parts = parts
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: HttpTable, config: Config, parts: ListenerParts): Promise<HttpPort> {
    const negotiating: Negotiating = new Set()
    const settings = await settingsOf(table, config, parts, negotiating)
    const report = (event: { what: string }) => parts.log.info(event)
    const { port, ip_address: host } = table
    try {
      const listener = await listenHttp({ port, host, clock: parts.clock, report, ...settings.http })
      return new HttpPort(parts, listener, settings, negotiating)
    } catch (error) {
      settings.tls?.close()
      throw error
    }
  }

  get connections(): number {
    return this.listener.connections
  }

  /** Streams over WebSocket are ended with their sessions, and requests need not be waited for. */
  readonly streams = 0

  get openPort(): OpenPort {
    const { address, port } = this.listener
    const kind = this.table.tls === undefined ? 'http' : 'https'
    return { address, port, speaks: `${kind.toUpperCase()}: ${this.settings.serves.join(', ')}`, kind }
  }

  protected settingsOf(table: HttpTable, config: Config, negotiating: Negotiating): Promise<Settings> {
    return settingsOf(table, config, this.#parts, negotiating)
  }

  protected apply(): void {
    this.listener.update(this.settings.http)
  }
}

async function settingsOf(
  table: HttpTable,
  config: Config,
  parts: ListenerParts,
  negotiating: Negotiating,
): Promise<Settings> {
  const { clock, log, folder, domains } = parts
  const tls = await tlsContext(table.tls, 'http', config, {
    clock,
    folder,
    domains,
    report: (event) => log.warn(event),
  })
  const clientPort = new ClientPort(parts, { isTlsPossible: tls !== undefined, negotiating })
  const { routes, serves } = await httpRoutes(table, { ...parts, config, clientPort })
  const http = {
    maxConnections: table.transport.max_connections,
    tls,
    routes,
    compress: table.protocol.compress,
    serverHeader: config.general.http_server_name,
  }
  return { table, tls, http, serves }
}
