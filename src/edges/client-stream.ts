import type { C2sAction, C2sEvent } from '../protocol/c2s/events.ts'
import { C2sNegotiation } from '../protocol/c2s/negotiation.ts'
import type { ChannelSecurity } from '../protocol/sasl/mechanism.ts'
import type { ClientLink } from '../router/session.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { StreamError } from '../stanza/stream-error.ts'
import type { Timed } from '../util/timer-wheel.ts'
import { XmlError } from '../xml/errors.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { Wire } from '../xml/wire.ts'
import { type ClientService, type ClientSession, noteOf } from './client-service.ts'
import type { SessionTraffic } from './client-traffic.ts'
import { ClientTransport } from './client-transport.ts'
import { EarlyTexts } from './early-texts.ts'
import { isStanza, receiveNonza, receiveStanza } from './inbound-stanza.ts'
import { type Pace, paceFor } from './pace.ts'
import { type Opening, type Origin, openSession } from './session-opening.ts'

/**
 * A client's connection, whatever carries it: plays the negotiation, then hands stanzas to the session and writes what the
 * session sends. There are tens of thousands of these: methods on the prototype, no closures and no timers of its own,
 * and what negotiation needed is dropped when it is over.
 */
export abstract class ClientStream extends ClientTransport implements ClientLink, Timed {
  protected readonly service: ClientService
  #negotiation: C2sNegotiation | undefined
  #session: ClientSession | undefined = undefined
  #traffic: SessionTraffic | undefined = undefined
  /** Stanzas for a session whose client has not been told yet that it is bound. */
  #early: EarlyTexts | undefined = undefined
  #lang: string | undefined = undefined
  #pace: Pace | undefined = undefined
  #isOver = false

  constructor(service: ClientService, security: ChannelSecurity) {
    super()
    this.service = service
    this.#negotiation = new C2sNegotiation(service.rules, security)
  }

  /** Whether nothing more is read or written. */
  protected get isOver(): boolean {
    return this.#isOver
  }

  /** Whether there is no session that could take stanzas. */
  protected get isNegotiating(): boolean {
    return this.#negotiation !== undefined
  }

  /** To be called once, when events may come in. */
  protected begin(): void {
    this.service.negotiating.add(this)
    this.limitInput(this.service.rateFor(undefined))
    this.handle({ on: 'connected' })
  }

