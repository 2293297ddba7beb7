import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { claim, outcomeOf } from './dialback.ts'
import { domainOf } from './domain-of.ts'
import type {
  DialbackOutcome,
  Pair,
  PeerAction,
  PeerEvent,
  PeerSecurity,
  ReceivedHeader,
  StreamLimits,
} from './events.ts'
import { bidiNs, type Offered, readFeatures } from './features.ts'
import { declaresDialback, headerFault, isVersion1, PeerMachine } from './peer-machine.ts'

/** How a stream to another server is opened. */
export interface OutboundRules {
  readonly pair: Pair
  /** `required`: nothing is said before TLS. `optional`: taken where it is offered. */
  readonly tls: 'required' | 'optional' | 'none'
  /** Whether the certificate of the other side must be good and name its domain. */
  readonly checksCertificate: boolean
  /** Whether there is a certificate of our own to prove who we are with. */
  readonly hasCertificate: boolean
  readonly mayDialBack: boolean
  readonly wantsBidi: boolean
  readonly language: string
  /** Milliseconds that each step may take; Infinity for no limit. */
  readonly stateTimeout: number
  /** The dialback key for a stream of the other side with this id. */
  keyFor(streamId: string): string
}

export type OutboundEvent =
  | PeerEvent
  /** There is something to be sent: prove who we are. */
  | { readonly on: 'authenticate' }

export type OutboundAction =
  | PeerAction
  /** The other side is who it should be, as far as that is asked for; it may be asked about keys, and `authenticate` may come. */
  | { readonly do: 'ready' }
  /** An answer about a key. */
  | { readonly do: 'answered'; readonly pair: Pair; readonly streamId: string; readonly outcome: DialbackOutcome }

type Stage = 'header' | 'features' | 'proceed' | 'ready' | 'sasl' | 'dialback' | 'authenticated'

/** A stream that we open to another server (RFC 6120 §4 to §6, XEP-0178, XEP-0220): events in, actions out, no I/O, no clock. */
export class OutboundNegotiation extends PeerMachine<OutboundAction> {
  readonly #rules: OutboundRules
  #stage: Stage = 'header'
  #streamId: string | undefined
  #offered: Offered = {}
  #knowsDialback = false
  #hasAsked = false
  /** Whether the other side has come to be who it should be, and may have been asked about keys. */
  #wasReady = false
  #isBidirectional = false
  #isAuthenticated = false
  #failure: string | undefined
  #isTimeout = false
  #isCertificateRefused = false

  constructor(rules: OutboundRules, security: PeerSecurity) {
    super(security, rules.stateTimeout)
    this.#rules = rules
  }

  get isAuthenticated(): boolean {
    return this.#isAuthenticated
  }

  /** Whether the other side may be asked about keys: while it looks into ours it may wait for just that. */
  get isReady(): boolean {
    return this.#stage === 'ready' || this.#stage === 'dialback' || this.#stage === 'authenticated'
  }

  /** Whether the other server may send its stanzas over this stream (XEP-0288). */
  get isBidirectional(): boolean {
    return this.#isBidirectional && this.#isAuthenticated
  }

  /** What the other side bears (XEP-0478). */
  get limits(): StreamLimits {
    return this.#offered.limits ?? {}
  }

  /** Whether the other side did not like our certificate. */
  get isCertificateRefused(): boolean {
    return this.#isCertificateRefused
  }

  /** Why the stream came to nothing, and whether for want of an answer. */
  get failure(): { readonly reason: string; readonly isTimeout: boolean } | undefined {
    return this.#failure === undefined ? undefined : { reason: this.#failure, isTimeout: this.#isTimeout }
  }

