import { SaslError } from './condition.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

/** Tells whose token this is: answers with `user`, or `no`. Never rejects. */
export type CheckSignedToken = (token: Buffer, domain: string) => Promise<SaslAnswer>

class XOauthExchange implements SaslExchange {
  readonly #check: CheckSignedToken
  readonly #domain: string
  #isAsked = false

  constructor(check: CheckSignedToken, domain: string) {
    this.#check = check
    this.#domain = domain
  }

  receive(data: Buffer | undefined): SaslStep {
    if (data === undefined) return { step: 'challenge', data: Buffer.alloc(0) }
    if (this.#isAsked) throw new SaslError('malformed-request')
    this.#isAsked = true
    return { step: 'run', run: () => this.#check(data, this.#domain) }
  }

  answer(answer: SaslAnswer): SaslStep {
    if (answer.is === 'user') return { step: 'success', user: answer.user, data: answer.data }
    throw answer.is === 'no' ? new SaslError(answer.condition, answer.text) : new SaslError('temporary-auth-failure')
  }
}

/** X-OAUTH, MongooseIM's own: a signed token in one message. With `onlyOverTls` not where somebody could listen. */
export function xOauthMechanism(check: CheckSignedToken, options: { onlyOverTls: boolean }): SaslMechanism {
  return {
    name: 'X-OAUTH',
    needs: options.onlyOverTls ? 'tls' : 'nothing',
    begin: (context: SaslContext) => new XOauthExchange(check, context.domain),
  }
}
