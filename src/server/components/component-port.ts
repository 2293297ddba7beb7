import type { ComponentListener, Config } from '../../config/schema.ts'
import { ComponentStream } from '../../edges/component/component-stream.ts'
import { elementText, openingText } from '../../edges/component/stream-text.ts'
import { closingText } from '../../edges/xml-stream.ts'
import type { Report } from '../../net/connection.ts'
import type { Listener } from '../../net/tcp.ts'
import type { ComponentRules } from '../../protocol/component/events.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { asWire, type Wire } from '../../xml/wire.ts'
import type { Negotiating } from '../client-port.ts'
import { limitWatch } from '../limit-watch.ts'
import type { ListenerParts, OpenPort } from '../port.ts'
import { openStreams, protection, StreamPort, type StreamSettings, tcpSettings } from '../stream-port.ts'
import { tlsContext } from '../tls.ts'
import { componentService } from './component-service.ts'

type Settings = StreamSettings<ComponentListener>

/** A port for external components (XEP-0114). All its streams, established or not, are ended with those who negotiate. */
export class ComponentPort extends StreamPort<ComponentListener> {
  readonly #around: ComponentParts

  private constructor(listener: Listener, settings: Settings, around: ComponentParts) {
    super(listener, settings, around.open)
    this.#around = around
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: ComponentListener, config: Config, parts: ListenerParts): Promise<ComponentPort> {
    const report = limitWatch(parts, 'component_limit_reached_count', 'Components that met a limit')
    const around: ComponentParts = { parts, report, open: new Set() }
    const settings = await settingsOf(table, config, around)
    return new ComponentPort(await openStreams(settings, parts, report), settings, around)
  }

  get openPort(): OpenPort {
    const { address, port } = this.listener
    const mode = this.table.tls?.mode ?? 'none'
    return {
      address,
      port,
      speaks: `components, ${protection[mode]}`,
      kind: mode === 'tls' ? 'component_tls' : 'component',
    }
  }

  protected settingsOf(table: ComponentListener, config: Config): Promise<Settings> {
    return settingsOf(table, config, this.#around)
  }
}

/** What the streams of one port need around them. */
export interface ComponentParts {
  readonly parts: ListenerParts
  /** Every stream that stands. */
  readonly open: Negotiating
  /** Logs what happens, and counts the limits that are met. */
  readonly report: Report
}

async function settingsOf(table: ComponentListener, config: Config, around: ComponentParts): Promise<Settings> {
  const { clock, log, folder, domains } = around.parts
  const report = (event: { what: string }) => log.warn(event)
  const tls = await tlsContext(table.tls, 'components', config, { clock, folder, domains, report })
  const service = componentService(table, config, around)
  return {
    table,
    tls,
    tcp: tcpSettings(table, () => refusal(service.rules), tls),
    accept: (connection) => ComponentStream.accept(service, connection),
  }
}

/** What a component beyond the limit of connections is told (RFC 6120 §4.9.3.17). */
function refusal({ defaultDomain, newStreamId }: ComponentRules): Wire {
  const error = new StreamError('resource-constraint', 'Too many connections')
  return asWire(openingText({ from: defaultDomain, id: newStreamId() }) + elementText(error.toElement()) + closingText)
}
