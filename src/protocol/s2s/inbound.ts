import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { claimAnswer, questionAnswer } from './dialback.ts'
import { domainOf } from './domain-of.ts'
import {
  type DialbackOutcome,
  keyOf,
  type Pair,
  type PeerEvent,
  type PeerSecurity,
  type ReceivedHeader,
} from './events.ts'
import { identityIn } from './external.ts'
import { bidiNs, type Offered, peerFeatures } from './features.ts'
import type { InboundAction, InboundEvent, InboundRules } from './inbound-events.ts'
import { declaresDialback, headerFault, isVersion1, PeerMachine } from './peer-machine.ts'

const failed = (condition: string): Element => el('failure', NS.sasl, el(condition, NS.sasl))

/**
 * A stream that another server has opened (RFC 6120 §4 to §6, XEP-0178, XEP-0220): events in, actions out, no I/O, no clock.
 * It goes on for as long as the stream does, since further pairs of domains may be authenticated at any time.
 */
export class InboundNegotiation extends PeerMachine<InboundAction> {
  readonly #rules: InboundRules
  #awaits: 'header' | 'elements' = 'header'
  #header: ReceivedHeader | undefined
  #isVersion1 = true
  #streamId = ''
  /** The domain that the header names, hosted here. */
  #local: string | undefined
  /** Proven by certificate; admitted when the stream that follows has been opened, since nothing may be sent before. */
  #proven: Pair | undefined
  #awaitsResponse = false
  #wantsBidi = false
  readonly #pairs = new Set<string>()
  /** Claims that are being looked into, with the stream that they were made on. */
  readonly #checks = new Map<string, string>()
  #failures = 0

  constructor(rules: InboundRules, security: PeerSecurity) {
    super(security, rules.stateTimeout)
    this.#rules = rules
  }

  /** Whether the other server takes stanzas over this stream too, for the pairs it has proven (XEP-0288). */
  get isBidirectional(): boolean {
    return this.#wantsBidi
  }

  /** Whether a pair of domains has been authenticated. */
  admits(pair: Pair): boolean {
    return this.#pairs.has(keyOf(pair))
  }

  get isAuthenticated(): boolean {
    return this.#pairs.size > 0
  }

  /** Takes an event and says what is to be done. Nothing is once the stream is over. */
  handle(event: InboundEvent): readonly InboundAction[] {
    return this.collect(() => {
      if (event.on === 'checked') this.#onChecked(event)
      else this.take(event)
    })
  }

  protected take(event: PeerEvent): void {
    switch (event.on) {
      case 'connected':
        this.arm()
        break
      case 'header':
        this.#onHeader(event.header)
        break
      case 'element':
        this.#onElement(event.element)
        break
      case 'secured':
        this.secured(event.security)
        this.#awaits = 'header'
        this.#wantsBidi = false
        this.#awaitsResponse = false
        this.#checks.clear()
        break
      case 'stream-end':
        this.end(this.hasSentHeader ? 'close' : 'drop')
        break
      default:
        this.fail(event.on === 'timeout' ? new StreamError('connection-timeout') : event.error)
    }
  }

