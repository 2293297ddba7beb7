import type { Config, S2sOptions } from '../../config/schema.ts'
import type { OutgoingSettings } from '../../edges/s2s/remote-link.ts'
import type { OwnCertificate, PeerContexts } from '../../net/peer-contexts.ts'
import { type LocatorOptions, ServerLocator, type ServerTarget } from '../../net/server-locator.ts'
import type { Pair } from '../../protocol/s2s/events.ts'
import { defaultLimits } from '../../xml/limits.ts'

type Outgoing = S2sOptions['outgoing']

/** What settings are made from, besides the options. */
export interface OutgoingParts {
  readonly contexts: PeerContexts
  /** Name servers other than those of the system. */
  readonly dnsServers: readonly string[] | undefined
}

const tlsOf = { starttls_required: 'required', starttls: 'optional', tls: 'required', none: 'none' } as const

const lookFor: Readonly<Record<Outgoing['tls']['mode'], LocatorOptions['wants']>> = {
  starttls_required: 'both',
  starttls: 'both',
  tls: 'direct-tls',
  none: 'starttls',
}

/** How a domain of ours is to talk with another server. Rejects where a file of TLS cannot be used. */
export async function outgoingSettings(
  { local, remote }: Pair,
  config: Config,
  { outgoing, dialback }: S2sOptions,
  parts: OutgoingParts,
): Promise<OutgoingSettings> {
  const { tls } = outgoing
  const own = certificateOf(local, config)
  const handshake = tls.mode === 'none' ? undefined : await parts.contexts.handshakeWith({ remote, table: tls, own })
  const elementBytes = outgoing.max_stanza_size
  const rate = config.shaper[outgoing.shaper]?.max_rate ?? Number.POSITIVE_INFINITY
  return {
    rules: {
      tls: tlsOf[tls.mode],
      checksCertificate: tls.verify_mode === 'peer',
      hasCertificate: own !== undefined || tls.certfile !== undefined,
      mayDialBack: dialback,
      wantsBidi: outgoing.bidi,
      stateTimeout: outgoing.state_timeout,
    },
    limits: {
      limits: { ...defaultLimits, maxElementBytes: elementBytes },
      strangerLimits: { ...defaultLimits, maxElementBytes: Math.min(elementBytes, 16_384) },
      rateFor: () => rate,
      idleTimeout: outgoing.stream_timeout,
    },
    handshake,
    connectTimeout: outgoing.connection_timeout,
    locate: () => locate(remote, outgoing, parts),
  }
}

/** The certificate of a domain of ours that has one of its own. */
function certificateOf(local: string, { general }: Config): OwnCertificate | undefined {
  const parent = local.slice(local.indexOf('.'))
  const named = general.domain_certfile.find(({ domain }) => domain === local || domain === `*${parent}`)
  return named === undefined ? undefined : { certfile: named.certfile, keyfile: named.keyfile ?? named.certfile }
}

async function* locate(
  remote: string,
  outgoing: Outgoing,
  { dnsServers }: OutgoingParts,
): AsyncGenerator<ServerTarget> {
  const fixed = outgoing.address.filter(({ host }) => host === remote)
  for (const { ip_address, port = outgoing.port, tls } of fixed) {
    yield { addresses: [ip_address], port, isDirectTls: tls }
  }
  if (fixed.length > 0) return
  const { timeout, retries } = outgoing.dns
  const locator = new ServerLocator({
    timeout: timeout * 1000,
    retries,
    versions: outgoing.ip_versions,
    port: outgoing.port,
    wants: lookFor[outgoing.tls.mode],
    servers: dnsServers,
  })
  yield* locator.locate(remote)
}
