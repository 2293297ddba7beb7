import type { Config, S2sOptions } from '../../config/schema.ts'
import { s2s } from '../../config/sections/s2s.ts'
import type { TrafficTap } from '../../edges/client-traffic.ts'
import { Federation, type OutgoingLimits } from '../../edges/s2s/federation.ts'
import type { PeerNote, PeerService } from '../../edges/s2s/peer-service.ts'
import { Jid } from '../../jid/jid.ts'
import { Dialler } from '../../net/dial.ts'
import { PeerContexts } from '../../net/peer-contexts.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import { DialbackKeys } from '../../protocol/s2s/dialback-key.ts'
import type { Pair } from '../../protocol/s2s/events.ts'
import type { Host } from '../../router/host.ts'
import type { Router } from '../../router/router.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Clock } from '../../util/clock.ts'
import { TimerWheel } from '../../util/timer-wheel.ts'
import { hostTypeLabel } from '../host-type-label.ts'
import type { LiveConfig } from '../live-config.ts'
import { routeReceived } from '../route-received.ts'
import { byteCounts, elementCountsByType } from '../traffic.ts'
import { outgoingSettings } from './outgoing-settings.ts'

/** What connections with other servers are made with. */
export interface FederationHome {
  readonly live: LiveConfig
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly router: Router
  readonly tap: TrafficTap
  /** Name servers other than those of the system. */
  readonly dnsServers?: readonly string[] | undefined
}

/** What holds where nothing is written. */
export const s2sDefaults: S2sOptions = s2s.parse({})

/** Connections of one domain of ours to another one, whatever the access rules say. */
const mostConnections = 100

/** How long connections get to end at a stop, and how often it is looked whether they have, in milliseconds. */
const grace = 2000
const look = 20

/** Connections with other servers, as part of a server: its policies, its settings, its counts. */
export class ServerFederation {
  readonly federation: Federation
  readonly service: PeerService
  readonly #home: FederationHome
  readonly #dialler: Dialler
  readonly #undo: (() => void)[]
  /** For domains that share no secret with another server. */
  readonly #ownKeys: DialbackKeys
  readonly #sharedKeys = new Map<string, DialbackKeys>()

  /** `secret`: behind the dialback keys of domains that share none with another server. */
  constructor(home: FederationHome, secret: string) {
    this.#ownKeys = new DialbackKeys(secret)
    const { clock, log, router, live } = home
    this.#home = home
    this.service = peerService(home)
    this.#dialler = new Dialler(clock, (event) => log.info(event))
    const contexts = new PeerContexts(clock)
    this.federation = new Federation({
      service: this.service,
      dialler: this.#dialler,
      keysOf: (local) => this.#keysOf(local),
      language: live.current.general.language,
      isServed: (domain) => router.isServed(domain),
      refuses: (pair) => this.refuses(pair),
      settings: ({ local, remote }) =>
        outgoingSettings({ local, remote }, this.configOf(local), this.optionsOf(local), {
          contexts,
          dnsServers: home.dnsServers,
        }),
      limitsOf: (local) => outgoingLimits(this.optionsOf(local)),
      connectionsFor: (pair) => this.#connectionsFor(pair),
      bounce: (stanza, condition, text) => router.bounce(stanza, condition, text),
    })
    this.#undo = [router.sendElsewhere((stanza) => this.federation.send(stanza)), this.#count()]
  }

  /** The options that hold for a domain of ours. */
  optionsOf(local: string): S2sOptions {
    return this.configOf(local).s2s ?? s2sDefaults
  }

  configOf(local: string): Config {
    return this.#hostOf(local)?.config ?? this.#home.live.current
  }

