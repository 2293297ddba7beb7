import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { ChannelSecurity } from '../sasl/mechanism.ts'
import { BindDialogue, type BindOutcome, iqResult, isIqSet } from './bind-dialogue.ts'
import type { C2sAction, C2sEvent, Completed, OfferAnswer, OpeningHeader, SaslEvent } from './events.ts'
import { featuresAfterAuth, featuresOnceBound } from './features.ts'
import { refusalOf } from './refusal.ts'
import type { C2sRules } from './rules.ts'
import { SignInMachine } from './sign-in-machine.ts'
import { violation } from './violation.ts'

// First-level elements that belong to negotiation whatever their namespace says.
const negotiationNames = new Set(['starttls', 'auth', 'authenticate', 'response', 'abort'])
// Bind attempts of a client that could have bound together with authentication.
const maxLateBindFailures = 3

/**
 * The way of a client from its first byte to its session (RFC 6120 §4 to §7, RFC 7395): events in, actions out, no I/O,
 * no clock. It never throws. While an `ask`, `run`, `complete`, `offer` or `bind` is unanswered no element may be given to it: the owner
 * holds the input back, which keeps pipelined elements in their order.
 */
export class C2sNegotiation extends SignInMachine {
  #binding: BindDialogue | undefined
  #maxBindFailures: number
  /** The element that an `offer` is about. */
  #offered: Element | undefined

  constructor(rules: C2sRules, security: ChannelSecurity) {
    super(rules, security)
    this.#maxBindFailures = rules.maxBindFailures
  }

  /** Takes an event and says what is to be done. In `closed` and `session` nothing is. */
  handle(event: C2sEvent): readonly C2sAction[] {
    return this.collect(() => this.#take(event))
  }

  #take(event: C2sEvent): void {
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
      case 'stream-end':
        this.ended()
        break
      case 'secured':
        this.#onSecured(event.security)
        break
      case 'timeout':
        this.fail(new StreamError('connection-timeout'))
        break
      case 'broken':
        this.broken(event.error)
        break
      default:
        this.#onAnswer(event)
    }
  }

  /** An answer that nobody awaits any more is let go. */
  #onAnswer(event: C2sEvent): void {
    if ((event.on === 'bind-refused' ? 'bound' : event.on) !== this.awaits) return
    this.awaits = undefined
    if (event.on === 'offer-answer') this.#onOfferAnswer(event.answer)
    else if (event.on === 'bound' || event.on === 'bind-refused') this.#onBindAnswer(event)
    else this.resumeSasl(event as SaslEvent)
  }

  #onHeader(header: OpeningHeader): void {
    const { host } = this.open(header)
    const user = this.user
    if (user === undefined) {
      this.host = host
      this.offerFeatures()
      this.enter('pre-auth')
      return
    }
    if (host?.domain !== user.domain) throw new StreamError('host-unknown')
    this.checkFrom(user)
    this.#enterPostAuth()
  }

  #enterPostAuth(): void {
    if (this.host !== undefined) this.send(featuresAfterAuth(this.rules, this.host, this.security))
    this.enter('post-auth')
  }

  #onElement(element: Element): void {
    if (this.isBusy) throw new StreamError('internal-server-error')
    if (element.is('stream', NS.streams)) throw new StreamError('policy-violation', 'A stream is open already')
    switch (this.current) {
      case 'pre-auth':
      case 'sasl':
        this.#beforeAuth(element)
        break
      case 'post-auth':
        this.#afterAuth(element)
        break
      case 'wait-session':
        this.#beforeSession(element)
        break
      default:
        this.broken(new StreamError('bad-format'))
    }
  }

  // Before authentication

  #beforeAuth(element: Element): void {
    const profile = this.profileOf(element)
    if (profile !== undefined) this.authenticate(profile, element)
    else if (element.is('starttls', NS.tls) && this.current === 'pre-auth') this.#startTls()
    else if (negotiationNames.has(element.name)) throw new StreamError('invalid-namespace')
    else if (this.current === 'sasl' || this.mustSecureFirst) throw new StreamError('not-authorized')
    else this.#offer(element)
  }

  #startTls(): void {
    if (this.security.isSecure || this.rules.startTls === 'none') {
      this.send(el('failure', NS.tls))
      this.end('close')
      return
    }
    this.send(el('proceed', NS.tls))
    this.act({ do: 'start-tls' })
    this.enter('securing')
  }

  #onSecured(security: ChannelSecurity): void {
    if (this.current !== 'securing') return
    this.security = security
    this.read = undefined
    this.awaitHeader()
  }

  protected completed({ full, isResumed, results }: Completed): void {
    const host = this.host
    this.#maxBindFailures = Math.min(this.#maxBindFailures, maxLateBindFailures)
    if (full === undefined) this.#enterPostAuth()
    else {
      const isManaged = results.some((result) => result.child('enabled', NS.streamManagement) !== undefined)
      if (isResumed !== true && host !== undefined)
        this.send(featuresOnceBound(this.rules, host, this.security, isManaged))
      this.#handOver()
    }
  }

  // What only modules know

  #offer(element: Element): void {
    this.#offered = element
    this.await('offer-answer', { do: 'offer', element, user: this.user, domain: this.host?.domain ?? '' })
  }

  #onOfferAnswer(answer: OfferAnswer): void {
    const element = this.#offered
    this.#offered = undefined
    for (const reply of answer.replies ?? []) this.send(reply)
    if (answer.opensSession === true && this.user !== undefined) this.#handOver()
    else if (!answer.isTaken && element !== undefined) {
      const refusal = refusalOf(element, this.user !== undefined)
      if (refusal !== undefined) this.send(refusal)
    }
  }

  // After authentication

  #afterAuth(element: Element): void {
    const user = this.user
    const isAuthAgain = element.ns === NS.tls || this.profileOf(element) !== undefined
    if (isAuthAgain || user === undefined) throw violation(element)
    if (isIqSet(element, 'bind', NS.bind)) {
      this.#binding ??= new BindDialogue(user, this.#maxBindFailures)
      this.#onBind(this.#binding.receive(element))
    } else this.#offer(element)
  }

  #onBind(outcome: BindOutcome): void {
    if (outcome.is === 'asked') {
      this.await('bound', { do: 'bind', user: outcome.user, resource: outcome.resource })
      return
    }
    this.send(outcome.answer)
    if (outcome.isLast) throw new StreamError('policy-violation', 'Too many failed attempts')
  }

  #onBindAnswer(event: C2sEvent & { on: 'bound' | 'bind-refused' }): void {
    const binding = this.#binding
    if (binding === undefined) return
    if (event.on === 'bind-refused') this.#onBind(binding.refused(event.error))
    else this.#onBound(binding.bound(event.full))
  }

  #onBound(answer: Element): void {
    this.send(answer)
    if (this.rules.awaitsSessionIq) {
      // Bound and known: a client that never asks for the session waits for its own first stanza, however long.
      this.current = 'wait-session'
      this.act({ do: 'disarm' })
    } else this.#handOver()
  }

  #beforeSession(element: Element): void {
    const isSessionIq = isIqSet(element, 'session', NS.session)
    if (isSessionIq) this.send(iqResult(element))
    this.#handOver()
    if (!isSessionIq) this.act({ do: 'pass-on' })
  }

  #handOver(): void {
    this.current = 'session'
    this.act({ do: 'hand-over' })
  }
}
