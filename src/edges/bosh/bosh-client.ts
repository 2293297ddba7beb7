import type { RemoteAddress } from '../../net/connection.ts'
import { type Flushable, flushThisTurn } from '../../net/flusher.ts'
import type { WindowAction, WindowRules } from '../../protocol/bosh/answering.ts'
import type { BodyTag, BoshRequest } from '../../protocol/bosh/request.ts'
import { type BodyAttributes, farewellFor, payloadText } from '../../protocol/bosh/response.ts'
import { BoshWindow } from '../../protocol/bosh/window.ts'
import type { ResponseHeader } from '../../protocol/c2s/events.ts'
import type { SessionInfo } from '../../router/session.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { TimerWheel } from '../../util/timer-wheel.ts'
import type { Element } from '../../xml/element.ts'
import type { ScannerLimits } from '../../xml/limits.ts'
import type { RawElement } from '../../xml/raw-element.ts'
import type { Wire } from '../../xml/wire.ts'
import type { ClientService } from '../client-service.ts'
import { ClientStream } from '../client-stream.ts'
import { outerSecurity } from '../outer-security.ts'
import { limitFor, type Reader, type ReadLimit } from '../read-limit.ts'
import type { BoshPlace } from './bosh-place.ts'
import { openingHeader } from './opening-header.ts'

/** Where a session is known, as long as it is. */
export interface BoshHome {
  /** For the timers of requests. */
  readonly wheel: TimerWheel
  enter(client: BoshClient): void
  leave(client: BoshClient): void
}

/** What a session begins with. */
export interface BoshBeginning {
  readonly sid: string
  readonly request: BoshRequest
  readonly place: BoshPlace
  readonly rules: WindowRules
  /** What the first answer tells, besides what the stream does. */
  readonly greeting: BodyAttributes
}

/** A client that speaks in HTTP requests (XEP-0124, XEP-0206). Its connections are any that bring a request of it. */
export class BoshClient extends ClientStream implements Reader, Flushable {
  readonly sid: string
  readonly #home: BoshHome
  readonly #window: BoshWindow<BoshPlace>
  readonly #greeting: BodyAttributes
  /** What stands for the opening of the first stream, and for what later ones leave out. */
  readonly #first: BodyTag
  readonly #alarm = { timedOut: () => this.#do(this.#window.timeout(this.#now)) }
  /** That of the latest request. */
  #origin: Pick<BoshPlace, 'remote' | 'tls'>
  #limits: ScannerLimits
  #limit: ReadLimit | undefined = undefined
  #isBusy = false
  #isDirty = false
  /** The request that is being taken, and what is left of it. */
  #taking: BoshRequest | undefined = undefined
  #elements: RawElement[] = []
  /** What the stream ends with, for the last answer. */
  #error: Element | undefined = undefined

  private constructor(service: ClientService, home: BoshHome, { sid, request, place, ...rest }: BoshBeginning) {
    super(service, outerSecurity({ isSecure: place.tls !== undefined, tls: place.tls }))
    this.sid = sid
    this.#home = home
    this.#window = new BoshWindow(rest.rules, { request, place }, service.clock.now())
    this.#greeting = rest.greeting
    this.#first = request.tag
    this.#origin = place
    this.#limits = service.strangerLimits
  }

  /** Opens the stream that a request asks for. What is in the request is its first input. */
  static begin(service: ClientService, home: BoshHome, beginning: BoshBeginning): BoshClient {
    const client = new BoshClient(service, home, beginning)
    const { request } = beginning
    home.enter(client)
    client.begin()
    client.#open(request.tag)
    client.#taking = request
    client.#elements = [...request.elements]
    client.#pump()
    client.#rearm()
    return client
  }

  // From the listener

  /** Where the latest request came from. */
  get remote(): RemoteAddress {
    return this.#origin.remote
  }

  /** What elements of it may cost. */
  get limits(): ScannerLimits {
    return this.#limits
  }

  get hasSignedIn(): boolean {
    return this.#limits !== this.service.strangerLimits
  }

