import type { StreamConnection } from '../../net/stream-connection.ts'
import type { ClientHandshake } from '../../net/tls-handshake.ts'
import { question } from '../../protocol/s2s/dialback.ts'
import { type DialbackOutcome, keyOf, type Pair, type PeerEvent } from '../../protocol/s2s/events.ts'
import {
  type OutboundAction,
  type OutboundEvent,
  OutboundNegotiation,
  type OutboundRules,
} from '../../protocol/s2s/outbound.ts'
import { ConnectionPeer } from './peer-security.ts'
import type { Direction, PeerLimits, PeerService } from './peer-service.ts'
import { PeerStream } from './peer-stream.ts'
import type { Setback } from './setback.ts'

/** Who has opened the stream. */
export interface OutboundOwner {
  /** The other side is who it should be; keys may be asked about. */
  ready(stream: OutboundStream): void
  /** Stanzas may be sent. */
  settled(stream: OutboundStream): void
  answered(streamId: string, outcome: DialbackOutcome): void
  /** The stream is over; called once. */
  ended(stream: OutboundStream, setback: Setback): void
}

/** How one is opened. */
export interface OutboundOptions {
  readonly rules: OutboundRules
  readonly limits: PeerLimits
  readonly handshake: ClientHandshake | undefined
}

/** A stream that this server has opened. */
export class OutboundStream extends PeerStream {
  protected readonly direction: Direction = 'out'
  readonly #owner: OutboundOwner
  readonly #negotiation: OutboundNegotiation
  readonly #options: OutboundOptions
  readonly #socket: StreamConnection
  #handshakeFailure: string | undefined

  /** Over a connection on which direct TLS, if any, is done. */
  constructor(service: PeerService, connection: StreamConnection, options: OutboundOptions, owner: OutboundOwner) {
    super(service, connection, options.limits)
    this.#socket = connection
    this.#owner = owner
    this.#options = options
    this.#negotiation = new OutboundNegotiation(options.rules, new ConnectionPeer(connection))
  }

  /** To be called once, when the owner is ready to be told what happens. */
  begin(): void {
    this.#socket.attach(this)
    this.handle({ on: 'connected' })
    if (!this.connection.isSecure) this.#socket.startReading()
  }

  get isAuthenticated(): boolean {
    return this.#negotiation.isAuthenticated
  }

  /** Whether keys can be asked about. */
  get isReady(): boolean {
    return this.#negotiation.isReady
  }

  /** Whether the other side did not like our certificate. */
  get isCertificateRefused(): boolean {
    return this.#negotiation.isCertificateRefused
  }

  /** Bytes of one stanza that the other side takes; Infinity where it says nothing. */
  get maxBytes(): number {
    return this.#negotiation.limits.maxBytes ?? Number.POSITIVE_INFINITY
  }

  /** Proves who we are, as soon as that is possible. */
  authenticate(): void {
    this.#handle({ on: 'authenticate' })
  }

  /** Asks whether the other side has made a key. */
  ask(pair: Pair, streamId: string, key: string): void {
    this.writeElement(question(pair, streamId, key))
  }

  protected get ownDomain(): string {
    return this.#options.rules.pair.local
  }

  protected admits({ local, remote }: Pair): boolean {
    const { pair } = this.#options.rules
    return this.#negotiation.isBidirectional && local === pair.local && remote === pair.remote
  }

  protected handle(event: PeerEvent): void {
    this.#handle(event)
  }

  #handle(event: OutboundEvent): void {
    if (this.isOver) return
    try {
      for (const action of this.#negotiation.handle(event)) this.#perform(action)
    } catch (error) {
      this.broke(error)
    }
  }

  #perform(action: OutboundAction): void {
    switch (action.do) {
      case 'ready':
        this.#owner.ready(this)
        break
      case 'answered':
        if (keyOf(action.pair) === keyOf(this.#options.rules.pair))
          this.#owner.answered(action.streamId, action.outcome)
        break
      default:
        this.perform(action)
    }
  }

  protected startTls(): void {
    const { handshake } = this.#options
    if (handshake === undefined) throw new Error('TLS asked for without a context')
    this.#socket.startClientTls(handshake).then(
      () => this.handle({ on: 'secured', security: new ConnectionPeer(this.connection) }),
      (error: Error) => {
        this.#handshakeFailure = `TLS: ${error.message}`
      },
    )
  }

  protected settled(): void {
    const { idleSeconds } = this.#negotiation.limits
    // Sooner than the other side would.
    if (idleSeconds !== undefined) this.shortenIdle(idleSeconds * 900)
    this.#owner.settled(this)
  }

  protected ended(error: Error | undefined): void {
    const failure = this.#negotiation.failure
    const reason = failure?.reason ?? this.#handshakeFailure ?? error?.message ?? 'the connection was closed'
    this.#owner.ended(this, { reason, isTimeout: failure?.isTimeout ?? false })
  }
}
