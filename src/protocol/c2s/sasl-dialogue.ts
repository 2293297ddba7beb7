import type { Jid } from '../../jid/jid.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import type { Element } from '../../xml/element.ts'
import { SaslAttempt } from '../sasl/attempt.ts'
import { type SaslCondition, SaslError } from '../sasl/condition.ts'
import type { ChannelSecurity, SaslMechanism, SaslRequest, SaslStep } from '../sasl/mechanism.ts'
import type { SaslInput, SaslProfile } from '../sasl/profile.ts'
import { Completion, type CompletionStep } from '../sasl2/completion.ts'
import type { Sasl2Login, Sasl2Request, TaskStep } from '../sasl2/login.ts'
import type { Completed, SaslEvent } from './events.ts'
import type { C2sRules, StreamHost } from './rules.ts'

/** What an element or an answer led to; `element` is what the client is sent. */
export type SaslOutcome =
  | { readonly is: 'ask'; readonly request: SaslRequest }
  /** Something takes time; what it gives is for {@link SaslDialogue.resume}. */
  | { readonly is: 'run'; readonly awaits: SaslEvent['on']; readonly run: () => Promise<SaslEvent> }
  /** The client has to answer. */
  | { readonly is: 'challenge'; readonly element: Element }
  | {
      readonly is: 'failure'
      readonly element: Element
      readonly mechanism: string
      readonly condition: SaslCondition
      /** Whose credentials were asked for, where it came to that. */
      readonly user: Jid | undefined
      /** Whether a password may have been tried. */
      readonly isGuess: boolean
    }
  /** The client is who it says; what it asked for together with authentication comes before its success. */
  | { readonly is: 'complete'; readonly login: Sasl2Login }
  | {
      readonly is: 'success'
      readonly element: Element
      readonly mechanism: string
      readonly user: Jid
      /** What was done besides; undefined where a new stream follows. */
      readonly completed: Completed | undefined
    }

/** The authentication part of one stream state: one list of mechanisms, one attempt at a time, in any profile's XML. */
export class SaslDialogue {
  readonly #rules: C2sRules
  readonly #host: StreamHost
  readonly #security: ChannelSecurity
  readonly #mechanisms: readonly SaslMechanism[]
  readonly offered: readonly string[]
  /** That of the first attempt; the others keep to it. */
  #profile: SaslProfile | undefined
  #attempt: SaslAttempt | undefined
  /** Whom the attempt is about, once that is known. */
  #user: Jid | undefined
  #request: Sasl2Request | undefined
  #proven: (SaslStep & { step: 'success' }) | undefined
  #completion: Completion | undefined
  /** What the mechanism has yet to tell the client. */
  #data: Buffer | undefined

  constructor(rules: C2sRules, host: StreamHost, security: ChannelSecurity, mechanisms: readonly SaslMechanism[]) {
    this.#rules = rules
    this.#host = host
    this.#security = security
    this.#mechanisms = mechanisms
    this.offered = mechanisms.map((mechanism) => mechanism.name)
  }

  /** Takes an element of a profile's namespace. Throws StreamError where no failure element can answer it. */
  receive(profile: SaslProfile, element: Element): SaslOutcome {
    if (this.#profile !== undefined && this.#profile !== profile) {
      throw new StreamError(this.#attempt === undefined ? 'policy-violation' : 'invalid-namespace')
    }
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
      return this.#begin(profile, input)
    }
    if (input.says === 'abort') return this.#failed(profile, { condition: 'aborted' })
    if (this.#completion !== undefined) return this.#completing(profile, this.#completion.receive(input))
    const attempt = this.#attempt
    if (attempt === undefined || input.says !== 'response')
      return this.#failed(profile, { condition: 'malformed-request' })
    return this.#outcome(profile, attempt.receive(input.data))
  }

  #begin(profile: SaslProfile, { mechanism: name, initial, request }: SaslInput & { says: 'begin' }): SaslOutcome {
    const { domain, decoy, provesOffer } = this.#host
    const security = this.#security
    const isNamed = (each: SaslMechanism): boolean => each.name === name
    this.#profile = profile
    const mechanism = this.#mechanisms.find(isNamed) ?? profile.unlisted?.({ domain, security }).find(isNamed)
    if (mechanism === undefined) return this.#failed(profile, { condition: this.#reasonAgainst(name) }, name)
    const { offered } = this
    const newNonce = (): string => this.#rules.newNonce()
    const attempt = new SaslAttempt(mechanism, { domain, decoy, provesOffer, security, offered, newNonce, request })
    this.#attempt = attempt
    this.#request = request
    return this.#outcome(profile, attempt.receive(initial))
  }

