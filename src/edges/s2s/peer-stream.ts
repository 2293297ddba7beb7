import { Jid } from '../../jid/jid.ts'
import type { Connection } from '../../net/connection.ts'
import type { Pair, PeerAction, PeerEvent } from '../../protocol/s2s/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { inOurs } from '../../stanza/stream-form.ts'
import type { Element } from '../../xml/element.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import type { StreamHeader } from '../../xml/stream-header.ts'
import { fromWire, type Wire } from '../../xml/wire.ts'
import { faultOf, isStanza } from '../inbound-stanza.ts'
import { XmlStream } from '../xml-stream.ts'
import type { Direction, PeerLimits, PeerService } from './peer-service.ts'
import { elementText, openingText } from './stream-text.ts'

/** A stream between servers, whoever opened it: a negotiation over a connection, and the stanzas that it lets through. */
export abstract class PeerStream extends XmlStream {
  protected readonly service: PeerService
  readonly #limits: PeerLimits
  #isSettled = false
  /** Shorter where the other side says so. */
  #idleTimeout: number
  #usedAt = 0

  constructor(service: PeerService, connection: Connection, limits: PeerLimits) {
    super(connection, service, { limits: limits.strangerLimits, rate: limits.rateFor(undefined) })
    this.service = service
    this.#limits = limits
    this.#idleTimeout = limits.idleTimeout
  }

  protected abstract readonly direction: Direction
  /** Gives an event to the negotiation and does what it says. Never throws. */
  protected abstract handle(event: PeerEvent): void
  /** Whether the other server may send for these domains here. */
  protected abstract admits(pair: Pair): boolean
  /** A domain of ours that the stream is for, to answer in the name of. */
  protected abstract readonly ownDomain: string
  protected abstract settled(pair: Pair): void
  protected abstract startTls(): void

  /** Writes a stanza. */
  sendStanza(stanza: Stanza, text: Wire): void {
    if (this.isOver) return
    this.#usedAt = this.service.clock.now()
    const { from, to } = stanza
    if (from !== undefined) this.service.trafficOf(from.domain).outgoing.count(text.length, stanza)
    if (to !== undefined) this.#show(to.domain, 'out', stanza)
    this.write(text)
  }

  /** Ends the stream in good order, or with an error. */
  close(error?: StreamError): void {
    if (this.isOver) return
    if (error !== undefined) this.write(elementText(error.toElement()))
    this.finish()
  }

  /** Ends the stream whatever its state. */
  stop(error: StreamError): void {
    this.handle({ on: 'broken', error })
  }

  timedOut(): void {
    if (!this.#isSettled) {
      this.handle({ on: 'timeout' })
      return
    }
    const silence = this.service.clock.now() - this.#usedAt
    if (silence >= this.#idleTimeout) this.close()
    else this.service.wheel.arm(this, this.#idleTimeout - silence)
  }

  // From the scanner

  protected opened(header: StreamHeader): void {
    this.handle({ on: 'header', header })
  }

  protected streamEnded(): void {
    this.handle({ on: 'stream-end' })
  }

  protected received(raw: RawElement): void {
    this.#usedAt = this.service.clock.now()
    const element = inOurs(NS.server, raw)
    if (isStanza(element)) this.#receiveStanza(element)
    else this.handle({ on: 'element', element: raw.toElement() })
  }

  /** Throws StreamError for what this server may not send here (RFC 6120 §8.1.1.2, §8.1.2.2). */
  #receiveStanza(raw: RawElement): void {
    const from = Jid.tryParse(raw.attr('from') ?? '')
    const addressed = raw.attr('to')
    if (from === undefined || addressed === undefined) throw new StreamError('improper-addressing')
    const to = Jid.tryParse(addressed)
    const local = to?.domain ?? this.ownDomain
    if (!this.admits({ local, remote: from.domain })) throw this.#refusal()
    // Servers announce a language of their own, which says nothing of what people write.
    const stanza = Stanza.fromRaw(raw, from, to)
    this.service.trafficOf(local).incoming.count(raw.byteLength, stanza)
    this.#show(from.domain, 'in', stanza)
    const fault = faultOf(stanza, raw)
    if (fault === undefined && to !== undefined) this.hold(this.service.receive(stanza))
    else this.#answer(stanza, to ?? Jid.of('', local), fault ?? new StanzaError('jid-malformed'))
  }

  #show(remote: string, direction: Direction, stanza: Stanza): void {
    const { tap } = this.service
    if (tap.isOpen) tap.saw(Jid.of('', remote), direction, fromWire(stanza.toWire('client')))
  }

  #answer(stanza: Stanza, from: Jid, fault: StanzaError): void {
    const reply = stanza.errorReply(fault)?.readdressed(from, stanza.from)
    if (reply !== undefined) void this.service.receive(reply)
  }

  #refusal(): StreamError {
    return new StreamError(this.#isSettled ? 'invalid-from' : 'not-authorized')
  }

  protected noteFault(reason: unknown): void {
    this.service.note({ what: 's2s_stream_fault', address: this.address, reason })
  }

  // To the connection

  protected writeElement(element: Element): void {
    if (!this.isOver) this.write(elementText(element))
  }

  /** From now on so many milliseconds of silence close the stream, where that is sooner. */
  protected shortenIdle(ms: number): void {
    this.#idleTimeout = Math.min(this.#idleTimeout, ms)
  }

  /** Does what both kinds of negotiation ask for. */
  protected perform(action: PeerAction): void {
    switch (action.do) {
      case 'send-header':
        this.write(openingText(action.header))
        break
      case 'send':
        this.writeElement(action.element)
        break
      case 'send-error':
        this.writeElement(action.error.toElement())
        break
      case 'close':
        this.finish()
        break
      case 'drop':
        this.drop()
        break
      default:
        this.#proceed(action)
    }
  }

  #proceed(action: PeerAction): void {
    switch (action.do) {
      case 'arm':
        if (!this.#isSettled) this.service.wheel.arm(this, action.ms)
        break
      case 'restart':
        this.restart()
        break
      case 'start-tls':
        this.discard()
        this.startTls()
        break
      case 'settle':
        this.#settle(action.pair, action.by)
        break
      case 'note-failure':
        this.service.note({
          what: 's2s_auth_failed',
          remote: action.remote,
          reason: action.reason,
          direction: this.direction,
          address: this.address,
        })
    }
  }

  #settle(pair: Pair, by: string): void {
    const { direction, address } = this
    this.service.note({ what: 's2s_authenticated', pair, by, direction, address })
    if (!this.#isSettled) {
      this.#isSettled = true
      this.#usedAt = this.service.clock.now()
      this.widen({ limits: this.#limits.limits, rate: this.#limits.rateFor(pair) })
      this.service.wheel.cancel(this)
      if (Number.isFinite(this.#idleTimeout)) this.service.wheel.arm(this, this.#idleTimeout)
    }
    this.settled(pair)
  }
}
