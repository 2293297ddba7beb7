import type { C2sAction, C2sEvent } from '../protocol/c2s/events.ts'
import { C2sNegotiation } from '../protocol/c2s/negotiation.ts'
import type { ChannelSecurity } from '../protocol/sasl/mechanism.ts'
import type { ClientLink, EndReason } from '../router/session.ts'
import { StreamError } from '../stanza/stream-error.ts'
import type { Timed } from '../util/timer-wheel.ts'
import { XmlError } from '../xml/errors.ts'
import type { RawElement } from '../xml/raw-element.ts'
import type { Wire } from '../xml/wire.ts'
import type { ClientService, ClientSession } from './client-service.ts'
import { ClientTransport } from './client-transport.ts'
import { asksForSession, faultOf, isStanza, stanzaFrom, strange } from './inbound-stanza.ts'
import { type Opening, type Origin, openSession } from './session-opening.ts'

// So many bytes have surely been handed to the socket, which tells when they are gone.
const muchUnread = 65_536

/**
 * A client's connection, whatever carries it: plays the negotiation, then hands stanzas to the session and writes what the
 * session sends. There are tens of thousands of these: methods on the prototype, no closures and no timers of its own,
 * and what negotiation needed is dropped when it is over.
 */
export abstract class ClientStream extends ClientTransport implements ClientLink, Timed {
  protected readonly service: ClientService
  #negotiation: C2sNegotiation | undefined
  #session: ClientSession | undefined = undefined
  /** Stanzas for a session whose client has not been told yet that it is bound. */
  #early: Wire[] | undefined = undefined
  #earlyBytes = 0
  /** Who waits until the client has read what was sent. */
  #waiting: (() => void)[] | undefined = undefined
  #lang: string | undefined = undefined
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

  // The session's side