  /** Whether a request comes the same way as those before it: with TLS or without, and with the same certificate (XEP-0124 §19.1). */
  isOf({ tls }: Pick<BoshPlace, 'tls'>): boolean {
    const [here, there] = [this.#origin.tls, tls].map((each) => each?.peerCertificate?.raw)
    const isSame = here === undefined || there === undefined ? here === there : here.equals(there)
    return isSame && (this.#origin.tls === undefined) === (tls === undefined)
  }

  /** A request has come; `bytes`: how long it was. */
  arrived(request: BoshRequest, bytes: number, place: BoshPlace): void {
    this.#origin = place
    this.#limit?.charge(bytes, this)
    this.#do(this.#window.arrived(request, place, this.#now))
  }

  /** A request has come that cannot be read. */
  faulted(request: BoshRequest, error: unknown, place: BoshPlace): void {
    this.broke(error)
    this.#do(this.#window.arrived(request, place, this.#now))
  }

  /** The client has hung up before it had its answer. */
  hungUp(place: BoshPlace): void {
    this.#do(this.#window.gone(place, this.#now))
  }

  answered(place: BoshPlace): void {
    this.#window.sent(place)
  }

  #do(actions: readonly WindowAction<BoshPlace>[]): void {
    for (const action of actions) this.#perform(action)
    this.#rearm()
    if (this.bufferedBytes === 0) this.drained()
  }

  #perform(action: WindowAction<BoshPlace>): void {
    switch (action.do) {
      case 'answer':
        this.service.traffic.bosh.sent.inc(action.text.length)
        action.to.answer(action.text)
        break
      case 'take':
        this.#take(action.request)
        break
      case 'break':
        this.stop(new StreamError('policy-violation'))
        break
      case 'expire':
        this.gone()
    }
  }

  #rearm(): void {
    const { deadline, isOver } = this.#window
    if (isOver) {
      this.#home.wheel.cancel(this.#alarm)
      this.#home.leave(this)
    } else if (Number.isFinite(deadline)) this.#home.wheel.arm(this.#alarm, Math.max(0, deadline - this.#now))
    else this.#home.wheel.cancel(this.#alarm)
  }

  #take(request: BoshRequest): void {
    this.#taking = request
    if (request.kind !== 'restart') this.#elements = [...request.elements]
    else if (this.isNegotiating) this.#open(request.tag)
    else this.broke(new StreamError('policy-violation', 'A stream is open already'))
    this.#pump()
  }

  #open(tag: BodyTag): void {
    this.handle({ on: 'header', header: openingHeader(tag, this.#first) })
  }

  /** Hands on what has come, one element after another, then says that it has been taken. */
  #pump(): void {
    while (!this.#isBusy && this.#limit?.isExceeded !== true && !this.isOver) {
      const element = this.#elements.shift()
      if (element !== undefined) this.received(element)
      else {
        this.#finishRequest()
        return
      }
    }
    if (this.isOver) this.#elements = []
  }

  #finishRequest(): void {
    const request = this.#taking
    if (request === undefined) return
    this.#taking = undefined
    if (request.kind === 'terminate') this.streamEnded()
    this.#do(this.#window.taken(this.#now))
  }

  get #now(): number {
    return this.service.clock.now()
  }

  // To the client

  get form(): 'framed' {
    return 'framed'
  }

  get bufferedBytes(): number {
    return this.#window.queuedBytes
  }

  protected get address(): string {
    return this.#origin.remote.address
  }

  protected get isSecure(): boolean {
    return this.#origin.tls !== undefined
  }

  protected write(text: Wire): void {
    this.#window.queue(text)
    this.#flushLater()
  }

  #flushLater(): void {
    if (this.#isDirty) return
    this.#isDirty = true
    flushThisTurn(this)
  }

  flush(): void {
    this.#isDirty = false
    this.#do(this.#window.flush(this.#now))
    // What a connection says when it is closed, there is nobody else to say.
    if (this.isOver) this.gone()
  }

  protected writeHeader({ from, id, lang }: ResponseHeader): void {
    this.#window.greet({ ...this.#greeting, from, authid: id, 'xml:lang': lang })
  }

  protected writeElement(element: Element): void {
    if (element.is('error', NS.streams)) this.#error = element
    else this.write(payloadText(element))
  }

  protected finish(): void {
    this.#do(this.#window.end(farewellFor(this.#error), this.#now))
    this.#flushLater()
  }

  protected drop(): void {
    this.finish()
  }

  protected pauseInput(): void {
    this.#isBusy = true
  }

  protected resumeInput(): void {
    this.#isBusy = false
    this.#pump()
  }

  /** What has come waits: {@link ReadLimit} has been asked before each element. */
  holdBack(): void {}

  readOn(): void {
    this.#pump()
  }

  /** A new stream begins with a request that says so. */
  protected restartInput(): void {}

  protected startTls(): void {
    throw new Error('There is no STARTTLS over HTTP')
  }

  protected widen(): void {
    this.#limits = this.service.limits
  }

  protected limitInput(rate: number): void {
    this.#limit = limitFor(rate, this.service.clock, this.#limit)
  }

  protected sessionInfo(mechanism: string, streamId: string): SessionInfo {
    const latest = () => this.#origin.remote
    return {
      get address() {
        return latest().address
      },
      get port() {
        return latest().port
      },
      connection: 'bosh',
      mechanism,
      streamId,
    }
  }
}
