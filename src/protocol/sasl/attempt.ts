import { SaslError } from './condition.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

/**
 * One attempt to authenticate, whichever XML it is dressed in: a mechanism's exchange, then the question whether the
 * user may come in. Never throws: what a mechanism throws becomes its failure.
 */
export class SaslAttempt {
  readonly mechanism: string
  readonly #exchange: SaslExchange
  /** The mechanism's success, kept while admission is being decided. */
  #proven: (SaslStep & { step: 'success' }) | undefined

  constructor(mechanism: SaslMechanism, context: SaslContext) {
    this.mechanism = mechanism.name
    this.#exchange = mechanism.begin(context)
  }

  /** Takes what the client says; undefined when it began without an initial response. */
  receive(data: Buffer | undefined): SaslStep {
    return this.#guard(() => this.#exchange.receive(data))
  }

  /** Takes the answer to the request last made. */
  answer(answer: SaslAnswer): SaslStep {
    const proven = this.#proven
    if (proven === undefined) return this.#guard(() => this.#exchange.answer(answer))
    if (answer.is === 'yes') return proven
    if (answer.is === 'no') return { step: 'failure', condition: answer.condition, text: answer.text }
    return { step: 'failure', condition: 'temporary-auth-failure' }
  }

  #guard(take: () => SaslStep): SaslStep {
    try {
      const step = take()
      if (step.step !== 'success') return step
      this.#proven = step
      return { step: 'ask', request: { ask: 'admission', user: step.user, mechanism: this.mechanism } }
    } catch (error) {
      if (!(error instanceof SaslError)) throw error
      const { condition, text, isGuess } = error
      return { step: 'failure', condition, text, isGuess }
    }
  }
}