  #reasonAgainst(name: string): SaslCondition {
    const known = this.#host.mechanisms.find((mechanism) => mechanism.name === name)
    return known?.needs === 'tls' && !this.#security.isSecure ? 'encryption-required' : 'invalid-mechanism'
  }

  /** Takes what was awaited. */
  resume(event: SaslEvent): SaslOutcome {
    const { attempt, profile } = { attempt: this.#attempt, profile: this.#profile }
    if (attempt === undefined || profile === undefined) throw new StreamError('internal-server-error')
    switch (event.on) {
      case 'sasl-answer':
        return this.#outcome(profile, attempt.answer(event.answer))
      case 'sasl-tasks':
        this.#completion = new Completion(event.tasks, this.#proven?.data)
        return this.#completing(profile, this.#completion.next())
      case 'sasl-task-step':
        return this.#taskStep(profile, event.step)
      default:
        return this.#completed(profile, event.outcome)
    }
  }

  #outcome(profile: SaslProfile, step: SaslStep): SaslOutcome {
    switch (step.step) {
      case 'ask':
        this.#user = 'user' in step.request ? step.request.user : undefined
        return { is: 'ask', request: step.request }
      case 'run':
        return { is: 'run', awaits: 'sasl-answer', run: async () => ({ on: 'sasl-answer', answer: await step.run() }) }
      case 'challenge':
        return { is: 'challenge', element: profile.challenge(step.data) }
      case 'failure':
        return this.#failed(profile, step)
      default:
        return profile.restartsStream
          ? this.#succeeded(step.user, profile.success(step.user, step.data))
          : this.#prove(profile, step)
    }
  }

  #failed(
    profile: SaslProfile,
    failure: Pick<SaslStep & { step: 'failure' }, 'condition' | 'text' | 'isGuess'>,
    name = '',
  ) {
    const { condition, text, isGuess = true } = failure
    const mechanism = this.#attempt?.mechanism ?? name
    const user = this.#user
    this.#attempt = undefined
    this.#user = undefined
    this.#request = undefined
    this.#proven = undefined
    this.#completion = undefined
    return { is: 'failure' as const, element: profile.failure(condition, text), mechanism, condition, user, isGuess }
  }

  #succeeded(user: Jid, element: Element, completed?: Completed): SaslOutcome {
    return { is: 'success', element, mechanism: this.#attempt?.mechanism ?? '', user, completed }
  }

  // Between proof and success (XEP-0388 §2.6)

  #prove(profile: SaslProfile, step: SaslStep & { step: 'success' }): SaslOutcome {
    this.#proven = step
    const login = this.#login()
    const run = async (): Promise<SaslEvent> => ({ on: 'sasl-tasks', tasks: (await profile.tasks?.(login)) ?? [] })
    return { is: 'run', awaits: 'sasl-tasks', run }
  }

  #login(): Sasl2Login {
    const { proven, request, attempt } = { proven: this.#proven, request: this.#request, attempt: this.#attempt }
    if (proven === undefined || request === undefined || attempt === undefined) {
      throw new StreamError('internal-server-error')
    }
    return { user: proven.user, mechanism: attempt.mechanism, request }
  }

  /** Takes what a task made of what the client said. */
  #taskStep(profile: SaslProfile, step: TaskStep): SaslOutcome {
    const completion = this.#completion
    if (profile.taskData === undefined || completion === undefined) throw new StreamError('internal-server-error')
    if (step.is === 'refused') return this.#failed(profile, step)
    if (step.is === 'data') return { is: 'challenge', element: profile.taskData(step.content) }
    return this.#completing(profile, completion.done())
  }

  #completing(profile: SaslProfile, step: CompletionStep | undefined): SaslOutcome {
    if (step === undefined) return this.#failed(profile, { condition: 'malformed-request' })
    switch (step.is) {
      case 'continue':
        if (profile.proceed === undefined) throw new StreamError('internal-server-error')
        return { is: 'challenge', element: profile.proceed(step.task, step.data) }
      case 'take':
        return {
          is: 'run',
          awaits: 'sasl-task-step',
          run: async () => ({ on: 'sasl-task-step', step: await step.take() }),
        }
      default:
        this.#data = step.data
        return { is: 'complete', login: this.#login() }
    }
  }

  /** Everything that was asked for is done. */
  #completed(profile: SaslProfile, outcome: Completed): SaslOutcome {
    const { user } = this.#login()
    return this.#succeeded(user, profile.success(outcome.full ?? user, this.#data, outcome.results), outcome)
  }
}
