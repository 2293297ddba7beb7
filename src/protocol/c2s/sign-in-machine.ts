import type { Jid } from '../../jid/jid.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import { type ChannelSecurity, isUsable } from '../sasl/mechanism.ts'
import type { SaslProfile } from '../sasl/profile.ts'
import type { C2sAction, C2sEvent, Completed, SaslEvent } from './events.ts'
import { featuresBeforeAuth } from './features.ts'
import type { C2sRules, StreamHost } from './rules.ts'
import { SaslDialogue, type SaslOutcome } from './sasl-dialogue.ts'
import { StreamMachine } from './stream-machine.ts'
import { violation } from './violation.ts'

// A client goes through every mechanism once at most.
const mostMisfits = 10

/** The part of a client's way in which it proves who it is, in whichever XML. */
export abstract class SignInMachine extends StreamMachine {
  protected security: ChannelSecurity
  /** The event that is awaited; `bind-refused` may come instead of `bound`. */
  protected awaits: C2sEvent['on'] | undefined
  protected host: StreamHost | undefined
  protected user: Jid | undefined
  #dialogue: SaslDialogue | undefined
  #authFailures = 0
  /** Attempts that failed before a password could be tried. */
  #misfits = 0
  #mechanism = ''

  constructor(rules: C2sRules, security: ChannelSecurity) {
    super(rules)
    this.security = security
  }

  /** Whether an answer is awaited. */
  get isBusy(): boolean {
    return this.awaits !== undefined && this.current !== 'closed'
  }

  /** The mechanism that authentication succeeded with, or ''. */
  get mechanism(): string {
    return this.#mechanism
  }

  /** No new stream: the features follow at once (XEP-0388 §2.6.2), unless an older session goes on. */
  protected abstract completed(outcome: Completed): void

  /** The way of authenticating that an element belongs to. */
  protected profileOf(element: Element): SaslProfile | undefined {
    return this.host?.profiles.find((each) => each.ns === element.ns)
  }

  /** Takes an element of a profile. */
  protected authenticate(profile: SaslProfile, element: Element): void {
    if (!this.security.isSecure && !profile.isForClearText) throw violation(element)
    if (this.mustSecureFirst) throw new StreamError('encryption-required', 'Use of STARTTLS required')
    if (this.#dialogue !== undefined) this.#onSasl(this.#dialogue.receive(profile, element))
  }

  /** Takes what authentication waits for. */
  protected resumeSasl(event: SaslEvent): void {
    if (this.#dialogue !== undefined) this.#onSasl(this.#dialogue.resume(event))
  }

  /** Asks the owner for something; until the answer nothing may come in. */
  protected await(event: C2sEvent['on'], action: C2sAction): void {
    this.awaits = event
    this.act(action)
  }

  protected offerFeatures(): void {
    const host = this.host
    if (host === undefined) return
    const mechanisms = host.mechanisms.filter((mechanism) => isUsable(mechanism, this.security))
    this.#dialogue = new SaslDialogue(this.rules, host, this.security, mechanisms)
    this.send(featuresBeforeAuth(this.rules, host, this.security, this.#dialogue.offered))
  }

  /** RFC 6120 §4.7.1: `from` on a header was a hint; once the user is known it must not name somebody else. */
  protected checkFrom(user: Jid): void {
    const from = this.read?.from
    if (from !== undefined && from.local !== '' && from.bareString !== user.bareString) {
      throw new StreamError('invalid-from')
    }
  }

  #onSasl(outcome: SaslOutcome): void {
    switch (outcome.is) {
      case 'ask':
        this.await('sasl-answer', { do: 'ask', request: outcome.request })
        break
      case 'run':
        this.await(outcome.awaits, { do: 'run', run: outcome.run })
        break
      case 'complete':
        this.checkFrom(outcome.login.user)
        this.await('completed', { do: 'complete', login: outcome.login })
        break
      case 'challenge':
        this.send(outcome.element)
        this.enter('sasl')
        break
      case 'failure':
        this.#onSaslFailure(outcome)
        break
      default:
        this.#onSaslSuccess(outcome)
    }
  }

  #onSaslFailure(outcome: SaslOutcome & { is: 'failure' }): void {
    if (outcome.isGuess) this.#authFailures++
    else this.#misfits++
    const { mechanism, condition, user } = outcome
    this.act({ do: 'note-failure', mechanism, condition, user, domain: this.host?.domain })
    this.send(outcome.element)
    if (this.#authFailures >= this.rules.maxAuthFailures || this.#misfits >= mostMisfits) {
      throw new StreamError('policy-violation', 'Too many failed attempts')
    }
    this.enter('pre-auth')
  }

  #onSaslSuccess(outcome: SaslOutcome & { is: 'success' }): void {
    this.checkFrom(outcome.user)
    this.user = outcome.user
    this.#mechanism = outcome.mechanism
    this.#dialogue = undefined
    this.act({ do: 'note-success', user: outcome.user, mechanism: outcome.mechanism })
    this.send(outcome.element)
    if (outcome.completed === undefined) {
      this.act({ do: 'restart' })
      this.awaitHeader()
    } else this.completed(outcome.completed)
  }

  protected get mustSecureFirst(): boolean {
    return !this.security.isSecure && this.rules.startTls === 'required'
  }
}
