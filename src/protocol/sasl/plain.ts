import { isUtf8 } from 'node:buffer'
import type { Jid } from '../../jid/jid.ts'
import { SaslError } from './condition.ts'
import { accountOf, checkAuthzid } from './identity.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

// [authzid] NUL authcid NUL password (RFC 4616 §2).
const message = /^([^\0]*)\0([^\0]+)\0([^\0]+)$/

class PlainExchange implements SaslExchange {
  readonly #domain: string
  #user: Jid | undefined

  constructor(domain: string) {
    this.#domain = domain
  }

  receive(data: Buffer | undefined): SaslStep {
    if (data === undefined) return { step: 'challenge', data: Buffer.alloc(0) }
    const fields = isUtf8(data) ? message.exec(data.toString('utf8')) : null
    if (fields === null || this.#user !== undefined) throw new SaslError('malformed-request')
    const [, authzid, authcid = '', password = ''] = fields
    const user = accountOf(authcid, this.#domain)
    checkAuthzid(authzid, user)
    if (user === undefined) throw new SaslError('not-authorized')
    this.#user = user
    return { step: 'ask', request: { ask: 'password', user, password } }
  }

  answer(answer: SaslAnswer): SaslStep {
    if (answer.is === 'no') throw new SaslError(answer.condition, answer.text)
    if (answer.is !== 'yes' || this.#user === undefined) throw new SaslError('temporary-auth-failure')
    return { step: 'success', user: this.#user }
  }
}

/** PLAIN (RFC 4616). With `onlyOverTls` it is not offered on a connection that somebody could listen to. */
export function plainMechanism(options: { onlyOverTls: boolean }): SaslMechanism {
  return {
    name: 'PLAIN',
    needs: options.onlyOverTls ? 'tls' : 'nothing',
    begin: (context: SaslContext) => new PlainExchange(context.domain),
  }
}
