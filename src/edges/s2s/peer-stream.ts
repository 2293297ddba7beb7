import { Jid } from '../../jid/jid.ts'
import type { Connection, ConnectionHandler } from '../../net/connection.ts'
import type { Pair, PeerAction, PeerEvent } from '../../protocol/s2s/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import { fromServerForm } from '../../stanza/server-form.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Timed } from '../../util/timer-wheel.ts'
import type { Element } from '../../xml/element.ts'
import { XmlError } from '../../xml/errors.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import { XmlScanner } from '../../xml/scanner.ts'
import type { StreamHeader } from '../../xml/stream-header.ts'
import { fromWire, type Wire } from '../../xml/wire.ts'
import { faultOf, isStanza } from '../inbound-stanza.ts'
import { limitFor, type Reader, type ReadLimit } from '../read-limit.ts'
import type { Direction, PeerLimits, PeerService } from './peer-service.ts'
import { closingText, elementText, openingText } from './stream-text.ts'

// While a stanza is being handled, so many bytes of those behind it may be read ahead.
const mostHeld = 16_384

/** A stream between servers, whoever opened it: a negotiation over a connection, and the stanzas that it lets through. */
export abstract class PeerStream implements ConnectionHandler, Reader, Timed {
  protected readonly service: PeerService
  protected readonly connection: Connection
  readonly #limits: PeerLimits
  readonly #scanner: XmlScanner
  #limit: ReadLimit | undefined
  #isOver = false
  #isSettled = false
  /** Shorter where the other side says so. */
  #idleTimeout: number
  #usedAt = 0

  constructor(service: PeerService, connection: Connection, limits: PeerLimits) {
    this.service = service
    this.connection = connection
    this.#limits = limits
    this.#idleTimeout = limits.idleTimeout
    this.#limit = limitFor(limits.rateFor(undefined), service.clock, undefined)
    const sink = {
      contentNs: NS.client,
      opened: (header: StreamHeader) => this.handle({ on: 'header', header }),
      element: (raw: RawElement) => this.#received(raw),
      closed: () => this.handle({ on: 'stream-end' }),
    }
    this.#scanner = new XmlScanner(sink, limits.strangerLimits)
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
  /** The stream is over. Called once. */
  protected abstract ended(error: Error | undefined): void

  get isOver(): boolean {
    return this.#isOver
  }

  get address(): string {
    return this.connection.remote.address
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes
  }

  /** Writes a stanza. */
  sendStanza(stanza: Stanza, text: Wire): void {
    if (this.#isOver) return
    this.#usedAt = this.service.clock.now()
    const { from, to } = stanza
    if (from !== undefined) this.service.trafficOf(from.domain).outgoing.count(text.length, stanza)
    if (to !== undefined) this.#show(to.domain, 'out', stanza)
    this.write(text)
  }

  /** Ends the stream in good order, or with an error. */
  close(error?: StreamError): void {
    if (this.#isOver) return
    if (error !== undefined) this.write(elementText(error.toElement()))
    this.#finish()
  }

  /** Ends the stream whatever its state. */
  stop(error: StreamError): void {
    this.handle({ on: 'broken', error })
  }

  // From the connection

  data(bytes: Uint8Array, length: number): void {
    if (this.#isOver) return
    this.#bytes.received.inc(length)
    this.#limit?.charge(length, this)
    try {
      this.#scanner.push(bytes, length)
    } catch (error) {
      this.broke(error)
    }
    if (this.#scanner.isPaused && this.#scanner.heldBytes > mostHeld) this.connection.pauseReading()
  }

  drained(): void {}

  closed(error?: Error): void {
    this.#end(error)
  }

  holdBack(): void {
    this.connection.pauseReading()
  }

  readOn(): void {
    if (!this.#scanner.isPaused && this.#limit?.isExceeded !== true && !this.#isOver) this.connection.resumeReading()
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

  #received(raw: RawElement): void {
    if (this.#isOver) return
    this.#usedAt = this.service.clock.now()
    const element = fromServerForm(raw)
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
    if (fault === undefined && to !== undefined) this.#hold(this.service.receive(stanza))
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

  /** Holds back what comes next until this is done, so that order is kept. */
  #hold(busy: Promise<void> | undefined): void {
    if (busy === undefined) return
    this.#scanner.pause()
    void busy.then(() => this.#release())
  }

  #release(): void {
    if (this.#isOver) return
    try {
      this.#scanner.resume()
    } catch (error) {
      this.broke(error)
    }
    this.readOn()
  }

  /** Something went wrong with what came in, or with us. */
  protected broke(error: unknown): void {
    if (error instanceof StreamError) this.stop(error)
    else if (error instanceof XmlError) this.stop(new StreamError(error.condition, error.message))
    else {
      this.service.note({ what: 's2s_stream_fault', address: this.address, reason: error })
      this.stop(new StreamError('internal-server-error'))
    }
  }

  // To the connection

  get #bytes() {
    return this.service.bytes[this.connection.isSecure ? 'tls' : 'tcp']
  }

  protected write(text: Wire): void {
    this.#bytes.sent.inc(text.length)
    this.connection.write(text)
  }

  protected writeElement(element: Element): void {
    if (!this.#isOver) this.write(elementText(element))
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
        this.#finish()
        break
      case 'drop':
        this.connection.destroy()
        this.#end(undefined)
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
        this.#scanner.restart()
        break
      case 'start-tls':
        this.#scanner.discard()
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
      this.#scanner.useLimits(this.#limits.limits)
      this.#limit = limitFor(this.#limits.rateFor(pair), this.service.clock, this.#limit)
      this.service.wheel.cancel(this)
      if (Number.isFinite(this.#idleTimeout)) this.service.wheel.arm(this, this.#idleTimeout)
    }
    this.settled(pair)
  }

  #finish(): void {
    this.write(closingText)
    this.connection.end()
    this.#end(undefined)
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.service.wheel.cancel(this)
    this.ended(error)
  }
}
