import type { Connection } from '../../net/connection.ts'
import type { TlsContext } from '../../net/tls-context.ts'
import type { DialbackOutcome, Pair, PeerEvent } from '../../protocol/s2s/events.ts'
import { InboundNegotiation } from '../../protocol/s2s/inbound.ts'
import type { InboundAction, InboundEvent, InboundRules } from '../../protocol/s2s/inbound-events.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { ConnectionPeer } from './peer-security.ts'
import type { Direction, PeerLimits, PeerService } from './peer-service.ts'
import { PeerStream } from './peer-stream.ts'

/** What the streams that come in through one port share. */
export interface InboundService extends PeerService {
  readonly rules: InboundRules
  readonly limits: PeerLimits
  /** For STARTTLS. */
  readonly tls: TlsContext | undefined
  /** Streams of whom nobody knows yet who they are, to be ended with the listener. */
  readonly negotiating: Set<{ stop: PeerStream['stop'] }>
  /** Asks the other domain's own server whether it has made a key. Never rejects. */
  check(pair: Pair, streamId: string, key: string): Promise<DialbackOutcome>
  /** Somebody has proven to be a domain. False: it has as many streams as it may. */
  arrived(stream: InboundStream, pair: Pair): boolean
  left(stream: InboundStream): void
}

/** A stream that another server has opened. */
export class InboundStream extends PeerStream {
  protected readonly direction: Direction = 'in'
  readonly #service: InboundService
  readonly #negotiation: InboundNegotiation
  /** The pairs that have been proven. */
  readonly pairs: Pair[] = []

  private constructor(service: InboundService, connection: Connection) {
    super(service, connection, service.limits)
    this.#service = service
    this.#negotiation = new InboundNegotiation(service.rules, new ConnectionPeer(connection))
  }

  /** Takes over an accepted connection. */
  static accept(service: InboundService, connection: Connection): InboundStream {
    const stream = new InboundStream(service, connection)
    service.negotiating.add(stream)
    stream.handle({ on: 'connected' })
    return stream
  }

  /** Whether stanzas for the other server may go this way too. */
  get isBidirectional(): boolean {
    return this.#negotiation.isBidirectional
  }

  protected get ownDomain(): string {
    return this.pairs[0]?.local ?? this.#service.rules.defaultDomain
  }

  protected admits(pair: Pair): boolean {
    return this.#negotiation.admits(pair)
  }

  protected handle(event: PeerEvent): void {
    this.#handle(event)
  }

  #handle(event: InboundEvent): void {
    if (this.isOver) return
    try {
      for (const action of this.#negotiation.handle(event)) this.#perform(action)
    } catch (error) {
      this.broke(error)
    }
  }

  #perform(action: InboundAction): void {
    if (action.do !== 'check') {
      this.perform(action)
      return
    }
    const { pair, streamId, key } = action
    void this.#service.check(pair, streamId, key).then((outcome) => {
      this.#handle({ on: 'checked', pair, streamId, outcome })
    })
  }

  protected startTls(): void {
    const { tls } = this.#service
    if (tls === undefined) throw new Error('STARTTLS offered without a certificate')
    this.connection.startTls(tls).then(
      () => this.handle({ on: 'secured', security: new ConnectionPeer(this.connection) }),
      // The connection is gone then, and says so itself.
      () => {},
    )
  }

  protected settled(pair: Pair): void {
    this.pairs.push(pair)
    this.#service.negotiating.delete(this)
    if (this.#service.arrived(this, pair)) return
    this.stop(new StreamError('resource-constraint', 'Too many streams of this domain'))
  }

  protected ended(): void {
    this.#service.negotiating.delete(this)
    this.#service.left(this)
  }
}