  send(text: Wire, stanza?: Stanza): void {
    if (this.#isOver) return
    if (this.#session !== undefined) this.#traffic?.sent(this.#session.jid, text, stanza)
    // Looked at before: one answer may be as large as it is, but nothing comes on top of too much.
    if (this.waitingBytes > this.service.maxBufferedBytes) this.#overflow(this.waitingBytes)
    else if (this.#early === undefined) this.write(text)
    else this.#early.add(text)
  }

  protected override get waitingBytes(): number {
    return this.bufferedBytes + (this.#early?.bytes ?? 0)
  }

  close(error?: StreamError): void {
    if (this.#isOver) return
    if (error !== undefined) this.writeElement(error.toElement())
    this.#end()
    this.finish()
  }

  timedOut(): void {
    this.handle({ on: 'timeout' })
  }

  /** A client that does not read cannot be allowed to fill the memory. */
  #overflow(bytes: number): void {
    this.service.note({ what: 'client_does_not_read', address: this.address, bytes })
    this.interrupt(new StreamError('resource-constraint', 'Too much is waiting to be read'))
  }

  /** Takes a first-level element. Throws nothing. */
  protected received(raw: RawElement): void {
    try {
      const isPassedOn = this.#negotiation === undefined || this.handle({ on: 'element', element: raw.toElement() })
      if (isPassedOn && this.#session !== undefined) this.#receive(this.#session, raw)
    } catch (error) {
      this.broke(error)
    }
  }

  #receive(session: ClientSession, raw: RawElement): void {
    if (!isStanza(raw)) {
      const refusal = receiveNonza(session, raw, this.#traffic)
      if (refusal !== undefined) this.writeElement(refusal)
      return
    }
    const busy = receiveStanza(session, raw, this.#traffic, this.#lang)
    const slowed = this.#pace?.charge()
    if (busy !== undefined || slowed !== undefined) this.#holdFor(Promise.all([busy, slowed]))
  }

  /** Holds back what comes next until this is done, so that order is kept. */
  #holdFor(busy: Promise<unknown>): void {
    this.pauseInput()
    void busy.catch((error) => this.#noteFault(error)).then(() => this.#release())
  }

  #release(): void {
    if (!this.#isOver) this.resumeInput()
  }

  /** The client closed its stream. */
  protected streamEnded(): void {
    if (this.#negotiation !== undefined) this.handle({ on: 'stream-end' })
    else {
      this.#watch(this.#session?.end({ kind: 'closed' }))
      this.close()
    }
  }

  /** Something went wrong with what came in, or with us. */
  protected broke(error: unknown): void {
    if (error instanceof XmlError) this.stop(new StreamError(error.condition, error.message))
    else if (error instanceof StreamError) this.stop(error)
    else {
      this.#noteFault(error)
      this.interrupt(new StreamError('internal-server-error'))
    }
  }

  /** Ends the stream with an error of the client's, session or not. */
  stop(error: StreamError): void {
    this.#abort(error)
    this.#watch(this.#session?.end({ kind: 'lost' }))
  }

  /** Ends the stream with an error that is not the client's fault: a session that can go on over another connection may do so. */
  interrupt(error: StreamError): void {
    this.#abort(error)
    this.#watch(this.#session?.disconnect(this))
  }

  #abort(error: StreamError): void {
    if (this.#negotiation !== undefined) this.handle({ on: 'broken', error })
    else this.close(error)
  }

  /** The connection is gone. */
  protected gone(): void {
    this.#end()
    this.#watch(this.#session?.disconnect(this))
  }

  /** Forgets everything that only an open stream needs. */
  #end(): void {
    this.#isOver = true
    this.#early = undefined
    this.drained()
    this.#endNegotiation()
  }

  #endNegotiation(): void {
    if (this.#negotiation === undefined) return
    this.#negotiation = undefined
    this.service.wheel.cancel(this)
    this.service.negotiating.delete(this)
  }

  /** Whatever goes wrong while the session is left is nobody's but the log's. */
  #watch(leaving: Promise<void> | undefined): void {
    leaving?.catch((error) => this.#noteFault(error))
  }

  #noteFault(reason: unknown): void {
    this.service.note({ what: 'client_stream_fault', address: this.address, reason })
  }

  /** Gives an event to the negotiation and does what it says. Never throws. True when the element belongs to the session. */
  protected handle(event: C2sEvent): boolean {
    const actions = this.#negotiation?.handle(event) ?? []
    try {
      for (const action of actions) this.#perform(action)
      return actions.at(-1)?.do === 'pass-on'
    } catch (error) {
      this.broke(error)
      return false
    }
  }

  #perform(action: C2sAction): void {
    switch (action.do) {
      case 'send':
      case 'send-error':
        this.writeElement(action.do === 'send' ? action.element : action.error.toElement())
        break
      case 'send-header':
        this.writeHeader(action.header)
        break
      case 'close':
      case 'drop':
        this.#end()
        if (action.do === 'close') this.finish()
        else this.drop()
        break
      default:
        this.#proceed(action)
    }
  }

  #proceed(action: C2sAction): void {
    switch (action.do) {
      case 'arm':
        this.service.wheel.arm(this, action.ms)
        break
      case 'disarm':
        this.service.wheel.cancel(this)
        break
      case 'restart':
        this.restartInput()
        break
      case 'start-tls':
        this.startTls()
        break
      case 'hand-over':
        this.#lang = this.#negotiation?.lang
        this.#pace = paceFor(this.service.maxStanzaRate, this.service.clock)
        this.#endNegotiation()
        break
      default:
        this.#ask(action)
    }
  }

  #ask(action: C2sAction): void {
    const { service, address } = this
    switch (action.do) {
      case 'ask':
        this.#await(service.answer(action.request, address).then((answer) => ({ on: 'sasl-answer', answer })))
        break
      case 'run':
        this.#await(action.run())
        break
      case 'bind':
      case 'complete':
      case 'offer':
        this.#early = new EarlyTexts()
        this.#await(this.#opened(openSession(service, action, this.#origin)))
        break
      case 'note-success':
        this.limitInput(service.rateFor(action.user))
        this.widen()
        service.note(noteOf(action, address))
        break
      case 'note-failure':
      case 'note-fault':
        service.note(noteOf(action, address))
    }
  }

  /** Holds the input back until the negotiation has its answer. */
  #await(answer: Promise<C2sEvent>): void {
    this.pauseInput()
    answer.then((event) => this.#answered(event)).catch((error) => this.broke(error))
  }

  #answered(event: C2sEvent): void {
    this.handle(event)
    if (this.#early !== undefined && this.#negotiation?.isBusy !== true) this.#sendEarly()
    if (this.#negotiation?.isBusy !== true) this.#release()
  }

  get #origin(): Origin {
    const { mechanism = '', streamId = '' } = this.#negotiation ?? {}
    return { link: this, info: this.sessionInfo(mechanism, streamId), isSecure: this.isSecure }
  }

  /** Takes over the session, if one was opened. */
  async #opened(opening: Promise<Opening>): Promise<C2sEvent> {
    const { event, session } = await opening
    this.#session = session
    if (session !== undefined) this.#traffic = this.service.traffic.of(session.jid.domain)
    if (this.#isOver) this.#watch(this.#session?.disconnect(this))
    return event
  }

  #sendEarly(): void {
    const texts = this.#early?.texts ?? []
    this.#early = undefined
    for (const text of texts) if (!this.#isOver) this.write(text)
    if (this.waitingBytes === 0) this.drained()
  }
}
