import { isUtf8 } from 'node:buffer'
import type { Jid } from '../../jid/jid.ts'
import { SaslError } from './condition.ts'
import { accountOf, checkAuthzid } from './identity.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

// gs2-header kvsep *kvpair kvsep (RFC 7628 §3.1); there is no form of it with channel binding.
const message = /^([ny]|p=[\w.-]+),(?:a=([^,]*))?,\x01((?:[A-Za-z]+=[^\x01]*\x01)*)\x01$/
// RFC 6750 §2.1; the scheme in any case (RFC 7235 §2.1).
const credentials = /^bearer +([\w.~+/-]+=*)$/i

const refusal = Buffer.from('{"status":"invalid_token"}')
/** What a client says to a refusal (RFC 7628 §3.2.3). */
const dismissal = '\x01'

interface Initial {
  readonly authzid: string | undefined
  /** Undefined where the client only asks what it would need. */
  readonly token: string | undefined
}

function read(data: Buffer): Initial {
  const fields = isUtf8(data) ? message.exec(data.toString('utf8')) : null
  if (fields === null) throw new SaslError('malformed-request')
  const [, flag = '', authzid, pairs = ''] = fields
  // A binding that the server does not check must not seem checked.
  if (flag.startsWith('p=')) throw new SaslError('malformed-request')
  const auth = pairs.split('\x01').find((pair) => pair.startsWith('auth='))
  const token = auth === undefined ? undefined : credentials.exec(auth.slice('auth='.length))?.[1]
  if (auth !== undefined && auth !== 'auth=' && token === undefined) throw new SaslError('malformed-request')
  return { authzid: authzid?.replaceAll('=2C', ',').replaceAll('=3D', '='), token }
}

class OauthBearerExchange implements SaslExchange {
  readonly #domain: string
  #asked: Jid | undefined
  #phase: 'initial' | 'asked' | 'refused' = 'initial'

  constructor(domain: string) {
    this.#domain = domain
  }

  receive(data: Buffer | undefined): SaslStep {
    if (this.#phase === 'refused') {
      throw new SaslError(data?.toString('latin1') === dismissal ? 'not-authorized' : 'malformed-request')
    }
    if (data === undefined) return { step: 'challenge', data: Buffer.alloc(0) }
    if (this.#phase === 'asked') throw new SaslError('malformed-request')
    const { authzid = '', token } = read(data)
    if (authzid !== '') {
      this.#asked = accountOf(authzid, this.#domain)
      checkAuthzid(authzid.includes('@') ? authzid : undefined, this.#asked)
      if (this.#asked === undefined) throw new SaslError('invalid-authzid')
    }
    this.#phase = 'asked'
    if (token === undefined) return this.#refuse()
    return { step: 'ask', request: { ask: 'token', domain: this.#domain, token } }
  }

  answer(answer: SaslAnswer): SaslStep {
    if (answer.is === 'user') {
      checkAuthzid(this.#asked?.full, answer.user)
      return { step: 'success', user: answer.user }
    }
    if (answer.is === 'no' && answer.condition === 'not-authorized') return this.#refuse()
    throw answer.is === 'no' ? new SaslError(answer.condition, answer.text) : new SaslError('temporary-auth-failure')
  }

  /** The reason goes out as a challenge; the failure follows when the client has dismissed it (RFC 7628 §3.2.2). */
  #refuse(): SaslStep {
    this.#phase = 'refused'
    return { step: 'challenge', data: refusal }
  }
}

/** OAUTHBEARER (RFC 7628): a token instead of name and password. With `onlyOverTls` not where somebody could listen. */
export function oauthBearerMechanism(options: { onlyOverTls: boolean }): SaslMechanism {
  return {
    name: 'OAUTHBEARER',
    needs: options.onlyOverTls ? 'tls' : 'nothing',
    begin: (context: SaslContext) => new OauthBearerExchange(context.domain),
  }
}
