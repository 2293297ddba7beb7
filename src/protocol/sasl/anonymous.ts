import { SaslError } from './condition.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

/** Longest trace information (RFC 4505 §2), in bytes of UTF-8 for 255 characters. */
const maxTrace = 1020

class AnonymousExchange implements SaslExchange {
  readonly #domain: string

  constructor(domain: string) {
    this.#domain = domain
  }

  /** What a guest says about itself is not kept: nobody could trust it. */
  receive(data: Buffer | undefined): SaslStep {
    if (data !== undefined && data.length > maxTrace) throw new SaslError('malformed-request')
    return { step: 'ask', request: { ask: 'guest', domain: this.#domain } }
  }

  answer(answer: SaslAnswer): SaslStep {
    if (answer.is === 'no') throw new SaslError(answer.condition, answer.text)
    if (answer.is !== 'user') throw new SaslError('temporary-auth-failure')
    return { step: 'success', user: answer.user }
  }
}

/** ANONYMOUS (RFC 4505, XEP-0175): a name of the server's making. */
export function anonymousMechanism(): SaslMechanism {
  return {
    name: 'ANONYMOUS',
    needs: 'nothing',
    begin: (context: SaslContext) => new AnonymousExchange(context.domain),
  }
}