  #onHeader(header: ReceivedHeader): void {
    if (this.#awaits !== 'header') throw new StreamError('policy-violation', 'A stream is open already')
    this.#header = header
    const to = domainOf(header.attr('to'))
    this.#local = to !== undefined && this.#rules.isServed(to) ? to : undefined
    this.#judge(header)
    this.sendHeader()
    this.#awaits = 'elements'
    const more = this.#local === undefined || this.#mustSecure ? [] : this.#rules.features(this.#local)
    if (this.#isVersion1) this.send(peerFeatures(this.#offers(), more))
    if (this.#proven !== undefined) this.#admit(this.#proven, 'certificate')
    else if (!this.isAuthenticated) this.arm()
  }

  /** Throws StreamError where the stream cannot go on. */
  #judge(header: ReceivedHeader): void {
    const fault = headerFault(header)
    if (fault !== undefined) throw fault
    this.#isVersion1 = isVersion1(header)
    if (!this.#isVersion1 && !declaresDialback(header)) throw new StreamError('invalid-xml')
    if (header.attr('to') === undefined) throw new StreamError('improper-addressing')
    if (this.#local === undefined) throw new StreamError('host-unknown')
    if (this.#proven !== undefined && domainOf(header.attr('from')) !== this.#proven.remote)
      throw new StreamError('invalid-from')
    if (!this.#isVersion1 && this.#mustSecure) throw new StreamError('policy-violation', 'TLS is required')
  }

  protected sendHeader(): void {
    const header = this.#header
    this.#streamId = this.#rules.newStreamId()
    this.hasSentHeader = true
    this.act({
      do: 'send-header',
      header: {
        from: this.#local ?? this.#rules.defaultDomain,
        to: domainOf(header?.attr('from')),
        id: this.#streamId,
        lang: this.#rules.language,
        isVersion1: this.#isVersion1,
      },
    })
  }

  get #mustSecure(): boolean {
    return this.#rules.startTls === 'required' && !this.security.isSecure
  }

  get #offersBidi(): boolean {
    return this.#local !== undefined && this.#rules.offersBidi(this.#local)
  }

  #offers(): Offered {
    const { startTls, limits } = this.#rules
    if (this.#mustSecure) return { startTls: 'required' }
    const from = domainOf(this.#header?.attr('from'))
    const isStranger = this.#proven === undefined
    return {
      startTls: startTls !== 'none' && !this.security.isSecure ? 'offered' : undefined,
      external: isStranger && from !== undefined && this.security.vouchesFor(from),
      dialback: this.#local !== undefined && this.#rules.mayDialBack(this.#local),
      bidi: isStranger && this.#offersBidi,
      limits,
    }
  }

  #onElement(element: Element): void {
    if (this.#awaits === 'header') throw new StreamError('bad-format')
    if (element.ns === NS.dialback) this.#onDialback(element)
    else if (element.is('starttls', NS.tls)) this.#startTls()
    else if (element.ns === NS.sasl) this.#onSasl(element)
    else if (element.is('bidi', bidiNs)) this.#onBidi()
    else throw new StreamError(this.isAuthenticated ? 'unsupported-stanza-type' : 'not-authorized')
  }

  #startTls(): void {
    if (this.security.isSecure || this.#rules.startTls === 'none' || this.isAuthenticated) {
      this.send(el('failure', NS.tls))
      this.end('close')
      return
    }
    this.send(el('proceed', NS.tls))
    this.startTls()
  }

  /** Only before somebody is known, so that no stanza has gone another way (XEP-0288 §2.2). */
  #onBidi(): void {
    if (!this.#offersBidi || this.#mustSecure) throw new StreamError('policy-violation')
    if (!this.isAuthenticated) this.#wantsBidi = true
  }

  // SASL EXTERNAL (XEP-0178 §4)

  #onSasl(element: Element): void {
    if (this.isAuthenticated) throw new StreamError('policy-violation', 'Authenticated already')
    if (this.#mustSecure) throw new StreamError('policy-violation', 'TLS is required')
    if (element.name === 'auth') {
      if (element.attr('mechanism') !== 'EXTERNAL') this.#refuse('invalid-mechanism')
      else if (element.text() === '') {
        this.#awaitsResponse = true
        this.send(el('challenge', NS.sasl))
      } else this.#authenticate(element.text())
    } else if (element.name === 'response' && this.#awaitsResponse) this.#authenticate(element.text())
    else if (element.name === 'abort') this.#refuse('aborted')
    else throw new StreamError('policy-violation')
  }

  #authenticate(response: string): void {
    this.#awaitsResponse = false
    const remote = identityIn(response, this.#header?.attr('from'))
    const local = this.#local
    if (remote === undefined) {
      this.#refuse('incorrect-encoding')
      return
    }
    if (local === undefined || !this.security.vouchesFor(remote) || this.#rules.refuses({ local, remote })) {
      this.#refuse('not-authorized')
      return
    }
    this.send(el('success', NS.sasl))
    this.#proven = { local, remote }
    this.#checks.clear()
    this.act({ do: 'restart' })
    this.#awaits = 'header'
    this.hasSentHeader = false
    this.arm()
  }

  #refuse(condition: string): void {
    this.note(this.#header?.attr('from'), `EXTERNAL: ${condition}`)
    this.send(failed(condition))
    this.end('close')
  }

  #admit(pair: Pair, by: 'certificate' | 'dialback'): void {
    this.#pairs.add(keyOf(pair))
    this.act({ do: 'settle', pair, by })
  }

  // Dialback (XEP-0220)

  #onDialback(element: Element): void {
    const remote = domainOf(element.attr('from'))
    const local = domainOf(element.attr('to'))
    if (remote === undefined || local === undefined) throw new StreamError('improper-addressing')
    if (element.attr('type') !== undefined) throw new StreamError('invalid-xml', 'No such answer is awaited')
    const pair = { local, remote }
    if (element.name === 'result') this.#onClaim(pair, element.text())
    else if (element.name === 'verify') this.#onQuestion(pair, element.attr('id'), element.text())
    else throw new StreamError('unsupported-stanza-type')
  }

  #onClaim(pair: Pair, key: string): void {
    const refusal = this.#refusalOf(pair)
    if (refusal !== undefined) {
      this.note(pair.remote, `dialback: ${refusal}`)
      this.send(claimAnswer(pair, refusal))
    } else if (this.admits(pair) || this.security.vouchesFor(pair.remote)) {
      this.#accept(pair, 'certificate')
    } else {
      this.#checks.set(keyOf(pair), this.#streamId)
      this.act({ do: 'check', pair, streamId: this.#streamId, key })
    }
  }

  #refusalOf(pair: Pair): DialbackOutcome | undefined {
    if (this.#mustSecure) return 'policy-violation'
    if (!this.#rules.isServed(pair.local)) return 'item-not-found'
    if (this.#rules.refuses(pair)) return 'policy-violation'
    if (this.admits(pair)) return undefined
    if (this.#checks.has(keyOf(pair))) return 'not-acceptable'
    if (this.#pairs.size + this.#checks.size >= this.#rules.maxPairs) return 'resource-constraint'
    if (this.security.vouchesFor(pair.remote)) return undefined
    if (!this.#rules.mayDialBack(pair.local)) return 'policy-violation'
    return this.#checks.size >= this.#rules.maxChecks ? 'resource-constraint' : undefined
  }

  #accept(pair: Pair, by: 'certificate' | 'dialback'): void {
    const isNew = !this.admits(pair)
    this.send(claimAnswer(pair, 'valid'))
    if (isNew) this.#admit(pair, by)
  }

  #onChecked({ pair, streamId, outcome }: Extract<InboundEvent, { on: 'checked' }>): void {
    // What was asked for a stream that is over, as the one before TLS, is of no use to this one.
    if (this.#checks.get(keyOf(pair)) !== streamId) return
    this.#checks.delete(keyOf(pair))
    if (outcome === 'valid') this.#accept(pair, 'dialback')
    else this.#reject(pair, outcome)
  }

  #reject(pair: Pair, outcome: DialbackOutcome): void {
    this.note(pair.remote, `dialback: ${outcome}`)
    this.send(claimAnswer(pair, outcome))
    // Who lies once is not listened to again (XEP-0220 §2.1.2); other claims, too, cost us a connection each.
    if (outcome === 'invalid') this.end('close')
    else if (++this.#failures >= this.#rules.maxPairs) throw new StreamError('resource-constraint', 'Too many claims')
  }

  /** We are the authoritative server. */
  #onQuestion(pair: Pair, streamId: string | undefined, key: string): void {
    if (streamId === undefined) throw new StreamError('invalid-xml')
    const known = this.#rules.isOurKey(pair, streamId, key) ? 'valid' : 'invalid'
    const outcome = this.#rules.isServed(pair.local) ? known : 'item-not-found'
    this.send(questionAnswer(pair, streamId, this.#mustSecure ? 'policy-violation' : outcome))
  }
}
