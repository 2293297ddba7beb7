import type { Dialler } from '../../net/dial.ts'
import type { DialbackKeys } from '../../protocol/s2s/dialback-key.ts'
import { type DialbackOutcome, keyOf, type Pair } from '../../protocol/s2s/events.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { ErrorCondition } from '../../stanza/stanza-error.ts'
import type { StreamError } from '../../stanza/stream-error.ts'
import { Lru } from '../../util/lru.ts'
import type { InboundStream } from './inbound-stream.ts'
import type { PeerService } from './peer-service.ts'
import { type OutgoingSettings, RemoteLink } from './remote-link.ts'
import { conditionOf, type Setback } from './setback.ts'

/** What a domain of ours may cost, and how long it waits. */
export interface OutgoingLimits {
  /** Stanzas that wait while a connection is being made. */
  readonly queueLimit: number
  /** Milliseconds that an answer about a key is waited for. */
  readonly patience: number
  /** Seconds that an unreachable server is left alone at most. */
  readonly maxRetryDelay: number
}

/** What connections with other servers need of this one. */
export interface FederationParts {
  readonly service: PeerService
  readonly dialler: Dialler
  /** The keys of a domain of ours. */
  keysOf(local: string): DialbackKeys
  readonly language: string
  /** Whether stanzas for a domain are taken here. */
  isServed(domain: string): boolean
  /** Whether a policy, or who the other is, forbids to talk. */
  refuses(pair: Pair): boolean
  settings(pair: Pair): Promise<OutgoingSettings>
  /** What holds for the connections of a domain of ours. */
  limitsOf(local: string): OutgoingLimits
  /** How many connections a domain of ours may have to another one. */
  connectionsFor(pair: Pair): number
  bounce(stanza: Stanza, condition: ErrorCondition, text?: string): void
}

/** A server that could not be reached. */
interface Trouble {
  /** Seconds that the last wait could have taken at most. */
  readonly delay: number
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly setback: Setback
}

/** Links that may exist at a time: each may have a connection. */
const maxLinks = 10_000
/** Beyond so many none are made to look into what strangers claim: the rest is for what is sent from here. */
const maxLinksForChecks = maxLinks / 2
/** Servers whose troubles are remembered. */
const maxTroubles = 10_000
/** Streams that one domain may have open to one of ours. */
const maxStreamsPerPair = 10

/** All connections with other servers. */
export class Federation {
  readonly #parts: FederationParts
  readonly #links = new Map<string, RemoteLink>()
  readonly #troubles = new Lru<string, Trouble>(maxTroubles)
  readonly #inbound = new Map<string, Set<InboundStream>>()
  #arrivals = 0
  #isClosed = false

  constructor(parts: FederationParts) {
    this.#parts = parts
  }

  /** Streams of others that have proven who they are. */
  get incoming(): number {
    return this.#arrivals
  }

