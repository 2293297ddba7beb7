import { DialError, type Dialler } from '../../net/dial.ts'
import { LocateError, type ServerTarget } from '../../net/server-locator.ts'
import type { ClientHandshake } from '../../net/tls-handshake.ts'
import type { DialbackOutcome, Pair } from '../../protocol/s2s/events.ts'
import type { OutboundRules } from '../../protocol/s2s/outbound.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import type { ErrorCondition } from '../../stanza/stanza-error.ts'
import type { StreamError } from '../../stanza/stream-error.ts'
import type { Timer } from '../../util/clock.ts'
import { type OutboundOwner, OutboundStream } from './outbound-stream.ts'
import type { PeerLimits, PeerService } from './peer-service.ts'
import type { PeerStream } from './peer-stream.ts'
import { conditionOf, type Setback, setbackOf } from './setback.ts'
import { WaitingStanzas } from './waiting-stanzas.ts'

/** How a domain of ours talks with another server. */
export interface OutgoingSettings {
  readonly rules: Omit<OutboundRules, 'pair' | 'keyFor' | 'language'>
  readonly limits: PeerLimits
  readonly handshake: ClientHandshake | undefined
  /** Milliseconds for a connection; Infinity for no limit. */
  readonly connectTimeout: number
  /** Where the other server is; rejects with LocateError. */
  locate(): AsyncIterable<ServerTarget>
}

/** What a link needs of those around it. */
export interface LinkParts {
  readonly service: PeerService
  readonly dialler: Dialler
  readonly language: string
  /** Stanzas that wait while a connection is being made. */
  readonly queueLimit: number
  /** Milliseconds that an answer about a key is waited for. */
  readonly patience: number
  /** Reads the settings anew for each connection, with what TLS needs. */
  settings(): Promise<OutgoingSettings>
  keyFor(streamId: string): string
  /** Sends a stanza back. */
  bounce(stanza: Stanza, condition: ErrorCondition, text?: string): void
  /** The other server cannot be reached. */
  failed(setback: Setback): void
  succeeded(): void
  /** There is nothing left to do. */
  idle(): void
}

/** Bytes that may wait for another server that does not read. */
const maxBuffered = 4 << 20
/** Keys that are being asked about at a time. */
const maxQuestions = 100

interface Question {
  readonly streamId: string
  readonly key: string
  readonly timer: Timer
  isAsked: boolean
  settle(outcome: DialbackOutcome): void
}

/** The way from one domain of ours to one elsewhere: a connection, and what waits for it. */
export class RemoteLink implements OutboundOwner {
  readonly pair: Pair
  readonly #parts: LinkParts
  readonly #waiting: WaitingStanzas
  readonly #questions = new Map<string, Question>()
  /** What takes stanzas at this moment; the other server's own where it takes them there (XEP-0288). */
  #carrier: PeerStream | undefined
  #stream: OutboundStream | undefined
  #isConnecting = false
  #isCertificateRefused = false
  #attempt: { won(): void; lost(setback: Setback): void } | undefined
  #isClosed = false

  constructor(pair: Pair, parts: LinkParts) {
    this.pair = pair
    this.#parts = parts
    this.#waiting = new WaitingStanzas(parts.queueLimit)
  }

  /** Whether it has a connection of its own that stands. */
  get hasStream(): boolean {
    return this.#stream?.isAuthenticated === true && !this.#stream.isOver
  }