  /** Whether nobody here may talk with the other server: there are none, it is one of ours, or should be, or a policy forbids it. */
  refuses({ local, remote }: Pair): boolean {
    const { router } = this.#home
    const options = this.configOf(local).s2s
    if (options === undefined || router.isServed(remote) || this.#isStrayed(remote)) return true
    const { host_policy: policies, default_policy: usual } = options
    return (policies.find(({ host }) => host === remote)?.policy ?? usual) === 'deny'
  }

  /** Whether it lies under a domain of ours, whose subdomains are not to be looked for elsewhere. */
  #isStrayed(remote: string): boolean {
    const { router } = this.#home
    const host = router.hostOf(router.parentOf(remote) ?? '')
    return host !== undefined && host.config.general.route_subdomains !== 's2s'
  }

  #keysOf(local: string): DialbackKeys {
    const { shared } = this.optionsOf(local)
    if (shared === undefined) return this.#ownKeys
    const keys = this.#sharedKeys.get(shared) ?? new DialbackKeys(shared)
    this.#sharedKeys.set(shared, keys)
    return keys
  }

  #hostOf(local: string): Host | undefined {
    const { router } = this.#home
    // A component has what holds for the domain that it lies under.
    return router.hostOf(router.ownerOf(local)) ?? router.hostOf(router.parentOf(local) ?? '')
  }

  #connectionsFor({ local, remote }: Pair): number {
    const host = this.#hostOf(local)
    const other = Jid.tryParse(remote)
    if (host === undefined || other === undefined) return 1
    const [all, here] = ['max_s2s_connections', 'max_s2s_connections_per_node'].map((rule) =>
      host.access.limit(rule, other, local, 1),
    )
    // One process is one node; the larger of both is what somebody has written.
    return Math.min(Math.max(all ?? 1, here ?? 1, 1), mostConnections)
  }

  #count(): () => void {
    const { metrics } = this.#home
    const open = metrics.gauge('s2s_connections_count', 'Connections with other servers', ['direction'])
    return metrics.beforeReading(() => {
      open.with({ direction: 'in' }).set(this.federation.incoming)
      open.with({ direction: 'out' }).set(this.federation.outgoing)
    })
  }

  /** Ends every stream in good order, and waits a while for the connections to end. */
  async stop(): Promise<void> {
    this.federation.close(new StreamError('system-shutdown'))
    for (let waited = 0; this.#dialler.connections > 0 && waited < grace; waited += look) {
      await new Promise<void>((resolve) => this.#home.clock.after(look, resolve))
    }
  }

  /** Drops what is left. */
  close(): void {
    for (const undo of this.#undo) undo()
    this.#dialler.close()
  }
}

function outgoingLimits({ outgoing }: S2sOptions): OutgoingLimits {
  const { queue_limit: queueLimit, max_retry_delay: maxRetryDelay } = outgoing
  const patience = Math.min(outgoing.connection_timeout + 4 * outgoing.state_timeout, 60_000)
  return { queueLimit, maxRetryDelay, patience }
}

function peerService(home: FederationHome): PeerService {
  const { clock, metrics, router, tap } = home
  const countsOf = elementCountsByType(metrics, 's2s')
  return {
    clock,
    wheel: new TimerWheel(clock),
    bytes: byteCounts(metrics, 's2s'),
    tap,
    trafficOf: (domain) => countsOf(hostTypeLabel(router, router.ownerOf(domain))),
    receive: (stanza) => routeReceived(stanza, home),
    note: (note) => tell(note, home),
  }
}

function tell(note: PeerNote, { log, metrics }: FederationHome): void {
  switch (note.what) {
    case 's2s_authenticated': {
      const { pair, by, direction, address } = note
      log.info({ what: note.what, ...pair, by, direction, ip: address })
      break
    }
    case 's2s_auth_failed': {
      const { remote, reason, direction, address } = note
      metrics.counter('s2s_auth_failed_count', 'Servers that could not prove who they are, or we to them').inc()
      log.info({ what: note.what, remote, reason, direction, ip: address })
      break
    }
    case 's2s_unreachable':
      log.info({ what: note.what, ...note.pair, reason: note.reason, seconds: Math.round(note.seconds) })
      break
    case 's2s_queue_full':
      log.warn({ what: note.what, ...note.pair })
      break
    case 's2s_stream_fault':
      log.error({ what: note.what, ip: note.address, reason: note.reason })
  }
}