  send(text: Wire): void {
    if (this.#isOver) return
    // Looked at before: one answer may be as large as it is, but nothing comes on top of too much.
    const waiting = this.bufferedBytes + this.#earlyBytes
    if (waiting > this.service.maxBufferedBytes) this.#overflow(waiting)
    else if (this.#early === undefined) this.write(text)
    else {
      this.#early.push(text)
      this.#earlyBytes += text.length
    }
  }

  whenRead(): Promise<void> | undefined {
    if (this.#isOver || this.bufferedBytes < muchUnread) return undefined
    return new Promise((resolve) => {
      this.#waiting ??= []
      this.#waiting.push(resolve)
    })
  }

  /** The connection has nothing left to write. */
  drained(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const resolve of waiting ?? []) resolve()
  }

  close(error?: StreamError): void {
    if (this.#isOver) return
    if (error !== undefined) this.writeElement(error.toElement())
    this.#end()
    this.finish()
  }

  timedOut(): void {
    this.handleSafely({ on: 'timeout' })
  }

  /** Ends the stream by the server's own will, session or not. */
  stop(error: StreamError): void {
    this.fail(error)
  }

  /** A client that does not read cannot be allowed to fill the memory. */
  #overflow(bytes: number): void {
    this.service.note({ what: 'client_does_not_read', address: this.address, bytes })
    this.fail(new StreamError('resource-constraint', 'Too much is waiting to be read'))
  }

  // The connection's side

  /** Takes a first-level element. Throws nothing. */
  protected received(raw: RawElement): void {
    const session = this.#session
    try {
      if (this.#negotiation === undefined && session !== undefined) this.#receive(session, raw)
      else if (this.handle({ on: 'element', element: raw.toElement() }) && this.#session !== undefined) {
        this.#receive(this.#session, raw)
      }
    } catch (error) {
      this.broke(error)
    }
  }

  #receive(session: ClientSession, raw: RawElement): void {
    if (!isStanza(raw)) throw strange(raw)
    const stanza = stanzaFrom(raw, session.jid, this.#lang)
    const fault = faultOf(stanza, raw)
    if (fault !== undefined || asksForSession(raw)) {
      const reply = fault === undefined ? stanza.result() : stanza.errorReply(fault)
      if (reply !== undefined) this.send(reply.toWire(this.form))
      return
    }
    const busy = session.receive(stanza)
    if (busy !== undefined) this.#holdFor(busy)
  }

  /** Holds back what comes next until this is done, so that order is kept. */
  #holdFor(busy: Promise<void>): void {
    this.pauseInput()
    busy.then(
      () => this.#release(),
      (error) => {
        this.service.note({ what: 'client_stream_fault', address: this.address, reason: error })
        this.#release()
      },
    )
  }

  #release(): void {
    if (!this.#isOver) this.resumeInput()
  }

  /** The client closed its stream. */
  protected streamEnded(): void {
    if (this.#negotiation !== undefined) {
      this.handle({ on: 'stream-end' })
      return
    }
    this.#endSession({ kind: 'closed' })
    this.close()
  }

  /** Something went wrong with what came in, or with us. */
  protected broke(error: unknown): void {
    if (error instanceof XmlError) this.fail(new StreamError(error.condition, error.message))
    else if (error instanceof StreamError) this.fail(error)
    else {
      this.service.note({ what: 'client_stream_fault', address: this.address, reason: error })
      this.fail(new StreamError('internal-server-error'))
    }
  }

  /** Ends the stream with an error. */
  protected fail(error: StreamError): void {
    if (this.#negotiation !== undefined) this.handle({ on: 'broken', error })
    else this.close(error)
    this.#endSession({ kind: 'lost' })
  }

  /** The connection is gone. */
  protected gone(): void {
    this.#end()
    this.#endSession({ kind: 'lost' })
  }

  /** Forgets everything that only an open stream needs. */
  #end(): void {
    this.#isOver = true
    this.#early = undefined
    this.#earlyBytes = 0
    this.drained()
    this.#endNegotiation()
  }

  #endNegotiation(): void {
    if (this.#negotiation === undefined) return
    this.#negotiation = undefined
    this.service.wheel.cancel(this)
    this.service.negotiating.delete(this)
  }

  #endSession(reason: EndReason): void {
    this.#session?.end(reason).catch((error) => {
      this.service.note({ what: 'client_stream_fault', address: this.address, reason: error })
    })
  }

  // Negotiation

  /** Gives an event to the negotiation and does what it says. True when the element belongs to the session. */
  protected handle(event: C2sEvent): boolean {
    const actions = this.#negotiation?.handle(event) ?? []
    for (const action of actions) this.#perform(action)
    return actions.at(-1)?.do === 'pass-on'
  }

  /** As {@link handle}, from where nobody would catch what goes wrong. */
  protected handleSafely(event: C2sEvent): void {
    try {
      this.handle(event)
    } catch (error) {
      this.broke(error)
    }
  }

  #perform(action: C2sAction): void {
    switch (action.do) {
      case 'send':
        this.writeElement(action.element)
        break
      case 'send-header':
        this.writeHeader(action.header)
        break
      case 'send-error':
        this.writeElement(action.error.toElement())
        break
      case 'close':
        this.#end()
        this.finish()
        break
      case 'drop':
        this.#end()
        this.drop()
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
        this.#endNegotiation()
        break
      default:
        this.#ask(action)
    }
  }

  #ask(action: C2sAction): void {
    const { service, address, isSecure } = this
    switch (action.do) {
      case 'ask':
        this.#await(service.answer(action.request).then((answer) => ({ on: 'sasl-answer', answer })))
        break
      case 'offer': {
        const { element, user, domain } = action
        const offered = service.offer({ element, user, domain, address, isSecure })
        this.#await(offered.then((answer) => ({ on: 'offer-answer', answer })))
        break
      }
      case 'run':
        this.#await(action.run())
        break
      case 'bind':
      case 'complete':
        this.#early = []
        this.#await(this.#opened(openSession(service, action, this.#origin)))
        break
      case 'note-success':
        service.note({ what: 'user_authenticated', user: action.user, mechanism: action.mechanism, address })
        this.limitInput(service.rateFor(action.user))
        break
      case 'note-failure':
        service.note({ what: 'auth_failed', mechanism: action.mechanism, condition: action.condition, address })
        break
      case 'note-fault':
        service.note({ what: 'client_stream_fault', address, reason: action.error })
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
    const negotiation = this.#negotiation
    return { link: this, info: this.sessionInfo(negotiation?.mechanism ?? '', negotiation?.streamId ?? '') }
  }

  /** Takes over the session, if one was opened. */
  async #opened(opening: Promise<Opening>): Promise<C2sEvent> {
    const { event, session } = await opening
    this.#session = session
    if (this.#isOver) this.#endSession({ kind: 'lost' })
    return event
  }

  #sendEarly(): void {
    const early = this.#early ?? []
    this.#early = undefined
    this.#earlyBytes = 0
    for (const text of early) this.send(text)
  }
}
