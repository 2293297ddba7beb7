import type {
  BindRequest,
  ClientNote,
  ClientService,
  ClientSession,
  CompletionRequest,
  CompletionResult,
  Offer,
} from '../../src/edges/client-service.ts'
import type { Jid } from '../../src/jid/jid.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import type { OfferAnswer } from '../../src/protocol/c2s/events.ts'
import type { C2sRules } from '../../src/protocol/c2s/rules.ts'
import type { SaslAnswer, SaslRequest } from '../../src/protocol/sasl/mechanism.ts'
import type { EndReason } from '../../src/router/session.ts'
import { clientTraffic } from '../../src/server/traffic.ts'
import { SharedTap } from '../../src/server/traffic-tap.ts'
import type { Stanza } from '../../src/stanza/stanza.ts'
import type { StanzaError } from '../../src/stanza/stanza-error.ts'
import type { StreamError } from '../../src/stanza/stream-error.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { TimerWheel } from '../../src/util/timer-wheel.ts'
import { el } from '../../src/xml/element.ts'
import { defaultLimits } from '../../src/xml/limits.ts'
import type { Wire } from '../../src/xml/wire.ts'
import { rulesOf } from './negotiation-driver.ts'

/** A session that keeps what it is given. */
export class FakeSession implements ClientSession {
  readonly jid: Jid
  readonly received: string[] = []
  readonly ends: EndReason[] = []
  /** What `receive` gives next. */
  busy: Promise<void> | undefined = undefined

  readonly #link: BindRequest['link']

  constructor(jid: Jid, link: BindRequest['link']) {
    this.jid = jid
    this.#link = link
  }

  receive(stanza: Stanza): Promise<void> | undefined {
    this.received.push(stanza.toWire('client'))
    return this.busy
  }

  receiveNonza(): boolean {
    return false
  }

  count(): undefined {}

  answer(reply: Stanza): void {
    this.#link.send(reply.toWire(this.#link.form))
  }

  async disconnect(): Promise<void> {
    this.ends.push({ kind: 'lost' })
  }

  async end(reason: EndReason): Promise<void> {
    this.ends.push(reason)
  }
}

/** The rest of the server, as a connection sees it: knows lena, whose password is "secret". */
export class FakeService implements ClientService {
  readonly rules: C2sRules
  readonly limits = { ...defaultLimits, maxElementBytes: 10_000 }
  readonly strangerLimits = this.limits
  readonly maxStanzaRate = Number.POSITIVE_INFINITY
  readonly maxBufferedBytes = 1000
  readonly clock = new FakeClock()
  readonly wheel = new TimerWheel(this.clock)
  readonly negotiating = new Set<{ stop(error: StreamError): void }>()
  readonly metrics = createMetrics()
  readonly tap = new SharedTap()
  readonly traffic = clientTraffic(this.metrics, (domain) => domain, this.tap)
  readonly notes: ClientNote[] = []
  readonly offers: Offer[] = []
  readonly binds: BindRequest[] = []
  session: FakeSession | undefined = undefined
  rates = { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY }
  offerAnswer: OfferAnswer = { isTaken: false }
  bindError: StanzaError | undefined = undefined
  /** Awaited before a session is opened. */
  beforeBind: (link: BindRequest['link']) => Promise<void> = async () => {}

  constructor(changes: Partial<C2sRules> = {}) {
    this.rules = rulesOf(changes)
  }

  rateFor(user: Jid | undefined): number {
    return user === undefined ? this.rates.before : this.rates.after
  }

  async answer(request: SaslRequest): Promise<SaslAnswer> {
    if (request.ask === 'keys') return { is: 'keys', keys: undefined }
    if (request.ask === 'admission' || (request.ask === 'password' && request.password === 'secret'))
      return { is: 'yes' }
    return { is: 'no', condition: 'not-authorized' }
  }

  async offer(offer: Offer): Promise<OfferAnswer> {
    this.offers.push(offer)
    return this.offerAnswer
  }

  async open(request: BindRequest): Promise<ClientSession> {
    this.binds.push(request)
    await this.beforeBind(request.link)
    if (this.bindError !== undefined) throw this.bindError
    this.session = new FakeSession(request.user.withResource(request.resource ?? 'made'), request.link)
    return this.session
  }

  async complete({ login, link, info }: CompletionRequest): Promise<CompletionResult> {
    if (login.request.element.child('bind', 'urn:xmpp:bind:0') === undefined) return { results: [] }
    const session = await this.open({ user: login.user, resource: undefined, link, info })
    return { results: [el('bound', 'urn:xmpp:bind:0')], session }
  }

  note(note: ClientNote): void {
    this.notes.push(note)
  }
}

/** What both kinds of fake connections have. */
export abstract class FakeTransport {
  readonly remote = { address: '192.0.2.1', port: 40_000 }
  tls = undefined
  isSecure = false
  written = ''
  bufferedBytes = 0
  state: 'open' | 'ended' | 'destroyed' = 'open'
  isPaused = false

  write(text: Wire): void {
    if (this.state === 'open') this.written += text
  }

  end(): void {
    if (this.state === 'open') this.state = 'ended'
  }

  destroy(): void {
    this.state = 'destroyed'
  }

  limitFrames(): void {}

  pauseReading(): void {
    this.isPaused = true
  }

  resumeReading(): void {
    this.isPaused = false
  }

  /** What was written since last asked. */
  take(): string {
    const text = this.written
    this.written = ''
    return text
  }
}

/** Lets everything that waits for nothing else run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
