import { isUtf8 } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Jid } from '../../jid/jid.ts'
import { SaslError } from '../sasl/condition.ts'
import { accountOf } from '../sasl/identity.ts'
import type { SaslAnswer, SaslContext, SaslExchange, SaslMechanism, SaslStep } from '../sasl/mechanism.ts'
import type { Sasl2Request } from '../sasl2/login.ts'
import type { HashedTokenKind } from './names.ts'

/** What somebody has sent who says that he has a token. */
export interface TokenClaim {
  readonly user: Jid
  readonly kind: HashedTokenKind
  readonly request: Sasl2Request
  /** Whether he knows this token; takes as long whichever it is. */
  isFor(token: string): boolean
  /** What shows him that the server knows it too. */
  answerTo(token: string): Buffer
}

/** Looks for the token of a claim. Answers with `yes` and the server's own proof. */
export type CheckToken = (claim: TokenClaim) => Promise<SaslAnswer>

class Claim implements TokenClaim {
  readonly user: Jid
  readonly kind: HashedTokenKind
  readonly request: Sasl2Request
  readonly #proof: Uint8Array
  readonly #binding: Uint8Array

  constructor(who: Pick<TokenClaim, 'user' | 'kind' | 'request'>, proof: Uint8Array, binding: Uint8Array) {
    this.user = who.user
    this.kind = who.kind
    this.request = who.request
    this.#proof = proof
    this.#binding = binding
  }

  isFor(token: string): boolean {
    const expected = this.#hash('Initiator', token)
    return expected.length === this.#proof.length && timingSafeEqual(expected, this.#proof)
  }

  answerTo(token: string): Buffer {
    return this.#hash('Responder', token)
  }

  #hash(side: 'Initiator' | 'Responder', token: string): Buffer {
    return createHmac(this.kind.digest, token).update(side).update(this.#binding).digest()
  }
}

class HashedTokenExchange implements SaslExchange {
  readonly #kind: HashedTokenKind
  readonly #check: CheckToken
  readonly #context: SaslContext
  #user: Jid | undefined

  constructor(kind: HashedTokenKind, check: CheckToken, context: SaslContext) {
    this.#kind = kind
    this.#check = check
    this.#context = context
  }

  receive(data: Buffer | undefined): SaslStep {
    if (data === undefined) return { step: 'challenge', data: Buffer.alloc(0) }
    const { request, domain } = this.#context
    const end = data.indexOf(0)
    if (end < 1 || !isUtf8(data.subarray(0, end)) || this.#user !== undefined || request === undefined) {
      throw new SaslError('malformed-request')
    }
    const user = accountOf(data.toString('utf8', 0, end), domain)
    if (user === undefined) throw new SaslError('not-authorized')
    this.#user = user
    const claim = new Claim({ user, kind: this.#kind, request }, data.subarray(end + 1), this.#binding())
    return { step: 'run', run: () => this.#check(claim) }
  }

  #binding(): Uint8Array {
    const { binding } = this.#kind
    const data = binding === undefined ? Buffer.alloc(0) : this.#context.security.channelBinding(binding)
    if (data === undefined) throw new SaslError('not-authorized')
    return data
  }

  answer(answer: SaslAnswer): SaslStep {
    if (answer.is === 'no') throw new SaslError(answer.condition, answer.text)
    if (answer.is !== 'yes' || this.#user === undefined) throw new SaslError('temporary-auth-failure')
    return { step: 'success', user: this.#user, data: answer.data }
  }
}

/** Signs in by a token in one message (draft-schmaus-kitten-sasl-ht §3). */
export function hashedTokenMechanism(name: string, kind: HashedTokenKind, check: CheckToken): SaslMechanism {
  return {
    name,
    needs: kind.binding === undefined ? 'tls' : 'channel-binding',
    begin: (context) => new HashedTokenExchange(kind, check, context),
  }
}
