import type { Jid } from '../jid/jid.ts'
import type { SaslCondition } from '../protocol/sasl/condition.ts'
import type { SaslAnswer, SaslRequest } from '../protocol/sasl/mechanism.ts'
import type { Eventually } from '../util/settled.ts'
import type { Accounts } from './accounts.ts'

/** Why somebody who has proven who he is may not come in. */
export interface Refusal {
  readonly condition: SaslCondition
  readonly text?: string
}

/** Decides over users who have proven who they are; undefined lets them in. */
export type Admission = (user: Jid, mechanism: string) => Eventually<Refusal | undefined>

const yes: SaslAnswer = { is: 'yes' }
const wrong: SaslAnswer = { is: 'no', condition: 'not-authorized' }
const unknown: SaslAnswer = { is: 'no', condition: 'temporary-auth-failure' }

/** Answers what mechanisms ask, from the accounts of a host type. An answer that nobody can give now is never a "no". */
export class Authenticator {
  readonly #accounts: Accounts
  readonly #admit: Admission
  readonly #onFailure: (error: unknown) => void

  constructor(accounts: Accounts, admit: Admission = () => undefined, onFailure: (error: unknown) => void = () => {}) {
    this.#accounts = accounts
    this.#admit = admit
    this.#onFailure = onFailure
  }

  /** Never rejects. */
  async answer(request: SaslRequest): Promise<SaslAnswer> {
    try {
      return await this.#find(request)
    } catch (error) {
      this.#onFailure(error)
      return unknown
    }
  }

  async #find(request: SaslRequest): Promise<SaslAnswer> {
    switch (request.ask) {
      case 'keys':
        return { is: 'keys', keys: await this.#accounts.scramKeys(request.user, request.hash) }
      case 'password':
        return (await this.#accounts.checkPassword(request.user, request.password)) ? yes : wrong
      case 'certificate':
        return (await this.#accounts.checkCertificate(request.user, request.certificate)) ? yes : wrong
      case 'token':
        return named(await this.#accounts.userOfToken(request.domain, request.token))
      case 'guest':
        return named(await this.#accounts.newGuest(request.domain))
      default: {
        const refusal = await this.#admit(request.user, request.mechanism)
        return refusal === undefined ? yes : { is: 'no', ...refusal }
      }
    }
  }
}

function named(user: Jid | undefined): SaslAnswer {
  return user === undefined ? wrong : { is: 'user', user }
}
