import type { Config, HttpListener as HttpTable } from '../config/schema.ts'
import { BoshTable } from '../edges/bosh/bosh-table.ts'
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
  readonly #boshTable: BoshTable

  private constructor(around: Around, listener: HttpListener, settings: Settings) {
    super(listener, settings, around.negotiating)
    this.#parts = around.parts
    this.#boshTable = around.boshTable
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: HttpTable, config: Config, parts: ListenerParts): Promise<HttpPort> {
    const around = { parts, negotiating: new Set() as Negotiating, boshTable: new BoshTable(parts.clock) }
    const settings = await settingsOf(table, config, around)
    const report = (event: { what: string }) => parts.log.info(event)
    const { port, ip_address: host } = table
    try {
      const listener = await listenHttp({ port, host, clock: parts.clock, report, accessLog: report, ...settings.http })
      return new HttpPort(around, listener, settings)
    } catch (error) {
      settings.tls?.close()
      throw error
    }
  }

  get connections(): number {
    return this.listener.connections
  }

  /** Streams over WebSocket are ended with their sessions; of requests, the last answers of BOSH are waited for. */
  get streams(): number {
    return this.#boshTable.sending
  }

  override stopAccepting(): Promise<void> {
    this.#boshTable.isClosing = true
    return super.stopAccepting()
  }

  get openPort(): OpenPort {
    const { address, port } = this.listener
    const kind = this.table.tls === undefined ? 'http' : 'https'
    return { address, port, speaks: `${kind.toUpperCase()}: ${this.settings.serves.join(', ')}`, kind }
  }

  protected settingsOf(table: HttpTable, config: Config, negotiating: Negotiating): Promise<Settings> {
    return settingsOf(table, config, { parts: this.#parts, negotiating, boshTable: this.#boshTable })
  }

  protected apply(): void {
    this.listener.update(this.settings.http)
  }
}

/** What outlives settings. */
interface Around {
  readonly parts: ListenerParts
  readonly negotiating: Negotiating
  readonly boshTable: BoshTable
}

async function settingsOf(
  table: HttpTable,
  config: Config,
  { parts, negotiating, boshTable }: Around,
): Promise<Settings> {
  const { clock, log, folder, domains } = parts
  const tls = await tlsContext(table.tls, 'http', config, {
    clock,
    folder,
    domains,
    report: (event) => log.warn(event),
  })
  const clientPort = new ClientPort(parts, { isTlsPossible: tls !== undefined, negotiating })
  const { routes, serves } = await httpRoutes(table, { ...parts, config, clientPort, boshTable })
  const http = {
    maxConnections: table.transport.max_connections,
    tls,
    routes,
    compress: table.protocol.compress,
    serverHeader: config.general.http_server_name,
  }
  return { table, tls, http, serves }
}