  /** Takes an event and says what is to be done. Nothing is once the stream is over. */
  handle(event: OutboundEvent): readonly OutboundAction[] {
    return this.collect(() => {
      if (event.on !== 'authenticate') this.take(event)
      else if (!this.#hasAsked) {
        this.#hasAsked = true
        if (this.#stage === 'ready') this.#authenticate()
      }
    })
  }

  protected take(event: PeerEvent): void {
    switch (event.on) {
      case 'connected':
        this.#begin()
        break
      case 'header':
        this.#onHeader(event.header)
        break
      case 'element':
        this.#onElement(event.element)
        break
      case 'secured':
        this.secured(event.security)
        this.#begin()
        break
      case 'stream-end':
        this.#giveUp('the other side closed the stream')
        break
      case 'timeout':
        this.#isTimeout = true
        this.#failure = 'no answer in time'
        this.fail(new StreamError('connection-timeout'))
        break
      case 'broken':
        this.#failure ??= event.error.message === '' ? event.error.condition : event.error.message
        this.fail(event.error)
    }
  }

  /** Opens the stream; over TLS only to whom its certificate names, where that is asked for. */
  #begin(): void {
    const { checksCertificate, pair } = this.#rules
    if (this.security.isSecure && checksCertificate && !this.security.vouchesFor(pair.remote)) {
      this.#failure = `the certificate is not good for ${pair.remote}`
      this.note(pair.remote, this.#failure)
      this.end('drop')
      return
    }
    this.#stage = 'header'
    this.sendHeader()
    this.arm()
  }

  protected sendHeader(): void {
    const { pair, language } = this.#rules
    this.hasSentHeader = true
    const header = { from: pair.local, to: pair.remote, id: undefined, lang: language, isVersion1: true }
    this.act({ do: 'send-header', header })
  }

  #onHeader(header: ReceivedHeader): void {
    if (this.#stage !== 'header') throw new StreamError('policy-violation', 'A stream is open already')
    const fault = headerFault(header)
    if (fault !== undefined) throw fault
    this.#streamId = header.attr('id')
    this.#knowsDialback = declaresDialback(header)
    this.arm()
    if (isVersion1(header)) this.#stage = 'features'
    else this.#onFeatures({})
  }

  #onElement(element: Element): void {
    if (element.is('error', NS.streams)) this.#onStreamError(element)
    else if (element.ns === NS.dialback) this.#onDialback(element)
    else if (this.#stage === 'features' && element.is('features', NS.streams)) this.#onFeatures(readFeatures(element))
    else if (this.#stage === 'proceed' && element.ns === NS.tls) this.#onTls(element)
    else if (this.#stage === 'sasl' && element.ns === NS.sasl) this.#onSasl(element)
    else throw new StreamError('unsupported-stanza-type')
  }

  #onStreamError(error: Element): void {
    const condition = error.elements().find(({ ns, name }) => ns === NS.streamErrors && name !== 'text')?.name
    this.#giveUp(`stream error ${condition ?? 'undefined-condition'}`)
  }

  #onFeatures(offered: Offered): void {
    this.#offered = offered
    const { tls } = this.#rules
    if (!this.security.isSecure && tls !== 'none' && offered.startTls !== undefined) {
      this.send(el('starttls', NS.tls))
      this.#stage = 'proceed'
      this.arm()
    } else if (!this.security.isSecure && tls === 'required') this.#giveUp('no TLS is offered')
    else if (this.#isAuthenticated) this.#settle('certificate')
    else this.#ready()
  }

  #onTls(element: Element): void {
    if (element.name === 'proceed') this.startTls()
    else this.#giveUp('TLS was refused')
  }

  #ready(): void {
    this.#stage = 'ready'
    this.#wasReady = true
    this.act({ do: 'ready' })
    if (this.#hasAsked) this.#authenticate()
    else this.arm()
  }

  #authenticate(): void {
    const { hasCertificate, mayDialBack, wantsBidi, pair } = this.#rules
    const canShow = hasCertificate && this.#offered.external === true
    const canDialBack =
      mayDialBack && (this.#offered.dialback === true || this.#knowsDialback) && this.#streamId !== undefined
    if (!canShow && !canDialBack) {
      this.#giveUp('no way to prove who we are is offered')
      return
    }
    // What comes back is believed only where a certificate says whose it is.
    if (wantsBidi && this.#offered.bidi === true && this.security.vouchesFor(pair.remote)) {
      this.send(el('bidi', bidiNs))
      this.#isBidirectional = true
    }
    if (canShow) {
      this.#stage = 'sasl'
      const identity = Buffer.from(pair.local, 'utf8').toString('base64')
      this.send(el('auth', NS.sasl, { mechanism: 'EXTERNAL' }, identity))
    } else this.#claim()
    this.arm()
  }

  #claim(): void {
    this.#stage = 'dialback'
    this.send(claim(this.#rules.pair, this.#rules.keyFor(this.#streamId ?? '')))
  }

  #onSasl(element: Element): void {
    if (element.name === 'challenge') {
      this.send(el('response', NS.sasl, Buffer.from(this.#rules.pair.local, 'utf8').toString('base64')))
    } else if (element.name === 'success') {
      this.#isAuthenticated = true
      this.act({ do: 'restart' })
      this.#begin()
    } else if (element.name === 'failure') this.#onRefusal(element)
    else throw new StreamError('unsupported-stanza-type')
  }

  /** Our certificate was not liked: a key may be. */
  #onRefusal(failure: Element): void {
    const condition = failure.elements()[0]?.name ?? 'not-authorized'
    this.#isCertificateRefused = true
    this.note(this.#rules.pair.remote, `EXTERNAL: ${condition}`)
    if (this.#rules.mayDialBack && (this.#offered.dialback === true || this.#knowsDialback)) {
      this.#failure = `EXTERNAL was refused: ${condition}`
      this.#claim()
      this.arm()
    } else this.#giveUp(`EXTERNAL was refused: ${condition}`)
  }

  #onDialback(element: Element): void {
    const outcome = outcomeOf(element)
    const remote = domainOf(element.attr('from'))
    const local = domainOf(element.attr('to'))
    const streamId = element.attr('id')
    if (outcome === undefined || remote === undefined || local === undefined) throw new StreamError('invalid-xml')
    if (element.name === 'verify' && streamId !== undefined) {
      // Before TLS it is anybody's.
      if (!this.#wasReady) throw new StreamError('invalid-xml', 'No such answer is awaited')
      this.act({ do: 'answered', pair: { local, remote }, streamId, outcome })
      return
    }
    const { pair } = this.#rules
    if (this.#stage !== 'dialback' || remote !== pair.remote || local !== pair.local) return
    if (outcome === 'valid') this.#settle('dialback')
    else {
      this.note(remote, `dialback: ${outcome}`)
      this.#giveUp(`dialback: ${outcome}`)
    }
  }

  #settle(by: 'certificate' | 'dialback'): void {
    this.#stage = 'authenticated'
    this.#isAuthenticated = true
    this.#failure = undefined
    this.act({ do: 'settle', pair: this.#rules.pair, by })
  }

  #giveUp(reason: string): void {
    this.#failure ??= reason
    this.end('close')
  }
}
