import type { C2sListener, Config } from '../config/schema.ts'
import type { Listener } from '../net/tcp.ts'
import { ClientPort, type Negotiating } from './client-port.ts'
import { limitWatch } from './limit-watch.ts'
import type { ListenerParts, OpenPort } from './port.ts'
import { openStreams, protection, StreamPort, type StreamSettings, tcpSettings } from './stream-port.ts'
import { tlsContext } from './tls.ts'

type Settings = StreamSettings<C2sListener>

/** A port for XMPP clients over TCP. */
export class C2sPort extends StreamPort<C2sListener> {
  readonly #parts: ListenerParts

  private constructor(parts: ListenerParts, listener: Listener, settings: Settings, negotiating: Negotiating) {
    super(listener, settings, negotiating)
    this.#parts = parts
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: C2sListener, config: Config, parts: ListenerParts): Promise<C2sPort> {
    const negotiating: Negotiating = new Set()
    const settings = await settingsOf(table, config, parts, negotiating)
    const report = limitWatch(parts, 'c2s_limit_reached_count', 'Clients that met a limit')
    return new C2sPort(parts, await openStreams(settings, parts, report), settings, negotiating)
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
}

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
    tcp: tcpSettings(table, () => clients.refusal(), isDirect ? tls : undefined),
    accept: clients.streams(table, isDirect ? undefined : tls),
  }
}