  /** Sends a stanza, now or when there is a connection. */
  send(stanza: Stanza): void {
    if (this.#carrier !== undefined) this.#write(this.#carrier, stanza)
    else if (this.#isClosed || !this.#waiting.add(stanza)) {
      this.#parts.service.note({ what: 's2s_queue_full', pair: this.pair })
      this.#parts.bounce(stanza, 'resource-constraint', 'Too much is waiting for this server')
    } else if (this.#stream !== undefined) this.#stream.authenticate()
    else this.#connect()
  }

  /** Asks whether the other server has made a key for a stream to us. Never rejects. */
  ask(streamId: string, key: string): Promise<DialbackOutcome> {
    if (this.#isClosed || this.#questions.size >= maxQuestions || this.#questions.has(streamId)) {
      return Promise.resolve('resource-constraint')
    }
    const { service, patience } = this.#parts
    return new Promise((resolve) => {
      const timer = service.clock.after(patience, () => this.#settle(streamId, 'remote-server-timeout'))
      this.#questions.set(streamId, { streamId, key, timer, isAsked: false, settle: resolve })
      if (this.#stream === undefined) this.#connect()
      else this.#askAll(this.#stream)
    })
  }

  /** Stanzas go over a stream of the other server's from now on, if there is no other. */
  carryOver(stream: PeerStream): void {
    if (this.#carrier !== undefined) return
    this.#carrier = stream
    this.#flush(stream)
  }

  /** That stream is over. */
  lost(stream: PeerStream): void {
    if (this.#carrier !== stream) return
    this.#carrier = undefined
    this.#rest()
  }

  /** Ends everything; what waits is sent back. */
  close(error: StreamError): void {
    this.#isClosed = true
    this.#stream?.stop(error)
    this.#giveBack({ reason: 'the server stops', isTimeout: true })
  }

  // From its stream

  ready(stream: OutboundStream): void {
    this.#askAll(stream)
    if (this.#waiting.size > 0) stream.authenticate()
    else this.#won()
  }

  settled(stream: OutboundStream): void {
    this.#askAll(stream)
    this.#won()
    if (this.#carrier !== undefined) return
    this.#carrier = stream
    this.#flush(stream)
  }

  #askAll(stream: OutboundStream): void {
    if (!stream.isReady) return
    for (const question of this.#questions.values()) {
      if (!question.isAsked) stream.ask(this.pair, question.streamId, question.key)
      question.isAsked = true
    }
  }

  /** Only what has been asked on its present stream counts. */
  answered(streamId: string, outcome: DialbackOutcome): void {
    if (this.#questions.get(streamId)?.isAsked === true) this.#settle(streamId, outcome)
  }

  #settle(streamId: string, outcome: DialbackOutcome): void {
    const question = this.#questions.get(streamId)
    if (question === undefined) return
    this.#questions.delete(streamId)
    question.timer.cancel()
    question.settle(outcome)
    if (this.#questions.size === 0 && this.#waiting.size === 0 && this.#stream?.isAuthenticated === false) {
      this.#stream.close()
    }
  }

  ended(stream: OutboundStream, setback: Setback): void {
    if (this.#stream === stream) this.#stream = undefined
    for (const question of this.#questions.values()) question.isAsked = false
    if (this.#carrier === stream) this.#carrier = undefined
    if (stream.isCertificateRefused) this.#isCertificateRefused = true
    if (this.#attempt !== undefined) this.#lost(setback)
    else if (this.#waiting.size > 0 || this.#questions.size > 0) this.#fail(setback)
    else this.#rest()
  }

  // Connecting

  #connect(): void {
    if (this.#isConnecting) return
    this.#isConnecting = true
    void this.#tryAll().then((setback) => {
      this.#isConnecting = false
      if (setback !== undefined) this.#fail(setback)
      else {
        this.#parts.succeeded()
        // The stream may have ended since, and something come.
        if (this.#waiting.size > 0 && this.#stream === undefined) this.#connect()
        this.#rest()
      }
    })
  }

  /** Undefined: there is a connection. */
  async #tryAll(): Promise<Setback | undefined> {
    let setback: Setback = { reason: 'no server is known', isTimeout: false }
    try {
      const settings = await this.#parts.settings()
      for await (const target of settings.locate()) {
        if (this.#isClosed) return { reason: 'the server stops', isTimeout: true }
        const outcome = await this.#tryTwice(target, settings)
        if (outcome === undefined) return undefined
        setback = outcome
      }
    } catch (error) {
      setback = setbackOf(error)
      if (!(error instanceof LocateError)) {
        this.#parts.service.note({ what: 's2s_stream_fault', address: this.pair.remote, reason: error })
      }
    }
    return setback
  }

  /** Where our certificate is not liked, a server that closes the stream gets a second one, with dialback. */
  async #tryTwice(target: ServerTarget, settings: OutgoingSettings): Promise<Setback | undefined> {
    const knew = this.#isCertificateRefused
    const first = await this.#try(target, settings)
    if (first === undefined || knew || !this.#isCertificateRefused) return first
    return this.#try(target, settings)
  }

  async #try(target: ServerTarget, settings: OutgoingSettings): Promise<Setback | undefined> {
    const { dialler, service, language, keyFor } = this.#parts
    const { rules, limits, handshake, connectTimeout } = settings
    try {
      const connection = await dialler.dial({ ...target, timeout: connectTimeout })
      if (this.#isClosed) connection.destroy()
      if (target.isDirectTls) {
        if (handshake === undefined) throw new DialError('TLS is off', false)
        await connection.startClientTls({ ...handshake, alpn: ['xmpp-server'] })
      }
      const hasCertificate = rules.hasCertificate && !this.#isCertificateRefused
      const options = {
        rules: { ...rules, hasCertificate, pair: this.pair, language, keyFor },
        limits,
        handshake,
      }
      return await new Promise((resolve) => {
        this.#attempt = { won: () => resolve(undefined), lost: resolve }
        this.#stream = new OutboundStream(service, connection, options, this)
        this.#stream.begin()
        if (this.#waiting.size > 0) this.#stream?.authenticate()
      })
    } catch (error) {
      return setbackOf(error)
    }
  }

  #won(): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    attempt?.won()
  }

  #lost(setback: Setback): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    attempt?.lost(setback)
  }

  #fail(setback: Setback): void {
    this.#giveBack(setback)
    this.#parts.failed(setback)
    this.#rest()
  }

  #giveBack(setback: Setback): void {
    const condition = conditionOf(setback)
    for (const stanza of this.#waiting.take()) this.#parts.bounce(stanza, condition, setback.reason)
    for (const { streamId } of [...this.#questions.values()]) this.#settle(streamId, condition)
  }

  #flush(stream: PeerStream): void {
    for (const stanza of this.#waiting.take()) this.#write(stream, stanza)
  }

  #write(stream: PeerStream, stanza: Stanza): void {
    const text = stanza.toWire('server')
    const most = stream instanceof OutboundStream ? stream.maxBytes : Number.POSITIVE_INFINITY
    if (text.length > most) {
      this.#parts.bounce(stanza, 'policy-violation', `The other server takes ${most} bytes at most`)
    } else if (stream.bufferedBytes > maxBuffered) {
      this.#parts.bounce(stanza, 'resource-constraint', 'The other server does not read')
    } else stream.sendStanza(stanza, text)
  }

  #rest(): void {
    const isBusy = this.#stream !== undefined || this.#carrier !== undefined || this.#isConnecting
    if (!isBusy && this.#waiting.size === 0 && this.#questions.size === 0) this.#parts.idle()
  }
}