  /** Streams of ours that stand. */
  get outgoing(): number {
    return [...this.#links.values()].filter((link) => link.hasStream).length
  }

  /** Sends a stanza of ours to a domain that is not served here. Never throws. */
  send(stanza: Stanza): void {
    const { from, to } = stanza
    if (from === undefined || to === undefined || !this.#parts.isServed(from.domain)) return
    const pair = { local: from.domain, remote: to.domain }
    if (this.#isClosed || this.#parts.refuses(pair)) {
      this.#parts.bounce(stanza, 'service-unavailable')
      return
    }
    const link = this.#linkFor(pair, from.bareString)
    if (link === undefined) this.#parts.bounce(stanza, 'resource-constraint')
    else if (link instanceof RemoteLink) link.send(stanza)
    else this.#parts.bounce(stanza, conditionOf(link), link.reason)
  }

  /** Asks another domain's own server whether it has made a key. Never rejects. */
  check(pair: Pair, streamId: string, key: string): Promise<DialbackOutcome> {
    const link = this.#isClosed ? undefined : this.#linkFor(pair, '', maxLinksForChecks)
    if (link === undefined) return Promise.resolve('resource-constraint')
    if (link instanceof RemoteLink) return link.ask(streamId, key)
    return Promise.resolve(conditionOf(link))
  }

  /** Whether we have made this key for a stream of ours. */
  isOurKey({ local, remote }: Pair, streamId: string, key: string): boolean {
    return this.#parts.keysOf(local).isKeyOf({ receiving: remote, originating: local, streamId }, key)
  }

  /** Another server has proven who it is. False: it has as many streams as it may. */
  arrived(stream: InboundStream, pair: Pair): boolean {
    const key = keyOf(pair)
    const streams = this.#inbound.get(key) ?? new Set()
    if (streams.size >= maxStreamsPerPair) return false
    if (stream.pairs.length === 1) this.#arrivals++
    this.#inbound.set(key, streams.add(stream))
    if (stream.isBidirectional) {
      this.#troubles.delete(key)
      const link = this.#linkFor(pair, '')
      if (link instanceof RemoteLink) link.carryOver(stream)
    }
    return true
  }

  /** A stream of another server is over. */
  left(stream: InboundStream): void {
    let wasThere = false
    for (const pair of stream.pairs) {
      const key = keyOf(pair)
      const streams = this.#inbound.get(key)
      if (streams?.delete(stream) === true) wasThere = true
      if (streams?.size === 0) this.#inbound.delete(key)
      this.#links.get(`${key} 0`)?.lost(stream)
    }
    if (wasThere) this.#arrivals--
  }

  /** Ends every stream, whoever opened it. */
  close(error: StreamError): void {
    this.#isClosed = true
    for (const link of [...this.#links.values()]) link.close(error)
    for (const streams of [...this.#inbound.values()]) for (const stream of [...streams]) stream.stop(error)
  }

  /** The setback of the last attempt while the other server is left alone; undefined where there are too many links. */
  #linkFor(pair: Pair, sender: string, most = maxLinks): RemoteLink | Setback | undefined {
    const count = this.#parts.connectionsFor(pair)
    const nth = count <= 1 || sender === '' ? 0 : numberOf(sender) % count
    const key = `${keyOf(pair)} ${nth}`
    const known = this.#links.get(key)
    if (known !== undefined) return known
    const trouble = this.#troubles.get(keyOf(pair))
    if (trouble !== undefined && trouble.until > this.#parts.service.clock.now()) return trouble.setback
    if (this.#links.size >= most) return undefined
    const link = this.#makeLink(pair, key)
    this.#links.set(key, link)
    return link
  }

  #makeLink(pair: Pair, key: string): RemoteLink {
    const { service, dialler, language } = this.#parts
    return new RemoteLink(pair, {
      service,
      dialler,
      language,
      ...this.#parts.limitsOf(pair.local),
      settings: () => this.#parts.settings(pair),
      keyFor: (streamId) =>
        this.#parts.keysOf(pair.local).keyFor({ receiving: pair.remote, originating: pair.local, streamId }),
      bounce: (stanza, condition, text) => this.#parts.bounce(stanza, condition, text),
      failed: (setback) => this.#failed(pair, setback),
      succeeded: () => this.#troubles.delete(keyOf(pair)),
      idle: () => this.#links.delete(key),
    })
  }

  /** Leaves the other server alone for a while, longer each time. */
  #failed(pair: Pair, setback: Setback): void {
    if (this.#isClosed) return
    const { service, limitsOf } = this.#parts
    const before = this.#troubles.get(keyOf(pair))?.delay ?? 0
    const delay = Math.min(Math.max(1, before * 2), limitsOf(pair.local).maxRetryDelay)
    const seconds = 1 + Math.random() * (delay - 1)
    this.#troubles.set(keyOf(pair), { delay, until: service.clock.now() + seconds * 1000, setback })
    service.note({ what: 's2s_unreachable', pair, reason: setback.reason, seconds })
  }
}

/** The same for the same text. */
function numberOf(text: string): number {
  let number = 0
  for (let i = 0; i < text.length; i++) number = (number * 31 + text.charCodeAt(i)) >>> 0
  return number
}
