import type { Config, S2sListener, S2sOptions } from '../../config/schema.ts'
import { type InboundService, InboundStream } from '../../edges/s2s/inbound-stream.ts'
import { elementText, openingText } from '../../edges/s2s/stream-text.ts'
import { closingText } from '../../edges/xml-stream.ts'
import { Jid } from '../../jid/jid.ts'
import type { Listener } from '../../net/tcp.ts'
import type { TlsContext } from '../../net/tls-context.ts'
import type { Pair } from '../../protocol/s2s/events.ts'
import type { InboundRules } from '../../protocol/s2s/inbound-events.ts'
import { streamFeatures } from '../../router/events.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { randomId } from '../../util/random-id.ts'
import { defaultLimits } from '../../xml/limits.ts'
import { asWire, type Wire } from '../../xml/wire.ts'
import type { Negotiating } from '../client-port.ts'
import { limitWatch } from '../limit-watch.ts'
import type { ListenerParts, OpenPort } from '../port.ts'
import { shapedRate } from '../shaped-rate.ts'
import { openStreams, protection, StreamPort, type StreamSettings, tcpSettings } from '../stream-port.ts'
import { tlsContext } from '../tls.ts'
import { type ServerFederation, s2sDefaults } from './server-federation.ts'

type Settings = StreamSettings<S2sListener>

/** Pairs of domains that one stream may prove, and how many it may have looked into at a time. */
const maxPairs = 100
const maxChecks = 10

/** A port for other servers. */
export class S2sPort extends StreamPort<S2sListener> {
  readonly #parts: ListenerParts

  private constructor(parts: ListenerParts, listener: Listener, settings: Settings, negotiating: Negotiating) {
    super(listener, settings, negotiating)
    this.#parts = parts
  }

  /** Opens the port. Rejects with TlsError, or when the address cannot be bound. */
  static async open(table: S2sListener, config: Config, parts: ListenerParts): Promise<S2sPort> {
    const negotiating: Negotiating = new Set()
    const settings = await settingsOf(table, config, parts, negotiating)
    const report = limitWatch(parts, 's2s_limit_reached_count', 'Servers that met a limit')
    return new S2sPort(parts, await openStreams(settings, parts, report), settings, negotiating)
  }

  get openPort(): OpenPort {
    const { address, port } = this.listener
    const { mode } = this.table.tls
    return {
      address,
      port,
      speaks: `other servers, ${protection[mode]}`,
      kind: mode === 'tls' ? 's2s_tls' : 's2s',
    }
  }

  protected settingsOf(table: S2sListener, config: Config, negotiating: Negotiating): Promise<Settings> {
    return settingsOf(table, config, this.#parts, negotiating)
  }
}

async function settingsOf(
  table: S2sListener,
  config: Config,
  parts: ListenerParts,
  negotiating: Negotiating,
): Promise<Settings> {
  const { clock, log, folder, domains } = parts
  const report = (event: { what: string }) => log.warn(event)
  const tls =
    table.tls.mode === 'none'
      ? undefined
      : await tlsContext(table.tls, 'peers', config, { clock, folder, domains, report })
  const isDirect = table.tls.mode === 'tls'
  const federation = await parts.federation()
  const service = inboundService(table, { parts, negotiating, tls, federation, s2s: config.s2s ?? s2sDefaults })
  return {
    table,
    tls,
    tcp: tcpSettings(table, () => refusal(service.rules), isDirect ? tls : undefined),
    accept: (connection) => InboundStream.accept(service, connection),
  }
}

/** What streams that come in need around them. */
export interface Around {
  readonly parts: ListenerParts
  readonly negotiating: Negotiating
  readonly tls: TlsContext | undefined
  readonly federation: ServerFederation
  /** As it will be when the settings hold. */
  readonly s2s: S2sOptions
}

/** What the streams that come in through one port share. */
export function inboundService(table: S2sListener, around: Around): InboundService {
  const { parts, negotiating, tls, federation: home, s2s } = around
  const { federation, service } = home
  const idleTimeout = s2s.outgoing.stream_timeout
  const maxBytes = table.max_stanza_size
  return {
    ...service,
    rules: inboundRules(table, around),
    limits: {
      limits: { ...defaultLimits, maxElementBytes: maxBytes },
      strangerLimits: { ...defaultLimits, maxElementBytes: Math.min(table.max_unauthenticated_size, maxBytes) },
      rateFor: (pair) => rateOf(table.shaper, pair, parts),
      idleTimeout,
    },
    tls,
    negotiating,
    check: (pair, streamId, key) => federation.check(pair, streamId, key),
    arrived: (stream, pair) => federation.arrived(stream, pair),
    left: (stream) => federation.left(stream),
  }
}

function inboundRules(table: S2sListener, { parts: { config, router }, federation: home, s2s }: Around): InboundRules {
  const { stream_timeout: idleTimeout } = s2s.outgoing
  const { mode, verify_mode: verify } = table.tls
  const idleSeconds = Number.isFinite(idleTimeout) ? Math.ceil(idleTimeout / 1000) : undefined
  const maxBytes = Number.isFinite(table.max_stanza_size) ? table.max_stanza_size : undefined
  return {
    startTls: mode === 'starttls_required' ? 'required' : mode === 'starttls' ? 'offered' : 'none',
    offersBidi: (domain) => home.optionsOf(domain).outgoing.bidi,
    limits: { maxBytes, idleSeconds },
    stateTimeout: table.state_timeout,
    maxPairs,
    maxChecks,
    defaultDomain: config.general.default_server_domain,
    language: config.general.language,
    isServed: (domain) => router.isServed(domain),
    features: (domain) => {
      const host = router.hostOf(domain)
      return host?.hooks.gatherNow(streamFeatures, { host, domain, state: 'peer', isSecure: true }) ?? []
    },
    mayDialBack: (domain) => verify !== 'peer' && home.optionsOf(domain).dialback,
    refuses: (pair) => home.refuses(pair),
    isOurKey: (pair, streamId, key) => home.federation.isOurKey(pair, streamId, key),
    newStreamId: () => randomId(18),
  }
}

/** Bytes a second. */
function rateOf(name: string, pair: Pair | undefined, { config, router }: ListenerParts): number {
  return shapedRate(name, config, (rule) => {
    const remote = pair === undefined ? undefined : Jid.tryParse(pair.remote)
    if (pair === undefined || remote === undefined) return undefined
    return router.hostOf(router.ownerOf(pair.local))?.access.evaluate(rule, remote, pair.local)
  })
}

/** What a server beyond the limit of connections is told (RFC 6120 §4.9.3.17). */
function refusal({ defaultDomain, language, newStreamId }: InboundRules): Wire {
  const header = { from: defaultDomain, to: undefined, id: newStreamId(), lang: language, isVersion1: true }
  const error = new StreamError('resource-constraint', 'Too many connections')
  return asWire(openingText(header) + elementText(error.toElement()) + closingText)
}
