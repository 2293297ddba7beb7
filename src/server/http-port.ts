import type { Config, HttpListener as HttpTable } from '../config/schema.ts'
import { type HttpListener, type HttpSettings, listenHttp } from '../net/http.ts'
import type { TlsContext, Validity } from '../net/tls-context.ts'
import { ClientPort, type Negotiating } from './client-port.ts'
import { httpRoutes } from './http-routes.ts'
import type { ListenerParts, OpenPort, PreparedSettings, RunningPort } from './port.ts'
import { tlsContext } from './tls.ts'

interface Settings {
  readonly table: HttpTable
  readonly tls: TlsContext | undefined
  readonly http: HttpSettings
  readonly serves: readonly string[]
}

/** A port for HTTP and what is carried over it. */
export class HttpPort implements RunningPort<HttpTable> {
  readonly #parts: ListenerParts
  readonly #negotiating: Negotiating
  readonly #listener: HttpListener
  #settings: Settings

  private constructor(parts: ListenerParts, negotiating: Negotiating, listener: HttpListener, settings: Settings) {
    this.#parts = parts
    this.#negotiating = negotiating
    this.#listener = listener
    this.#settings = settings
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: HttpTable, config: Config, parts: ListenerParts): Promise<HttpPort> {
    const negotiating: Negotiating = new Set()
    const settings = await settingsOf(table, config, parts, negotiating)
    const report = (event: { what: string }) => parts.log.info(event)
    const { port, ip_address: host } = table
    try {
      const listener = await listenHttp({ port, host, clock: parts.clock, report, ...settings.http })
      return new HttpPort(parts, negotiating, listener, settings)
    } catch (error) {
      settings.tls?.close()
      throw error
    }
  }

  get table(): HttpTable {
    return this.#settings.table
  }

  /** Not told: streams over WebSocket are ended with their sessions. */
  readonly connections = 0

  get validity(): Validity | undefined {
    return this.#settings.tls?.validity
  }

  get openPort(): OpenPort {
    const { address, port } = this.#listener
    const kind = this.table.tls === undefined ? 'http' : 'https'
    return { address, port, speaks: `${kind.toUpperCase()}: ${this.#settings.serves.join(', ')}`, kind }
  }

  async prepare(table: HttpTable, config: Config): Promise<PreparedSettings> {
    const next = await settingsOf(table, config, this.#parts, this.#negotiating)
    return {
      commit: () => {
        this.#settings.tls?.close()
        this.#settings = next
        this.#listener.update(next.http)
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

async function settingsOf(
  table: HttpTable,
  config: Config,
  parts: ListenerParts,
  negotiating: Negotiating,
): Promise<Settings> {
  const { clock, log, folder } = parts
  const tls = await tlsContext(table.tls, 'http', config, { clock, folder, report: (event) => log.warn(event) })
  const clientPort = new ClientPort(parts, { isTlsPossible: tls !== undefined, negotiating })
  const { routes, serves } = httpRoutes(table, { ...parts, config, clientPort })
  const http = {
    maxConnections: table.transport.max_connections,
    tls,
    routes,
    compress: table.protocol.compress,
    serverHeader: config.general.http_server_name,
  }
  return { table, tls, http, serves }
}
