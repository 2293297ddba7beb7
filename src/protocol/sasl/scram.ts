import type { Jid } from '../../jid/jid.ts'
import { decoyKeys, type ScramHash, type ScramKeys } from '../scram/keys.ts'
import { downgradeHash, ScramServer } from '../scram/server.ts'
import { SaslError } from './condition.ts'
import { accountOf, checkAuthzid } from './identity.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

type Phase = 'first' | 'keys' | 'final'

class ScramExchange implements SaslExchange {
  readonly #hash: ScramHash
  readonly #context: SaslContext
  readonly #server: ScramServer
  #phase: Phase = 'first'
  #username = ''
  #user: Jid | undefined

  constructor(hash: ScramHash, isPlus: boolean, context: SaslContext) {
    this.#hash = hash
    this.#context = context
    const { security, offered, provesOffer } = context
    this.#server = new ScramServer({
      hash,
      isPlus,
      wasPlusOffered: offered.some((name) => name.startsWith('SCRAM-') && name.endsWith('-PLUS')),
      bindingTypes: security.bindingTypes,
      channelBinding: (type) => security.channelBinding(type),
      nonce: context.newNonce(),
      downgradeHash: provesOffer ? downgradeHash(hash, offered, security.bindingTypes) : undefined,
    })
  }

  receive(data: Buffer | undefined): SaslStep {
    if (data === undefined) return { step: 'challenge', data: Buffer.alloc(0) }
    if (this.#phase === 'first') return this.#begin(data)
    if (this.#phase === 'keys') throw new SaslError('malformed-request')
    const final = this.#server.finish(data)
    // A name that no account can have has only decoy keys, which prove nothing.
    if (this.#user === undefined) throw new SaslError('not-authorized')
    return { step: 'success', user: this.#user, data: final }
  }

  #begin(data: Buffer): SaslStep {
    const { username, authzid } = this.#server.begin(data)
    this.#username = username
    this.#user = accountOf(username, this.#context.domain)
    checkAuthzid(authzid, this.#user)
    this.#phase = 'keys'
    if (this.#user === undefined) return this.#challenge(undefined)
    return { step: 'ask', request: { ask: 'keys', user: this.#user, hash: this.#hash } }
  }

  answer(answer: SaslAnswer): SaslStep {
    if (answer.is === 'no') throw new SaslError(answer.condition, answer.text)
    if (answer.is !== 'keys' || this.#phase !== 'keys') throw new SaslError('temporary-auth-failure')
    return this.#challenge(answer.keys)
  }

  #challenge(keys: ScramKeys | undefined): SaslStep {
    this.#phase = 'final'
    const name = this.#user?.full ?? `${this.#username}@${this.#context.domain}`
    const played = keys ?? decoyKeys(this.#context.decoy, name, this.#hash)
    return { step: 'challenge', data: this.#server.challenge(played, keys === undefined) }
  }
}

/** SCRAM (RFC 5802, RFC 7677), without or with channel binding. */
export function scramMechanism(hash: ScramHash, isPlus: boolean): SaslMechanism {
  return {
    name: `SCRAM-${hash}${isPlus ? '-PLUS' : ''}`,
    needs: isPlus ? 'channel-binding' : 'nothing',
    begin: (context) => new ScramExchange(hash, isPlus, context),
  }
}
