import type { Accounts } from '../../auth/accounts.ts'
import type { Jid } from '../../jid/jid.ts'
import type { SaslAnswer } from '../../protocol/sasl/mechanism.ts'
import type { Clock } from '../../util/clock.ts'
import type { KeystoreApi } from '../keystore/api.ts'
import type { CounterStore } from './store.ts'
import { readToken, signToken, type TokenContent, type TokenKind } from './token.ts'

/** A pair of tokens, as bytes. */
export interface TokenPair {
  readonly access: Buffer
  readonly refresh: Buffer
}

export interface TokenOfficeParts {
  readonly keys: KeystoreApi
  readonly store: CounterStore
  readonly accounts: Accounts
  readonly clock: Clock
  /** How long tokens count, in seconds. */
  readonly validity: { readonly access: number; readonly refresh: number }
  /** Takes the vCard that a provision token brings along; never fails. */
  saveCard(owner: Jid, card: string): Promise<void>
}

const wrong: SaslAnswer = { is: 'no', condition: 'not-authorized' }

/** The key that signs tokens of a kind; provision tokens are made elsewhere. */
const keyNames = { access: 'token_secret', refresh: 'token_secret', provision: 'provision_pre_shared' } as const

/** Gives out signed tokens and takes them. */
export class TokenOffice {
  readonly #parts: TokenOfficeParts

  constructor(parts: TokenOfficeParts) {
    this.#parts = parts
  }

  /** Both tokens for a user. */
  async issue(user: Jid): Promise<TokenPair> {
    const owner = user.bare
    // A new account of an old name begins higher than whatever that had: its tokens are not for this one.
    const sequence = await this.#parts.store.getOrBegin(owner, this.#now())
    const expires = this.#now() + this.#parts.validity.refresh
    return { access: this.#access(owner), refresh: this.#sign({ kind: 'refresh', owner, expires, sequence }) }
  }

  /** Revokes the refresh tokens of a user; false for somebody who never had one. */
  revoke(user: Jid): Promise<boolean> {
    return this.#parts.store.raise(user)
  }

  /** Whose token this is. For a refresh token the answer has a new access token. */
  async check(token: Buffer, domain: string): Promise<SaslAnswer> {
    const content = readToken(token, (kind) => this.#key(kind))
    if (content === undefined || content.owner.domain !== domain || this.#now() >= content.expires) return wrong
    const { kind, owner, card } = content
    if (kind === 'provision') {
      await this.#parts.saveCard(owner, card ?? '')
      return { is: 'user', user: owner }
    }
    if (!(await this.#parts.accounts.exists(owner))) return wrong
    if (kind === 'access') return { is: 'user', user: owner }
    const counter = await this.#parts.store.get(owner)
    const isRevoked = counter === undefined || (content.sequence ?? 0) < counter
    return isRevoked ? wrong : { is: 'user', user: owner, data: this.#access(owner) }
  }

  #access(owner: Jid): Buffer {
    return this.#sign({ kind: 'access', owner, expires: this.#now() + this.#parts.validity.access })
  }

  #sign(content: TokenContent): Buffer {
    const key = this.#key(content.kind)
    if (key === undefined) throw new Error(`mod_keystore has no key ${keyNames[content.kind]}`)
    return signToken(content, key)
  }

  #key(kind: TokenKind): Uint8Array | undefined {
    return this.#parts.keys.get(keyNames[kind])?.secret
  }

  #now(): number {
    return Math.floor(this.#parts.clock.now() / 1000)
  }
}
