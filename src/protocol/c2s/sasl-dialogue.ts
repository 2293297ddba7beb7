import type { Jid } from '../../jid/jid.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import { SaslAttempt } from '../sasl/attempt.ts'
import { type SaslCondition, SaslError } from '../sasl/condition.ts'
import type { ChannelSecurity, SaslAnswer, SaslMechanism, SaslRequest, SaslStep } from '../sasl/mechanism.ts'
import type { SaslInput, SaslProfile } from '../sasl/profile.ts'
import type { C2sRules, StreamHost } from './rules.ts'

/** What an element or an answer led to; `element` is what the client is sent. */
export type SaslOutcome =
  | { readonly is: 'ask'; readonly request: SaslRequest }
  | { readonly is: 'challenge'; readonly element: Element }
  | {
      readonly is: 'failure'
      readonly element: Element
      readonly mechanism: string
      readonly condition: SaslCondition
      /** Whether a password may have been tried. */
      readonly isGuess: boolean
    }
  | {
      readonly is: 'success'
      readonly element: Element
      readonly mechanism: string
      readonly user: Jid
      readonly restartsStream: boolean
    }

/** The authentication part of one stream state: one list of mechanisms, one attempt at a time, in any profile's XML. */
export class SaslDialogue {
  readonly #rules: C2sRules
  readonly #host: StreamHost
  readonly #security: ChannelSecurity
  readonly #mechanisms: readonly SaslMechanism[]
  readonly offered: readonly string[]
  #profile: SaslProfile | undefined
  #attempt: SaslAttempt | undefined

  constructor(rules: C2sRules, host: StreamHost, security: ChannelSecurity, mechanisms: readonly SaslMechanism[]) {
    this.#rules = rules
    this.#host = host
    this.#security = security
    this.#mechanisms = mechanisms
    this.offered = mechanisms.map((mechanism) => mechanism.name)
  }

  /** Takes an element of a profile's namespace. Throws StreamError where no failure element can answer it. */
  receive(profile: SaslProfile, element: Element): SaslOutcome {
    if (!this.#security.isSecure && !profile.isForClearText) throw new StreamError('policy-violation')
    if (this.#profile !== undefined && this.#profile !== profile) throw new StreamError('invalid-namespace')
    let input: SaslInput | undefined
    try {
      input = profile.read(element)
    } catch (error) {
      if (!(error instanceof SaslError)) throw error
      return this.#failed(profile, error)
    }
    if (input === undefined) throw new StreamError('bad-format')
    return this.#play(profile, input)
  }

  #play(profile: SaslProfile, input: SaslInput): SaslOutcome {
    if (input.says === 'begin') {
      if (this.#attempt !== undefined) throw new StreamError('policy-violation', 'Authentication is going on already')
      return this.#begin(profile, input.mechanism, input.initial)
    }
    if (input.says === 'abort') return this.#failed(profile, { condition: 'aborted' })
    const attempt = this.#attempt
    if (attempt === undefined) return this.#failed(profile, { condition: 'malformed-request' })
    return this.#outcome(profile, attempt.receive(input.data))
  }

  #begin(profile: SaslProfile, name: string, initial: Buffer | undefined): SaslOutcome {
    const mechanism = this.#mechanisms.find((each) => each.name === name)
    if (mechanism === undefined) return this.#failed(profile, { condition: this.#reasonAgainst(name) }, name)
    const { domain, decoy, provesOffer } = this.#host
    const attempt = new SaslAttempt(mechanism, {
      domain,
      decoy,
      provesOffer,
      security: this.#security,
      offered: this.offered,
      newNonce: () => this.#rules.newNonce(),
    })
    this.#attempt = attempt
    this.#profile = profile
    return this.#outcome(profile, attempt.receive(initial))
  }

  #reasonAgainst(name: string): SaslCondition {
    const known = this.#host.mechanisms.find((mechanism) => mechanism.name === name)
    return known?.needs === 'tls' && !this.#security.isSecure ? 'encryption-required' : 'invalid-mechanism'
  }

  /** Takes the answer to the request last asked. */
  answer(answer: SaslAnswer): SaslOutcome {
    const { attempt, profile } = { attempt: this.#attempt, profile: this.#profile }
    if (attempt === undefined || profile === undefined) throw new StreamError('internal-server-error')
    return this.#outcome(profile, attempt.answer(answer))
  }

  #outcome(profile: SaslProfile, step: SaslStep): SaslOutcome {
    switch (step.step) {
      case 'ask':
        return { is: 'ask', request: step.request }
      case 'challenge':
        return { is: 'challenge', element: profile.challenge(step.data) }
      case 'failure':
        return this.#failed(profile, step)
      default:
        return {
          is: 'success',
          element: profile.success(step.user, step.data),
          mechanism: this.#attempt?.mechanism ?? '',
          user: step.user,
          restartsStream: profile.restartsStream,
        }
    }
  }

  #failed(
    profile: SaslProfile,
    failure: Pick<SaslStep & { step: 'failure' }, 'condition' | 'text' | 'isGuess'>,
    name = '',
  ) {
    const { condition, text, isGuess = true } = failure
    const mechanism = this.#attempt?.mechanism ?? name
    this.#attempt = undefined
    this.#profile = undefined
    return { is: 'failure' as const, element: profile.failure(condition, text), mechanism, condition, isGuess }
  }
}
