import type { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { type ChannelSecurity, isUsable } from '../sasl/mechanism.ts'
import { BindDialogue, type BindOutcome, iqError, iqResult, isIqSet } from './bind-dialogue.ts'
import type { C2sAction, C2sEvent, OfferAnswer, OpeningHeader } from './events.ts'
import { featuresAfterAuth, featuresBeforeAuth } from './features.ts'
import type { C2sRules, StreamHost } from './rules.ts'
import { SaslDialogue, type SaslOutcome } from './sasl-dialogue.ts'
import { StreamMachine } from './stream-machine.ts'

// A client goes through every mechanism once at most.
const mostMisfits = 10

// First-level elements that belong to negotiation whatever their namespace says.
const negotiationNames = new Set(['starttls', 'auth', 'authenticate', 'response', 'abort'])

/**
 * The way of a client from its first byte to its session (RFC 6120 §4 to §7, RFC 7395): events in, actions out, no I/O,
 * no clock. It never throws. While an `ask`, `offer` or `bind` is unanswered no element may be given to it: the owner
 * holds the input back, which keeps pipelined elements in their order.
 */
export class C2sNegotiation extends StreamMachine {
  #security: ChannelSecurity
  #awaits: 'nothing' | 'sasl' | 'offer' | 'bind' = 'nothing'
  #host: StreamHost | undefined
  #dialogue: SaslDialogue | undefined
  #authFailures = 0
  /** Attempts that failed before a password could be tried. */
  #misfits = 0
  #user: Jid | undefined
  #mechanism = ''
  #binding: BindDialogue | undefined
  /** The element that an `offer` is about. */
  #offered: Element | undefined

  constructor(rules: C2sRules, security: ChannelSecurity) {
    super(rules)
    this.#security = security
  }

  /** Whether an `ask`, `offer` or `bind` is unanswered. */
  get isBusy(): boolean {
    return this.#awaits !== 'nothing' && this.current !== 'closed'
  }

  /** The mechanism that authentication succeeded with, or ''. */
  get mechanism(): string {
    return this.#mechanism
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
    const awaited = this.#awaits
    if (event.on === 'sasl-answer' && awaited === 'sasl') {
      this.#awaits = 'nothing'
      if (this.#dialogue !== undefined) this.#onSasl(this.#dialogue.answer(event.answer))
    } else if (event.on === 'offer-answer' && awaited === 'offer') {
      this.#awaits = 'nothing'
      this.#onOfferAnswer(event.answer)
    } else if (awaited === 'bind' && this.#binding !== undefined) {
      if (event.on === 'bound') this.#onBound(this.#binding.bound(event.full))
      else if (event.on === 'bind-refused') this.#onBind(this.#binding.refused(event.error))
    }
  }

  #onHeader(header: OpeningHeader): void {
    const { host } = this.open(header)
    const user = this.#user
    if (user === undefined) {
      this.#host = host
      this.#offerFeatures()
      this.enter('pre-auth')
      return
    }
    if (host?.domain !== user.domain) throw new StreamError('host-unknown')
    this.#checkFrom(user)
    this.#enterPostAuth()
  }

  #offerFeatures(): void {
    const host = this.#host
    if (host === undefined) return
    const mechanisms = host.mechanisms.filter((mechanism) => isUsable(mechanism, this.#security))
    this.#dialogue = new SaslDialogue(this.rules, host, this.#security, mechanisms)
    this.send(featuresBeforeAuth(this.rules, host, this.#security, this.#dialogue.offered))
  }

  #enterPostAuth(): void {
    if (this.#host !== undefined) this.send(featuresAfterAuth(this.rules, this.#host, this.#security))
    this.enter('post-auth')
  }

  /** RFC 6120 §4.7.1: `from` on a header was a hint; once the user is known it must not name somebody else. */
  #checkFrom(user: Jid): void {
    const from = this.read?.from
    if (from !== undefined && from.local !== '' && from.bareString !== user.bareString) {
      throw new StreamError('invalid-from')
    }
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
    const dialogue = this.#dialogue
    const profile = this.rules.profiles.find((each) => each.ns === element.ns)
    if (profile !== undefined && dialogue !== undefined) {
      if (this.#mustSecureFirst) throw new StreamError('encryption-required', 'Use of STARTTLS required')
      this.#onSasl(dialogue.receive(profile, element))
    } else if (element.is('starttls', NS.tls) && this.current === 'pre-auth') this.#startTls()
    else if (negotiationNames.has(element.name)) throw new StreamError('invalid-namespace')
    else if (this.current === 'sasl' || this.#mustSecureFirst) throw new StreamError('not-authorized')
    else this.#offer(element)
  }

  get #mustSecureFirst(): boolean {
    return !this.#security.isSecure && this.rules.startTls === 'required'
  }

  #startTls(): void {
    if (this.#security.isSecure || this.rules.startTls === 'none') {
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
    this.#security = security
    this.read = undefined
    this.awaitHeader()
  }

  #onSasl(outcome: SaslOutcome): void {
    if (outcome.is === 'ask') {
      this.#awaits = 'sasl'
      this.act({ do: 'ask', request: outcome.request })
    } else if (outcome.is === 'challenge') {
      this.send(outcome.element)
      this.enter('sasl')
    } else if (outcome.is === 'failure') this.#onSaslFailure(outcome)
    else this.#onSaslSuccess(outcome)
  }

  #onSaslFailure(outcome: SaslOutcome & { is: 'failure' }): void {
    if (outcome.isGuess) this.#authFailures++
    else this.#misfits++
    this.act({ do: 'note-failure', mechanism: outcome.mechanism, condition: outcome.condition })
    this.send(outcome.element)
    if (this.#authFailures >= this.rules.maxAuthFailures || this.#misfits >= mostMisfits) {
      throw new StreamError('policy-violation', 'Too many failed attempts')
    }
    this.enter('pre-auth')
  }

  #onSaslSuccess(outcome: SaslOutcome & { is: 'success' }): void {
    this.#checkFrom(outcome.user)
    this.#user = outcome.user
    this.#mechanism = outcome.mechanism
    this.#dialogue = undefined
    this.act({ do: 'note-success', user: outcome.user, mechanism: outcome.mechanism })
    this.send(outcome.element)
    if (outcome.restartsStream) {
      this.act({ do: 'restart' })
      this.awaitHeader()
    } else this.#enterPostAuth()
  }

  // What only modules know

  #offer(element: Element): void {
    this.#awaits = 'offer'
    this.#offered = element
    this.act({ do: 'offer', element, user: this.#user, domain: this.#host?.domain ?? '' })
  }

  #onOfferAnswer(answer: OfferAnswer): void {
    const element = this.#offered
    this.#offered = undefined
    for (const reply of answer.replies ?? []) this.send(reply)
    if (answer.opensSession === true && this.#user !== undefined) this.#handOver()
    else if (!answer.isTaken && element !== undefined) this.#refuse(element)
  }

  /** What nobody knows. Before binding a client may not send stanzas to anybody (RFC 6120 §7.1). */
  #refuse(element: Element): void {
    if (this.#user === undefined) throw new StreamError('not-authorized')
    if (element.ns !== NS.client) throw new StreamError('unsupported-stanza-type')
    if (element.name !== 'iq') throw new StreamError('not-authorized')
    const type = element.attr('type')
    if (type !== 'result' && type !== 'error') this.send(iqError(element, new StanzaError('bad-request')))
  }

  // After authentication

  #afterAuth(element: Element): void {
    const user = this.#user
    const isAuthAgain = element.ns === NS.tls || this.rules.profiles.some((profile) => profile.ns === element.ns)
    if (isAuthAgain || user === undefined) throw new StreamError('policy-violation', 'Authenticated already')
    if (isIqSet(element, 'bind', NS.bind)) {
      this.#binding ??= new BindDialogue(user, this.rules.maxBindFailures)
      this.#onBind(this.#binding.receive(element))
    } else this.#offer(element)
  }

  #onBind(outcome: BindOutcome): void {
    if (outcome.is === 'asked') {
      this.#awaits = 'bind'
      this.act({ do: 'bind', user: outcome.user, resource: outcome.resource })
      return
    }
    this.#awaits = 'nothing'
    this.send(outcome.answer)
    if (outcome.isLast) throw new StreamError('policy-violation', 'Too many failed attempts')
  }

  #onBound(answer: Element): void {
    this.#awaits = 'nothing'
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
